/**
 * What the server of the inspector tells its page. Types alone: the page is built without Effect.
 *
 * `GET api/stream` is a stream of server-sent events. It begins with `hello`; then come `events`, at most ten times a second, with what is
 * new or has changed since, and `tick` once a second. Who comes back says the last revision that it has (`Last-Event-ID`) and
 * the run that it was of, and gets what has changed since. `GET api/events/:id` is one event, opened.
 *
 * Every value that is marked as personal data is the text of `masked` instead.
 */
import type { Lineage, Message, Receipt, Tracker } from "@trackmap/core"
import type * as Schema from "effect/Schema"

/** What stands for a value that is personal data. */
export const masked = "•••"

/** What is known of a message in one sink. `"retrying"`: it has been tried and is to be tried again. */
export type SinkState = "buffered" | "retrying" | Lowercase<Receipt.Outcome["_tag"]>

/** One event in the list. */
export interface EventSummary {
  readonly messageId: string
  /** Grows with every change of anything. */
  readonly revision: number
  /** Grows with every event. */
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly type: Message.Message["type"]
  /** Of the event, the page or the screen; else the type. */
  readonly name: string
  /** The user's id, else the anonymous one. */
  readonly actor: string | undefined
  /** The names of the entities that have keys in it. */
  readonly entities: ReadonlyArray<string>
  readonly keys: number
  readonly violations: number
  /** The start of its values as JSON, to be searched. */
  readonly text: string
  readonly sinks: ReadonlyArray<{ readonly sink: string; readonly state: SinkState; readonly attempts: number }>
}

/** An event of the plan. */
export interface PlannedEvent {
  readonly name: string
  readonly entities: ReadonlyArray<string>
  readonly keys: ReadonlyArray<string>
}

/** The first event of the stream. */
export interface Hello {
  /** Changes with every start of the service: revisions are of one run. */
  readonly run: string
  /** Nothing where the tracker has no plan. */
  readonly plan: ReadonlyArray<PlannedEvent> | undefined
  readonly sinks: ReadonlyArray<string>
  /** How many events are kept: the oldest makes room. */
  readonly capacity: number
  /** The last two minutes. */
  readonly ticks: ReadonlyArray<Tick>
}

/** What one sink has done until a tick. All are counts since the start but the last three. */
export interface SinkTick extends Omit<Tracker.SinkMetrics, "bytes"> {
  /** Milliseconds from the event to its receipt, of the events kept that had theirs since the last tick. */
  readonly latency: { readonly p50: number; readonly p99: number } | undefined
}

/** The state of things, once a second. Counts are since the start. */
export interface Tick {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly tracked: number
  /** Events that were counted and not kept: more came in a second than is shown. */
  readonly notShown: number
  readonly sinks: ReadonlyArray<SinkTick>
}

/** Comes with a tick where it has changed since the last one that was sent. */
export interface PlanState {
  /** How often each event has been seen, also those that the plan does not have. */
  readonly seen: ReadonlyArray<{ readonly event: string; readonly count: number; readonly planned: boolean }>
  /** Keys that came, in the events kept, and that the plan does not know. Whether they were left out is what the validation says. */
  readonly unknownKeys: ReadonlyArray<{ readonly event: string; readonly key: string; readonly count: number }>
}

/** The events of the stream, by their names. */
export interface StreamEvents {
  readonly hello: Hello
  readonly events: ReadonlyArray<EventSummary>
  readonly tick: Tick
  readonly plan: PlanState
}

/** An entity in the graph of one event, or the event's own properties. */
export interface GraphNode {
  /** Such as `OrderLine.product`. */
  readonly path: string
  readonly entity: string
  /** Nothing for what the call gave. */
  readonly parent: string | undefined
  readonly relation: string | undefined
  readonly to: "one" | "many"
  readonly resolver: Lineage.Resolver
  /** `"unasked"`: what it hangs on was not there. */
  readonly outcome: "resolved" | "missing" | "failed" | "unasked"
  /** Why it failed: what was expected, and what came. */
  readonly reason: string | undefined
  /** How long it was waited for. Nothing for what the call gave. */
  readonly milliseconds: number | undefined
  /** What a loader was asked together with this one: keys in all, and events that waited. */
  readonly batch: { readonly keys: number; readonly callers: number } | undefined
  readonly cached: boolean
}

/** Where one key came from. */
export interface KeyOrigin {
  readonly key: string
  readonly path: string
  /** The path of its node in the graph. */
  readonly node: string
  readonly entity: string
  readonly attribute: string
  readonly kind: "attribute" | "computed" | "aggregate" | "property" | "unknown"
  readonly personal: boolean
  /**
   * `"absent"`: an optional value that the row does not have; `"missing"`: its row is not there; `"failed"`: what was to resolve it
   * failed; `"refused"`: its schema refused it.
   */
  readonly state: "present" | "absent" | "missing" | "failed" | "refused"
  readonly value: Schema.Json | undefined
}

/** One time that a message was sent to a sink. */
export interface AttemptDetail {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly milliseconds: number
  /** Messages in the batch. */
  readonly messages: number
  /** What the sink said: the outcome of this message, or why the batch was not taken. */
  readonly result: string
  readonly reason: string | undefined
  readonly retryAfter: number | undefined
}

/** What one sink made of an event. */
export interface SinkDetail {
  readonly sink: string
  readonly state: SinkState
  /** What stands for it in requests, and where these go: `POST /v1/batch`. None where the sink has not got it yet. */
  readonly records: ReadonlyArray<{ readonly to: string; readonly record: Schema.Json }>
  readonly attempts: ReadonlyArray<AttemptDetail>
  readonly receipt:
    | { readonly outcome: string; readonly reason: string | undefined; readonly attempts: number; readonly at: number }
    | undefined
}

/** One event, opened. */
export interface EventDetail {
  readonly summary: EventSummary
  readonly message: Schema.Json
  readonly violations: ReadonlyArray<{ readonly path: string; readonly expected: string; readonly actual: string }>
  /** The first is the event itself, with its own properties. */
  readonly nodes: ReadonlyArray<GraphNode>
  readonly keys: ReadonlyArray<KeyOrigin>
  readonly sinks: ReadonlyArray<SinkDetail>
}
