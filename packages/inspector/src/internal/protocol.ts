/**
 * The protocol between the inspector's server and its page. Only types, because the page is built without Effect.
 *
 * `GET api/stream` is a stream of server-sent events. It starts with `hello`; then it sends `events`, at most ten times a second, with new
 * and changed events, and `tick` once a second. When the page reconnects, it sends its last revision (`Last-Event-ID`) and the run of that
 * revision, and gets the changes since. `GET api/events/:id` returns the details of one event.
 *
 * With an outbox, `outbox` comes with its progress. `GET api/outbox/letters?sink&event&after` returns a page of its dead letters,
 * `GET api/outbox/letter?sink&id` one of them, and `POST api/outbox/replay` sends those again that its JSON selects (`sink`, `event`, `id`).
 *
 * With a warehouse, `GET api/warehouse` returns its tables, `POST api/warehouse/ask` answers a question, and `POST api/warehouse/select` runs a
 * statement (`sql`) that only reads.
 *
 * The text of `masked` replaces every value that is marked as personal data.
 */
import type { Lineage, Message, Receipt, Tracker } from "@trackmap/core"
import type * as Schema from "effect/Schema"
import type { DeadLetter, OutboxSink } from "./outbox/model.ts"
import type { Answered, Comparison, Measure, Question, WarehouseColumn, WarehouseKind } from "./warehouse/model.ts"

export type { Answered, Comparison, Measure, OutboxSink, Question, WarehouseColumn, WarehouseKind }

/** Replaces a personal value. */
export const masked = "•••"

/** The state of a message in one sink. `"retrying"`: an attempt failed, and another will follow. */
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
  /** The name of the event, the page or the screen; otherwise the type. */
  readonly name: string
  /** The user's id, otherwise the anonymous id. */
  readonly actor: string | undefined
  /** The names of the entities with keys in the event. */
  readonly entities: ReadonlyArray<string>
  readonly keys: number
  readonly violations: number
  /** The start of its values as JSON, for searching. */
  readonly text: string
  readonly sinks: ReadonlyArray<{ readonly sink: string; readonly state: SinkState; readonly attempts: number }>
}

/** A key of an event of the plan. */
export interface PlannedKey {
  readonly key: string
  /** In the notation of TypeScript, with the format of a text: `string(uuid) | null`. */
  readonly type: string
  readonly optional: boolean
  readonly personal: boolean
  readonly description: string | undefined
}

/** An event of the plan. */
export interface PlannedEvent {
  readonly name: string
  readonly description: string | undefined
  /** In words, what replaces it and why. Undefined if it is not deprecated. */
  readonly deprecated: string | undefined
  readonly entities: ReadonlyArray<string>
  readonly keys: ReadonlyArray<PlannedKey>
}

/** The first event of the stream. */
export interface Hello {
  /** Changes with every start of the service: revisions are of one run. */
  readonly run: string
  /** Undefined if the tracker has no plan. */
  readonly plan: ReadonlyArray<PlannedEvent> | undefined
  readonly sinks: ReadonlyArray<string>
  /** The number of events to keep. */
  readonly capacity: number
  /** The last two minutes. */
  readonly ticks: ReadonlyArray<Tick>
  /** Undefined without an outbox. */
  readonly outbox: { readonly readOnly: boolean } | undefined
  /** Undefined without a warehouse. */
  readonly warehouse: { readonly name: string } | undefined
}

/** One sink at a tick. All but the last three are counts since the start. */
export interface SinkTick extends Omit<Tracker.SinkMetrics, "bytes"> {
  /** Milliseconds from the event to its receipt, for the kept events that got it since the last tick. */
  readonly latency: { readonly p50: number; readonly p99: number } | undefined
}

/** The totals, once a second. Counts are since the start. */
export interface Tick {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly tracked: number
  /** Events that were only counted, because more than `rate` arrived in a second. */
  readonly notShown: number
  readonly sinks: ReadonlyArray<SinkTick>
}

/** Sent with a tick if it has changed since the last time. */
export interface PlanState {
  /** The number of occurrences of each event, including events outside the plan. */
  readonly seen: ReadonlyArray<{ readonly event: string; readonly count: number; readonly planned: boolean }>
  /** Keys of the kept events that are not in the plan. The validation mode decides whether they were left out. */
  readonly unknownKeys: ReadonlyArray<{ readonly event: string; readonly key: string; readonly count: number }>
}

