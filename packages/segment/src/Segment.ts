/**
 * A sink for Segment's HTTP API, and for the services that speak it.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import * as CheckedOptions from "@trackmap/core/Options"
import type * as SendError from "@trackmap/core/SendError"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { idAndSecret, reasonAgainstName } from "./internal/jitsu.ts"
import { limits } from "./internal/limits.ts"
import { type CommonOptions, keyAlone, make } from "./internal/service.ts"

export type { CommonOptions } from "./internal/service.ts"

/** Segment's regional addresses (Segment, "Regional Segment"). Each workspace has one region; messages sent to the other do not arrive. */
export const endpoints = {
  /** The default: Oregon. */
  us1: "https://api.segment.io",
  /** Dublin. */
  eu1: "https://events.eu1.segmentapis.com"
} as const

/** The options of the sink. */
export interface Options extends CommonOptions {
  /** The source's write key. The sink sends it in the `Authorization` header, and writes it nowhere else. */
  readonly writeKey: Redacted.Redacted<string>
  /** The address before `/v1/batch`. Default: `endpoints.us1`. */
  readonly endpoint?: string | undefined
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
  const { endpoint: url = endpoints.us1, writeKey: key } = options
  const service = { name: "segment", url, key, credentials: keyAlone, bytes: limits.bytes }
  return make(service, options).pipe(EventSink.retried())
}

const common = { gzip: true, name: true, timeout: true } as const
const names: CheckedOptions.Names<Options> = { writeKey: true, endpoint: true, ...common }

/** The options of `rudderstack` and `jitsu`. */
export interface HostedOptions extends CommonOptions {
  /** RudderStack's write key of the source; Jitsu's server-to-server key, with its id: `id:secret`. */
  readonly writeKey: Redacted.Redacted<string>
  /** The address of your data plane or of your Jitsu, before `/v1/batch`. */
  readonly endpoint: string
}

const hostedNames: CheckedOptions.Names<HostedOptions> = { writeKey: true, endpoint: true, ...common }

/**
 * A sink for RudderStack: requests of 4 MB, 32 KB per message (rudderlabs/rudder-server, "gateway"). Otherwise the same as `sink`: RudderStack
 * answers 401 to an unknown key and 404 to a disabled source, which are `Misconfigured`, and 400 to a batch with a message that has no id, which
 * this sink does not send.
 *
 * @example
 * ```ts
 * import { Segment } from "@trackmap/segment"
 * import * as Redacted from "effect/Redacted"
 *
 * export const sink = Segment.rudderstack({
 *   endpoint: "https://your-data-plane.rudderstack.com",
 *   writeKey: Redacted.make("your write key")
 * })
 * ```
 */
export const rudderstack = (
  given: HostedOptions
): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const options = CheckedOptions.check<HostedOptions>("Segment.rudderstack", given, hostedNames)
  const { endpoint: url, writeKey: key } = options
  const service = { name: "rudderstack", url, key, credentials: keyAlone, bytes: 4_000_000 }
  return make(service, options).pipe(EventSink.retried())
}

/**
 * A sink for Jitsu. Jitsu answers 200 to a batch of which it refuses some messages, after it has accepted the others: the sink rejects those that the
 * response names, and sends none again. It rejects the names of events that Jitsu does not accept: longer than 64 characters, or with `--`, `;`, `=`
 * or `/*` (jitsucom/bulker, "ingest"). Otherwise the same as `sink`.
 *
 * @example
 * ```ts
 * import { Segment } from "@trackmap/segment"
 * import * as Redacted from "effect/Redacted"
 *
 * export const sink = Segment.jitsu({ endpoint: "https://your-jitsu.example.com", writeKey: Redacted.make("id:secret") })
 * ```
 */
export const jitsu = (
  given: HostedOptions
): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const options = CheckedOptions.check<HostedOptions>("Segment.jitsu", given, hostedNames)
  const { endpoint: url, writeKey: key } = options
  const service = { name: "jitsu", url, key, credentials: idAndSecret, bytes: limits.bytes, reject: reasonAgainstName }
  return make(service, options).pipe(EventSink.retried())
}

/** Customer.io's addresses of Pipelines, by the region of a workspace's data (Customer.io, "Pipelines API"). */
export const customerioEndpoints = {
  /** The default: the United States. */
  us: "https://cdp.customer.io",
  /** The European Union. */
  eu: "https://cdp-eu.customer.io"
} as const

/** The options of `customerio`. */
export interface CustomerioOptions extends CommonOptions {
  /** The API key of the source. The sink sends it in the `Authorization` header, and writes it nowhere else. */
  readonly apiKey: Redacted.Redacted<string>
  /** "us", "eu", or an address before `/v1/batch`. Default: "us". */
  readonly endpoint?: string | undefined
}

/**
 * A sink for Customer.io Pipelines: requests of 500 KB, 32 KB per message. The sink asks for Customer.io's strict mode (`X-Strict-Mode`), without which
 * it answers 200 to an unknown key and to messages that it does not accept (Customer.io, "Batch requests"). Otherwise the same as `sink`.
 *
 * @example
 * ```ts
 * import { Segment } from "@trackmap/segment"
 * import * as Redacted from "effect/Redacted"
 *
 * export const sink = Segment.customerio({ apiKey: Redacted.make("your API key"), endpoint: "eu" })
 * ```
 */
export const customerio = (
  given: CustomerioOptions
): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const options = CheckedOptions.check<CustomerioOptions>("Segment.customerio", given, {
    apiKey: true,
    endpoint: true,
    ...common
  })
  const url = HttpSink.regional(customerioEndpoints, options.endpoint ?? "us")
  const headers = { "x-strict-mode": "1" }
  const service = { name: "customerio", url, key: options.apiKey, credentials: keyAlone, headers, bytes: limits.bytes }
  return make(service, options).pipe(EventSink.retried())
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
