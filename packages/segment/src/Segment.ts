/**
 * A sink for Segment's HTTP API, and for the services that speak it.
 *
 * @module
 */
import { EventSink, HttpSink, type HttpTransport, SendError } from "@trackmap/core"
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { limits, reasonAgainst } from "./internal/limits.ts"
import { interpret } from "./internal/response.ts"

/** Segment's own addresses (Segment, "Regional Segment"). A workspace has one: what is sent to the other does not arrive. */
export const endpoints = {
  /** The default: Oregon. */
  us1: "https://api.segment.io",
  /** Dublin. */
  eu1: "https://events.eu1.segmentapis.com"
} as const

/** How the sink is set up. */
export interface Options {
  /** The source's write key. It goes into the `Authorization` header, and is in no body, error, log, span or receipt. */
  readonly writeKey: Redacted.Redacted<string>
  /** The address before `/v1/batch`: `endpoints.us1` by default. RudderStack, Jitsu and others have their own. */
  readonly endpoint?: string | undefined
  /** Compresses bodies of 1,024 bytes or more. Off by default: Segment's "HTTP API" page does not mention it. */
  readonly gzip?: boolean | undefined
  /** The sink's name in receipts: "segment" by default. */
  readonly name?: string | undefined
  /** How long an attempt may take, to the last byte of the response: 10 seconds by default. A number is milliseconds. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * A sink that posts batches to Segment's `/v1/batch`, with `EventSink.retried()` around it; another `EventSink.retried` takes its place.
 *
 * - Limits: 2,500 messages and 500,000 bytes a request, 32,000 bytes a message, before compression. A KB is taken as 1,000
 *   bytes, the smaller of the two readings (Segment, "HTTP API", "Max request size").
 * - Segment answers 200 to messages that it then drops, so these are rejected before they are sent: without `userId` and
 *   `anonymousId`; a `messageId` that is empty or has more than 99 characters ("HTTP API"); a `track` without `event`, a
 *   `group` without `groupId`, an `alias` without `userId` or `previousId` ("Segment Spec").
 * - `sentAt` is of each attempt, by Effect's Clock; ids stay the same, and Segment drops what it has had already
 *   ("Handling Duplicate Data").
 * - Redirects are not followed.
 *
 * Opening fails with `Misconfigured` where the write key or the endpoint cannot be used. Sending fails within the sink, and
 * its combinators see: `Unavailable` for 408, 410, 429, 460, 5xx but 501, 505 and 511, for a connection that fails, a time
 * that is over and a 2xx whose body is not understood, with `retryAfter` in milliseconds from `Retry-After`, else
 * `X-RateLimit-Reset` ("HTTP API", "Rate limits"); `Refused` for 400 and a 2xx whose body says no; `TooLarge` for 413;
 * `Misconfigured` for every other status. Each attempt is one span, `Segment.send`.
 *
 * "Delivered" is what Segment has accepted. With a write key that it does not know it answers 200 all the same.
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
export const sink = (options: Options): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> =>
  HttpSink.make({
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

const before = '{"batch":'
const context = JSON.stringify({ library: { name: "@trackmap/segment" } })
const after = (sentAt: number): string => `,"sentAt":"${new Date(sentAt).toISOString()}","context":${context}}`

const reasonAgainstKey = (writeKey: Redacted.Redacted<string>): string | undefined => {
  if (!Redacted.isRedacted(writeKey)) {
    return "the write key is no Redacted, which keeps it out of logs: give Redacted.make(key)"
  }
  const key = Redacted.value(writeKey)
  if (key === "") return "the write key is empty"
  return key.includes(":") ? "the write key has a colon, where Basic authentication ends it" : undefined
}

/**
 * The sink as the configuration has it, for `EventSink.config`: `SEGMENT_WRITE_KEY`; `SEGMENT_ENDPOINT`, an address or one of
 * `us1` and `eu1`; and `SEGMENT_GZIP`. The last two may be left out.
 *
 * @example
 * ```ts
 * import { EventSink, Tracker } from "@trackmap/core"
 * import { Segment } from "@trackmap/segment"
 *
 * export const TrackingLive = Tracker.layerEffect(EventSink.config({ segment: Segment.config }))
 * ```
 */
export const config: Config.Config<EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport>> =
  Config.map(
    Config.all({
      writeKey: Config.Redacted("SEGMENT_WRITE_KEY"),
      endpoint: Config.withDefault(Config.String("SEGMENT_ENDPOINT"), "us1"),
      gzip: Config.withDefault(Config.Boolean("SEGMENT_GZIP"), false)
    }),
    ({ endpoint, ...rest }) => sink({ ...rest, endpoint: HttpSink.regional(endpoints, endpoint) })
  )
