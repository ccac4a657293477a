import type * as EventSink from "@trackmap/core/EventSink"
import type { HttpTransport } from "@trackmap/core/HttpTransport"
import type * as Tracker from "@trackmap/core/Tracker"
import type * as Duration from "effect/Duration"
import type * as Layer from "effect/Layer"
import type * as HttpClient from "effect/http/HttpClient"
import type { LogEntry } from "./log.ts"
import type { ActiveSpan } from "./span.ts"

/** The options of every call that waits. */
export interface WaitOptions {
  /** Ends the wait, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** The options of `flush`. */
export interface FlushOptions extends WaitOptions {
  /** The time limit, in milliseconds or as a string such as `"5 seconds"`. Default: `flushWithin` of the tracking. */
  readonly within?: Duration.Input | undefined
}

/** The messages tracked before a flush that have no receipt yet. They get their receipts later. */
export interface Flushed extends Tracker.Flushed {
  /** Calls still in progress: they resolve relations, or wait for room. They count in `left`, too. */
  readonly calls: number
}

/** The options of one call. The actor comes from `Actor`. */
export interface CallOptions extends Tracker.CallOptions, WaitOptions {}

/**
 * The options of a tracking. Durations are milliseconds, or strings such as `"10 seconds"`.
 *
 * - `sinks`: the destinations. Sinks are independent: one that is down, slow or wrong does not delay the others.
 * - `plan`: the events that the service tracks. Any other event is a violation.
 * - `capacity`, `whenFull`, `waitWithin`, `concurrency`: the buffer of each sink. Default: 10,000 messages; `track` waits a second at most
 *   while it is full.
 * - `relations`, `validation`: how to handle a relation that fails (default: `"omit"`), and a value that its schema refuses (default: `"strip"`).
 * - `resolveWithin`: how long an event waits for its relations before it goes without them. Default: 10 seconds.
 * - `withoutConsent`: whether to skip or hold messages to which the actor has not consented.
 * - `flushWithin`: how long `flush` and `waitUntil` wait for receipts. Default: 2 seconds.
 * - `closeWithin`: how long closing may take, dead letters included. Default: 20 seconds.
 * - `onError`: receives the errors of relations, computed attributes and sinks. No violation and no receipt contains them.
 */
export interface Options<Needed = never> extends Tracker.Options {
  readonly sinks:
    | EventSink.EventSink<unknown, HttpClient.HttpClient | HttpTransport | Needed>
    | ReadonlyArray<EventSink.EventSink<unknown, HttpClient.HttpClient | HttpTransport | Needed>>
  /**
   * Whether to deliver before the process ends: at SIGTERM, SIGINT, SIGHUP, SIGQUIT and SIGUSR2, when it has nothing else to do and,
   * synchronously as far as possible, when it exits in any other way. Default: true, on platforms with such a process.
   *
   * If your service has no listener for the signal, Trackmap closes the tracking, and the signal then ends the process as usual. If your service
   * listens for SIGTERM or SIGINT too, Trackmap delivers its messages, calls no longer wait for room, and your service must close the tracking
   * once it accepts no more requests. A process with nothing else to do delivers at once, and ends within `closeWithin`: timers of Trackmap do
   * not keep it alive.
   */
  readonly flushAtExit?: boolean | undefined
  /**
   * Keeps a serverless platform from freezing the process before delivery: pass the platform's own `waitUntil`, which receives a promise of
   * the delivery with every call. The promise resolves within `flushWithin`, and never rejects. If `waitUntil` throws, Trackmap logs the
   * error, and delivers the message if the process keeps running.
   *
   * In Cloudflare's workers, `waitUntil` of `cloudflare:workers` lets one tracking serve all requests. It delivers the messages of each turn of
   * the event loop separately, and the promise resolves within `closeWithin`.
   */
  readonly waitUntil?: ((delivered: Promise<void>) => void) | undefined
  /**
   * Returns the active span of a call: `() => trace.getActiveSpan()` of OpenTelemetry's API. The message's context gets its `traceId` and
   * `spanId`, and the span gets an event `trackmap.tracked` with the message's id. If it throws, Trackmap logs the error, and the message
   * goes without the ids.
   */
  readonly activeSpan?: (() => ActiveSpan | undefined) | undefined
  /** Receives log lines: lost messages and omitted relations, with the reason and never with a value. Default: the console. */
  readonly log?: ((entry: LogEntry) => void) | undefined
  /** The Effect services that your sinks and resolvers need, if you use both: an HTTP client, a tracer, a logger, metrics. */
  readonly services?: Layer.Layer<Needed, unknown> | undefined
}
