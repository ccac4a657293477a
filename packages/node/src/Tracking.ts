/**
 * Tracks for a service that is written with promises: takes events, keeps them in a bounded buffer for each sink, and delivers them in batches.
 * Every message gets one receipt from every sink.
 *
 * @module
 */
import type * as EventSink from "@trackmap/core/EventSink"
import type { Message, Track } from "@trackmap/core/Message"
import type { Receipt } from "@trackmap/core/Receipt"
import type * as TrackedEvent from "@trackmap/core/TrackedEvent"
import type * as Tracker from "@trackmap/core/Tracker"
import type * as Layer from "effect/Layer"
import type * as HttpClient from "effect/http/HttpClient"
import * as internal from "./internal/tracking.ts"

/** A message that has been taken. */
export interface Tracked<out M extends Message = Message> {
  readonly messageId: string
  readonly message: M
  /** Resolves to the receipts of all sinks, in the order of the sinks. It never rejects. */
  readonly receipts: Promise<ReadonlyArray<Receipt>>
}

/** For whatever waits. */
export interface WaitOptions {
  /** Ends the wait, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** What one call says beside its event. What is about the actor comes from `Actor`. */
export interface CallOptions extends Tracker.CallOptions, WaitOptions {}

/** A span of OpenTelemetry's API, as far as tracking has to do with it. */
export interface ActiveSpan {
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number }
  addEvent(name: string, attributes: Record<string, string>): unknown
  /** Whether it has not ended. What goes on behind a response is in the response's span still. */
  isRecording?(): boolean
}

/** Something to log. */
export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error"
  readonly message: string
  readonly cause?: unknown
}

/**
 * How a tracking is set up. Lengths of time are milliseconds, or a text such as `"10 seconds"`.
 *
 * - `sinks`: where messages go. Several stand side by side: one that is down, slow or wrong holds up no other.
 * - `plan`: the events that the service tracks. Another event is a violation.
 * - `capacity`, `whenFull`, `concurrency`: the buffer of each sink: 10,000 messages, for which `track` waits where there is no room.
 * - `relations`, `validation`: what becomes of a relation that fails (`"omit"`), and of a value that its schema refuses (`"strip"`).
 * - `resolveWithin`: how long an event's relations may take before it goes without: 10 seconds.
 * - `withoutConsent`: whether messages to which the actor has not consented are skipped, or held.
 * - `closeWithin`: how long closing delivers what there is: 20 seconds.
 */
export interface Options<Needed = never> extends Tracker.Options {
  readonly sinks:
    | EventSink.EventSink<any, HttpClient.HttpClient | Needed>
    | ReadonlyArray<EventSink.EventSink<any, HttpClient.HttpClient | Needed>>
  /**
   * Where a process that ends delivers first: at SIGTERM and SIGINT, before it exits by itself, and, as far as can be done without waiting, when it
   * exits all the same. True unless told, where there is such a process.
   *
   * Where nobody else listens to the signal, the tracking is closed, and the signal then ends the process as it would have. Where the
   * service listens too, all is delivered that there is, and the service is to close the tracking once it takes no more requests.
   */
  readonly flushAtExit?: boolean | undefined
  /**
   * Keeps a serverless platform from freezing the process before a message is delivered: it is given the promise of that with every call, as
   * the platform's own `waitUntil` is. Where it throws, that is logged, and the message delivered as far as the process runs.
   */
  readonly waitUntil?: ((delivered: Promise<void>) => void) | undefined
  /**
   * The span that a call is made in: `() => trace.getActiveSpan()` of OpenTelemetry's API. The message's context then has its `traceId` and
   * `spanId`, and the span an event `trackmap.tracked` with the message's id. Where it throws, that is logged, and the message goes without.
   */
  readonly activeSpan?: (() => ActiveSpan | undefined) | undefined
  /**
   * Told what there is to log: messages that are lost, relations that are left out, each with its reason and never with a value. It goes to the
   * console unless told.
   */
  readonly log?: ((entry: LogEntry) => void) | undefined
  /** What the sinks and resolvers need of Effect's services, for those who mix both: an HTTP client, a tracer, a logger, metrics. */
  readonly services?: Layer.Layer<Needed, unknown> | undefined
}

type Traits = Tracker.Named["properties"] & {}

