/**
 * Amplitude's ingestion APIs on your machine. The server responds as Amplitude documents, keeps the events that Amplitude would keep, and
 * misbehaves on demand.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Properties } from "./internal/amplitude/properties.ts"
import * as amplitude from "./internal/amplitude/vendor.ts"
import type { Event, Rejected, Store } from "./internal/amplitude/vendor.ts"
import * as VendorServer from "./VendorServer.ts"

export type { Properties } from "./internal/amplitude/properties.ts"
export type { Event, Rejected } from "./internal/amplitude/vendor.ts"

/** The server's options. */
export interface Options extends VendorServer.Options {
  /** The project's API key. Default: "api-key". */
  readonly apiKey?: string | undefined
  /** How many events of a user or of a device the server takes in a second, as an average of 30 seconds. Default: no limit. */
  readonly eventsPerSecond?: number | undefined
  /** How many events of a user or of a device the server takes in a day. Default: no limit. */
  readonly dailyQuota?: number | undefined
  /** The devices whose events the server refuses. Default: none. */
  readonly silencedDevices?: ReadonlyArray<string> | undefined
}

/** A running server. */
export interface AmplitudeServer extends VendorServer.VendorServer {
  readonly apiKey: string
  /** The events as a chart counts them: without duplicates, in the order of arrival. */
  readonly events: Effect.Effect<ReadonlyArray<Event>>
  /** All events that arrived, with duplicates. */
  readonly raw: Effect.Effect<ReadonlyArray<Event>>
  /** The properties of users by user id, or by device id for events without one. */
  readonly users: Effect.Effect<ReadonlyMap<string, Properties>>
  /** The properties of groups by group type, and then by group. */
  readonly groups: Effect.Effect<ReadonlyMap<string, ReadonlyMap<string, Properties>>>
  /** The events that failed validation. */
  readonly rejected: Effect.Effect<ReadonlyArray<Rejected>>
}

/**
 * Starts a server on a free port, until the scope closes.
 *
 * - `POST /2/httpapi` (Amplitude, "HTTP V2 API") and `POST /batch` ("Batch Event Upload API"): `{ api_key, events, options }` as
 *   `application/json`, which may be gzipped. An unknown key is a 400. More than 2,000 events, or 1 MB (of a batch: 20 MB), are 413.
 * - One invalid event makes the request a 400 that names it by its index in `events_with_missing_fields`, `events_with_invalid_fields` or
 *   `events_with_invalid_id_lengths`, and keeps none: `event_type` and one of `user_id` and `device_id` are required, `time` is in milliseconds, ids
 *   that stand for nobody and names that Amplitude reserves are invalid, and so are properties of more than 40 levels. `silenced_events` are named
 *   likewise. An id shorter than `min_id_length`, 5 by default, is removed where the event has another.
 * - A 429 names `throttled_events`, `throttled_users`, `throttled_devices`, and `exceeded_daily_quota_users` and `exceeded_daily_quota_devices`.
 * - Two events are one if `device_id` (or else `user_id`) and `insert_id` are the same, within 7 days ("Event deduplication").
 *
 * Where Amplitude's documentation is silent, such as on the order in which it checks the fields, the server decides.
 *
 * @example
 * ```ts
 * import { AmplitudeServer } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * export const program = Effect.gen(function* () {
 *   const server = yield* AmplitudeServer.make()
 *   const event = { event_type: "Order Placed", user_id: "user-1", time: 1767225600000, insert_id: "m1" }
 *   yield* Effect.promise(() =>
 *     fetch(`${server.url}/2/httpapi`, {
 *       method: "POST",
 *       headers: { "content-type": "application/json" },
 *       body: JSON.stringify({ api_key: server.apiKey, events: [event] })
 *     })
 *   )
 *   return yield* server.events
 * }).pipe(Effect.scoped)
 * ```
 */
export const make: (options?: Options) => Effect.Effect<AmplitudeServer, never, Scope.Scope> = Effect.fn(
  "AmplitudeServer.make"
)(function* (options: Options = {}) {
  const { apiKey = "api-key", dailyQuota = Infinity, eventsPerSecond = Infinity, silencedDevices = [] } = options
  const store: Store = {
    raw: [],
    rejected: [],
    seen: new Map(),
    received: [],
    users: new Map(),
    groups: new Map(),
    rates: new Map()
  }
  const rules = { apiKey, dailyQuota, eventsPerSecond, silencedDevices }
  const server = yield* VendorServer.make(amplitude.vendor(store, rules), options)
  return {
    ...server,
    apiKey,
    events: Effect.sync(() => [...store.received]),
    raw: Effect.sync(() => [...store.raw]),
    users: Effect.sync(() => structuredClone(store.users)),
    groups: Effect.sync(() => structuredClone(store.groups)),
    rejected: Effect.sync(() => [...store.rejected])
  }
})
