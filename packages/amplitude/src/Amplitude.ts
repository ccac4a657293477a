/**
 * A sink for Amplitude: events, the properties of users, and those of groups.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpSink from "@trackmap/core/HttpSink"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as Redacted from "effect/Redacted"
import { encoder } from "./internal/event.ts"
import * as limits from "./internal/limits.ts"
import * as operations from "./internal/operations.ts"
import { endpoints, type Options, resolve } from "./internal/options.ts"
import { interpret } from "./internal/response.ts"

export { endpoints, type Options }

/** The operations of an `identify` or a `group` message. They come in addition to its traits, which the sink sets. */
export const ProfileOperations = operations.Operations
/** The operations of an `identify` or a `group` message, in addition to its traits. */
export type ProfileOperations = operations.Operations

/**
 * Returns the `integrations` of a message with operations on the properties of a user or a group. Each operation has Amplitude's meaning (`setOnce`
 * is `$setOnce`); `groupType` is the group type of a `group` message.
 *
 * @example
 * ```ts
 * import { Message } from "@trackmap/core"
 * import { Amplitude } from "@trackmap/amplitude"
 *
 * export const message: Message.Identify = {
 *   type: "identify",
 *   userId: "user-1",
 *   traits: { plan: "pro" },
 *   integrations: Amplitude.profile({ setOnce: { firstPlan: "pro" }, add: { upgrades: 1 } }),
 *   messageId: Message.nextId(Date.now()),
 *   timestamp: new Date().toISOString()
 * }
 * ```
 */
export const profile = (operations: ProfileOperations): { readonly Amplitude: ProfileOperations } => ({
  Amplitude: operations
})

/**
 * A sink that posts events to Amplitude's HTTP V2 API or to its Batch Event Upload API. It includes `EventSink.retried()`; your own
 * `EventSink.retried` replaces it. The README documents the responses, and
 * `docs/amplitude.md` the mapping of messages to events.
 *
 * Opening fails with `Misconfigured` if an option is invalid, or if an event of the plan has a name that Amplitude does not accept, or could never
 * arrive whole; the error names the event and the keys.
 *
 * If Amplitude names the events that it refuses (a 400 with `events_with_invalid_fields`, `events_with_missing_fields` or `silenced_events`; a 429
 * with `exceeded_daily_quota_users` or `exceeded_daily_quota_devices`), the sink rejects those and sends the others again at once. Throttled events
 * (a 429 with `throttled_events`) follow after 30 seconds or Amplitude's `Retry-After` ("HTTP V2 API", "Response"). These errors of sending reach the
 * sink's combinators: `Unavailable` for a throttled batch, 408, 5xx, a failed connection, a timeout and a response from something other than
 * Amplitude; `Refused` for a 400 that names no event; `TooLarge` for 413; `Misconfigured` for an unknown API key and every other status. Each
 * request is a span, `Amplitude.send`.
 *
 * @example
 * ```ts
 * import { EventSink, type Message } from "@trackmap/core"
 * import { Amplitude } from "@trackmap/amplitude"
 * import * as Redacted from "effect/Redacted"
 *
 * const sink = Amplitude.sink({ apiKey: Redacted.make("your API key"), endpoint: "eu", groupType: "company" })
 *
 * export const send = (messages: ReadonlyArray<Message.Message>) => EventSink.deliver(sink, messages)
 * ```
 */
export const sink = (given: Options): HttpSink.HttpSink => {
  const { options, problems } = resolve(given)
  const { api, apiKey, endpoint, gzip, minIdLength, name, timeout } = options
  return HttpSink.make({
    name,
    limits: { messages: limits.requestEvents, bytes: limits.requestBytes[api], messageBytes: limits.eventBytes },
    url: HttpSink.regional(endpoints, endpoint),
    path: api === "batch" ? "/batch" : "/2/httpapi",
    gzip,
    timeout,
    encode: encoder(options),
    interpret,
    span: "Amplitude.send",
    problems: (plan) => [
      ...problems,
      PropertyLimits.reasonAgainstNames(plan, "Amplitude", limits.reasonAgainstName),
      plan && PropertyLimits.reasonAgainstPlan(plan, "Amplitude", limits.properties)
    ],
    body: ({ encodedArray }) => {
      const key = JSON.stringify(Redacted.value(apiKey))
      return [`{"api_key":${key},"options":{"min_id_length":${minIdLength}},"events":`, ...encodedArray, "}"]
    }
  }).pipe(EventSink.retried())
}

/**
 * A sink configured by the environment: `AMPLITUDE_API_KEY` and, optionally, `AMPLITUDE_ENDPOINT` (an address, or "us" or "eu") and
 * `AMPLITUDE_API` ("http" or "batch").
 *
 * @example
 * ```ts
 * import { EventSink, Tracker } from "@trackmap/core"
 * import { Amplitude } from "@trackmap/amplitude"
 *
 * export const TrackingLive = Tracker.layerEffect(EventSink.config({ amplitude: Amplitude.config }))
 * ```
 */
export const config: HttpSink.FromConfig = HttpSink.config(() => import("./internal/settings.ts"), sink)
