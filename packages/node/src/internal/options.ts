import type * as EventSink from "@trackmap/core/EventSink"
import type * as Tracker from "@trackmap/core/Tracker"
import type * as Layer from "effect/Layer"
import type * as HttpClient from "effect/http/HttpClient"
import type { LogEntry } from "./log.ts"
import type { ActiveSpan } from "./span.ts"

/** For whatever waits. */
export interface WaitOptions {
  /** Ends the wait, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** What one call says beside its event. What is about the actor comes from `Actor`. */
export interface CallOptions extends Tracker.CallOptions, WaitOptions {}

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
    | EventSink.EventSink<unknown, HttpClient.HttpClient | Needed>
    | ReadonlyArray<EventSink.EventSink<unknown, HttpClient.HttpClient | Needed>>
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
