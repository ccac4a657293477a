/**
 * A sink for Amplitude: events, the properties of users, and those of groups.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import type * as HttpTransport from "@trackmap/core/HttpTransport"
import type * as SendError from "@trackmap/core/SendError"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { encode } from "./internal/event.ts"
import * as limits from "./internal/limits.ts"
import * as operations from "./internal/operations.ts"
import { check, checkNames, endpoints, formOf, type Options, pathOf } from "./internal/options.ts"
import { send } from "./internal/send.ts"

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
 * Opening fails with `Misconfigured` if an option is invalid, or if an event of the plan could never arrive whole; the error names the event and
 * the keys.
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
export const sink = (given: Options): EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const options = checkNames(given)
  const form = formOf(options)
  return EventSink.make({
    name: options.name ?? "amplitude",
    limits: {
      messages: limits.requestEvents,
      bytes: limits.requestBytes[options.api ?? "http"],
      messageBytes: limits.eventBytes
    },
    records: (message) => {
      const record = encode(message, form)
      return typeof record === "string" ? [{ to: `POST ${pathOf(options)}`, record: JSON.parse(record) }] : []
    },
    encode: (message) => encode(message, form),
    open: (plan) => Effect.map(check(options, plan), send)
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
export const config: Effect.Effect<
  EventSink.EventSink<SendError.Misconfigured, HttpTransport.HttpTransport>,
  Config.ConfigError
> = Effect.flatMap(
  // Effect's Config is loaded when this runs.
  Effect.promise(() => import("./internal/settings.ts")),
  ({ settings }) => Effect.map(settings, sink)
)