/** What a service tracks with. Its functions may be passed on alone. */
export interface Tracking<in Needed = never> extends AsyncDisposable {
  /** Resolves once the sinks are open, and rejects with what one of them could not be opened for. Calls wait for it by themselves. */
  readonly ready: Promise<void>
  /**
   * Tracks an event: values its rows with their relations, and gives the message to every sink's buffer. Resolves once it is there.
   *
   * A relation that fails and a value that its schema refuses are left out, named in the message's context (`violations`), counted and
   * logged; so it does not reject, unless the event is defined with `"fail"`, the signal aborts, or a sink could not be opened.
   */
  readonly track: <Event extends TrackedEvent.Any>(
    event: Event & NeedsNoMore<Event, Needed>,
    input: TrackedEvent.Input<Event>,
    options?: CallOptions
  ) => Promise<Tracked<Track>>
  /** Tells who the actor is (Segment Spec, "Identify"). */
  readonly identify: (traits: Traits, options?: CallOptions) => Promise<Tracked>
  /** Tells what the actor belongs to (Segment Spec, "Group"). */
  readonly group: (groupId: string, traits?: Traits, options?: CallOptions) => Promise<Tracked>
  /** Tells that the actor was known under another id (Segment Spec, "Alias"). */
  readonly alias: (previousId: string, options?: CallOptions) => Promise<Tracked>
  /** Tells of a page that the actor saw (Segment Spec, "Page"). */
  readonly page: (name: string | undefined, named?: Tracker.Named, options?: CallOptions) => Promise<Tracked>
  /** Tells of a screen of an app that the actor saw (Segment Spec, "Screen"). */
  readonly screen: (name: string | undefined, named?: Tracker.Named, options?: CallOptions) => Promise<Tracked>
  /** Gives the sinks a message that has been made before: a dead letter, or one from elsewhere. Rejects where it is no message. */
  readonly send: (message: Message, options?: WaitOptions) => Promise<Tracked>
  /** Lets go the messages that were held because the actor had not consented to them, as far as it has now. */
  readonly release: (options?: WaitOptions) => Promise<void>
  /** Has everything that has been tracked so far sent without waiting for more, and resolves once all of it has receipts. */
  readonly flush: (options?: WaitOptions) => Promise<void>
  /**
   * Delivers what there is, calls that are being made included, and takes no more. What is not delivered within `closeWithin` has its
   * receipt, and goes to the dead letters. It may be called more than once.
   */
  readonly close: (options?: WaitOptions) => Promise<void>
  /** What every sink has done so far. */
  readonly metrics: () => ReadonlyArray<Tracker.SinkMetrics>
  /** The receipts from now on. Who reads so slowly that 10,000 wait misses the oldest of them; `metrics` counts all. */
  readonly receipts: (options?: WaitOptions) => AsyncIterable<Receipt>
  /** The same, for code that is written in Effect. */
  readonly tracker: Promise<Tracker.Service>
}

type NeedsNoMore<Event extends TrackedEvent.Any, Given> = [TrackedEvent.Services<Event>] extends [Given]
  ? unknown
  : {
      readonly [K in `${Event["name"]} has resolvers that need services of Effect's: give them to Tracking.make`]: never
    }

/**
 * Starts a tracking. Throws what a sink cannot be opened for (`Misconfigured`: a write key that is empty, an endpoint that is none) and
 * `DefinitionError` for options that cannot be, at once. A sink that takes time to open is waited for by the calls; `ready` tells.
 *
 * @example
 * ```ts
 * import { Actor, Entity, EventSink, Plan, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
 * import { z } from "zod"
 *
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: z.int(), qty: z.int() } })
 * const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })
 * const memory = EventSink.make({ name: "memory", send: async (batch) => batch.map(() => Receipt.delivered) })
 *
 * await using tracking = Tracking.make({ plan: Plan.make(OrderLineUpdated), sinks: memory })
 * const { message, receipts } = await Actor.run({ userId: "u-1" }, () =>
 *   tracking.track(OrderLineUpdated, { orderLine: { id: 1001, qty: 3 } })
 * )
 * console.log(message.userId, (await receipts)[0]?.outcome._tag) // u-1 Delivered
 * ```
 */
export const make: <Needed = never>(options: Options<Needed>) => Tracking<Needed> = internal.make as any
