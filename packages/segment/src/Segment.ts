/**
 * A sink for Segment's HTTP API, and for the services that speak it.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import * as CheckedOptions from "@trackmap/core/Options"
import * as SendError from "@trackmap/core/SendError"
import type * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { limits, reasonAgainst } from "./internal/limits.ts"
import { interpret } from "./internal/response.ts"
import { version } from "./internal/version.ts"

/** Segment's regional addresses (Segment, "Regional Segment"). Each workspace has one region; messages sent to the other do not arrive. */
export const endpoints = {
  /** The default: Oregon. */
  us1: "https://api.segment.io",
  /** Dublin. */
  eu1: "https://events.eu1.segmentapis.com"
} as const

/** The options of the sink. */
export interface Options {
  /** The source's write key. The sink sends it in the `Authorization` header, and writes it nowhere else. */
  readonly writeKey: Redacted.Redacted<string>
  /** The address before `/v1/batch`. RudderStack, Jitsu and others have their own. Default: `endpoints.us1`. */
  readonly endpoint?: string | undefined
  /** Compresses bodies of 1,024 bytes or more. Default: false, since Segment's "HTTP API" page does not mention compression. */
  readonly gzip?: boolean | undefined
  /** The sink's name in receipts. Default: "segment". */
  readonly name?: string | undefined
  /** The time limit of an attempt, to the last byte of the response. A number is milliseconds. Default: 10 seconds. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * A sink that posts batches to Segment's `/v1/batch`. It includes `EventSink.retried()`; your own `EventSink.retried` replaces it.
 *
 * - Limits: 2,500 messages and 500,000 bytes per request, 32,000 bytes per message, before compression. Segment does not say
 *   whether a KB is 1,000 or 1,024 bytes, so the sink takes 1,000 (Segment, "HTTP API", "Max request size").
 * - Segment answers 200 to messages that it then drops. The sink rejects these itself: without a `userId` or an `anonymousId`;
 *   with a `messageId` that is empty or longer than 99 characters ("HTTP API"); a `track` without `event`, a `group` without
 *   `groupId`, an `alias` without `userId` or `previousId` ("Segment Spec").
 * - Every attempt has its own `sentAt`, from Effect's Clock, and the same message ids, by which Segment drops duplicates
 *   ("Handling Duplicate Data").
 * - The sink follows no redirects.
 *
 * Opening fails with `Misconfigured` if the write key or the endpoint is invalid. These errors of sending reach the sink's
 * combinators: `Unavailable` for 408, 410, 429, 460, 5xx except 501, 505 and 511, a failed connection, a timeout, and a 2xx that
 * the sink cannot interpret (`retryAfter` comes from `Retry-After` or else `X-RateLimit-Reset`, in milliseconds: "HTTP API",
 * "Rate limits"); `Refused` for 400 and for a 2xx with an error body; `TooLarge` for 413; `Misconfigured` for every other status.
 * Each attempt is one span, `Segment.send`.
 *
 * `Delivered` means that Segment has accepted the message. Segment also answers 200 to an unknown write key.
 *
 * @example
 * ```ts
 * import { EventSink, HttpTransport, type Message } from "@trackmap/core"
 * import { Segment } from "@trackmap/segment"
 * import * as Config from "effect/Config"
 * import * as Effect from "effect/Effect"
 *
 * export const deliver = (messages: ReadonlyArray<Message.Message>) =>
 *   Effect.gen(function* () {
 *     const writeKey = yield* Config.Redacted("SEGMENT_WRITE_KEY")
 *     const sink = Segment.sink({ writeKey, endpoint: Segment.endpoints.eu1 })
 *     return yield* EventSink.deliver(sink, messages)
 *   }).pipe(Effect.scoped, Effect.provide(HttpTransport.layerFetch))
 * ```
 */
export const sink = (given: Options): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const options = CheckedOptions.check<Options>("Segment.sink", given, names)
  return HttpSink.make({
    name: options.name ?? "segment",
    limits: { ...limits, bytes: limits.bytes - `${before}[]${after(0)}`.length },
    url: options.endpoint ?? endpoints.us1,
    path: "/v1/batch",
    headers: Effect.suspend(() => {
      const reason = reasonAgainstKey(options.writeKey)
      return reason === undefined
        ? Effect.succeed({ authorization: HttpSink.basicAuth(options.writeKey, "") })
        : Effect.fail(new SendError.Misconfigured({ reason }))
    }),
    gzip: options.gzip,
    timeout: options.timeout,
    body: ({ jsonArray }, now) => [before, ...jsonArray, after(now)],
    reject: reasonAgainst,
    interpret,
    span: "Segment.send"
  }).pipe(EventSink.retried())
}

const names: CheckedOptions.Names<Options> = { writeKey: true, endpoint: true, gzip: true, name: true, timeout: true }

const before = '{"batch":'
const context = JSON.stringify({ library: { name: "@trackmap/segment", version } })
const after = (sentAt: number): string => `,"sentAt":"${new Date(sentAt).toISOString()}","context":${context}}`

const reasonAgainstKey = (writeKey: Redacted.Redacted<string>): string | undefined => {
  if (!Redacted.isRedacted(writeKey)) {
    return "the write key is not Redacted: pass Redacted.make(key), which keeps it out of logs"
  }
  // An environment variable that is not set comes as undefined.
  const key: string | undefined = Redacted.value(writeKey)
  if (typeof key !== "string" || key === "") return "the write key is empty"
  return key.includes(":") ? "the write key contains a colon, which Basic authentication does not allow" : undefined
}

/**
 * A sink configured by the environment, for `EventSink.config`: `SEGMENT_WRITE_KEY` and, optionally, `SEGMENT_ENDPOINT` (an
 * address, or "us1" or "eu1") and `SEGMENT_GZIP`.
 *
 * @example
 * ```ts
 * import { EventSink, Tracker } from "@trackmap/core"
 * import { Segment } from "@trackmap/segment"
 *
 * export const TrackingLive = Tracker.layerEffect(EventSink.config({ segment: Segment.config }))
 * ```
 */
export const config: Effect.Effect<
  EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport>,
  Config.ConfigError
> = Effect.flatMap(
  // Effect's Config is loaded when this runs.
  Effect.promise(() => import("./internal/settings.ts")),
  ({ settings }) =>
    Effect.map(settings, ({ endpoint, ...rest }) => sink({ ...rest, endpoint: HttpSink.regional(endpoints, endpoint) }))
)