/** The events of the stream, by their names. */
export interface StreamEvents {
  readonly hello: Hello
  readonly events: ReadonlyArray<EventSummary>
  readonly tick: Tick
  readonly plan: PlanState
  readonly outbox: OutboxState
}

/** The outbox, sent when it has changed, at most once a second. */
export interface OutboxState {
  /** The last known progress of each sink. */
  readonly sinks: ReadonlyArray<OutboxSink>
  /** Why the outbox cannot be read. */
  readonly error: string | undefined
}

/** A dead letter in the list. */
export interface LetterSummary extends Omit<DeadLetter, "body" | "outcome"> {
  readonly state: SinkState
  readonly reason: string | undefined
}

/** A dead letter that is open. */
export interface LetterDetail extends LetterSummary {
  readonly message: Schema.Json | undefined
  /** Why its message cannot be read. */
  readonly unreadable: string | undefined
}

/** A page of dead letters, the newest first. */
export interface LetterList {
  readonly letters: ReadonlyArray<LetterSummary>
  /** Asks for the page after it (`after`). Undefined on the last page. */
  readonly next: string | undefined
}

/** The number of dead letters that are sent again. */
export interface Replayed {
  readonly replayed: number
}

/** A column that may be shown. */
export interface ShownColumn extends WarehouseColumn {
  /** An entity, or the prefix of its keys: `Manufacturer`. Otherwise the section of the message. */
  readonly group: string
  /** Its name within the group. */
  readonly label: string
}

/** A table of the warehouse, as far as it may be shown. */
export interface ShownTable {
  readonly name: string
  /** The event of which it has the rows. */
  readonly event: string | undefined
  readonly rows: number | undefined
  readonly columns: ReadonlyArray<ShownColumn>
  /** The number of columns that are not shown: they contain personal data, or may contain it. */
  readonly hidden: number
}

/** The tables of the warehouse. */
export interface ShownCatalog {
  readonly name: string
  /** Whether there is a plan, which tells what is personal. */
  readonly isPlanned: boolean
  readonly tables: ReadonlyArray<ShownTable>
}

/** An entity in an event's graph, or the event's own properties. */
export interface GraphNode {
  /** Such as `OrderLine.product`. */
  readonly path: string
  readonly entity: string
  /** Undefined for rows that the call passed. */
  readonly parent: string | undefined
  readonly relation: string | undefined
  readonly to: "one" | "many"
  readonly resolver: Lineage.Resolver
  /** `"unasked"`: its parent was absent. */
  readonly outcome: "resolved" | "missing" | "failed" | "unasked"
  /** Why it failed: the expected and the actual kind of value. */
  readonly reason: string | undefined
  /** The time to resolve it. Undefined for rows that the call passed. */
  readonly milliseconds: number | undefined
  /** The loader's batch: its keys, and the events that waited for it. */
  readonly batch: { readonly keys: number; readonly callers: number } | undefined
  readonly cached: boolean
}

/** The origin of one key. */
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
   * `"absent"`: the row lacks this optional value; `"missing"`: its row does not exist; `"failed"`: its resolver failed; `"refused"`: its
   * schema refused it.
   */
  readonly state: "present" | "absent" | "missing" | "failed" | "refused"
  readonly value: Schema.Json | undefined
}

/** One attempt to send a message to a sink. */
export interface AttemptDetail {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly milliseconds: number
  /** Messages in the batch. */
  readonly messages: number
  /** The sink's result: the outcome of this message, or the error of the batch. */
  readonly result: string
  readonly reason: string | undefined
  readonly retryAfter: number | undefined
}

/** An event in one sink. */
export interface SinkDetail {
  readonly sink: string
  readonly state: SinkState
  /** Its records in requests, and their targets: `POST /v1/batch`. Empty until the sink has received it. */
  readonly records: ReadonlyArray<{ readonly to: string; readonly record: Schema.Json }>
  readonly attempts: ReadonlyArray<AttemptDetail>
  readonly receipt:
    | { readonly outcome: string; readonly reason: string | undefined; readonly attempts: number; readonly at: number }
    | undefined
}

/** The details of one event. */
export interface EventDetail {
  readonly summary: EventSummary
  readonly message: Schema.Json
  readonly violations: ReadonlyArray<{ readonly path: string; readonly expected: string; readonly actual: string }>
  /** The first node is the event itself, with its own properties. */
  readonly nodes: ReadonlyArray<GraphNode>
  readonly keys: ReadonlyArray<KeyOrigin>
  readonly sinks: ReadonlyArray<SinkDetail>
}
