/**
 * Mixpanel's ingestion API on your machine. It responds as Mixpanel documents, keeps the records that Mixpanel would keep, and misbehaves on
 * demand.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Fault from "./Fault.ts"
import type { Event, Rejected, ServiceAccount, Store } from "./internal/mixpanel/model.ts"
import * as mixpanel from "./internal/mixpanel/vendor.ts"
import * as VendorServer from "./VendorServer.ts"

export type { Event, Rejected, ServiceAccount } from "./internal/mixpanel/model.ts"

/** The properties of a profile or of a group. */
export type Properties = Readonly<Record<string, any>>

/** The server's options. */
export interface Options extends VendorServer.Options {
  /** The project token. Default: "project-token". */
  readonly token?: string | undefined
  /** The service account. Default: "service-account" with "secret", of project "1". */
  readonly serviceAccount?: ServiceAccount | undefined
  /** The project's secret, for clients that do not know service accounts. Default: "project-secret". */
  readonly secret?: string | undefined
}

/** A running server. */
export interface MixpanelServer extends VendorServer.VendorServer {
  readonly token: string
  readonly serviceAccount: ServiceAccount
  readonly secret: string
  /** The events as a report shows them: of duplicates, the latest, at the position of the first. */
  readonly events: Effect.Effect<ReadonlyArray<Event>>
  /** The events as a raw export returns them: all, in the order of arrival. */
  readonly raw: Effect.Effect<ReadonlyArray<Event>>
  /** The profiles by distinct id. */
  readonly profiles: Effect.Effect<ReadonlyMap<string, Properties>>
  /** The groups by group key, and then by group id. */
  readonly groups: Effect.Effect<ReadonlyMap<string, ReadonlyMap<string, Properties>>>
  /** The profile and group updates that the server kept, in the order of arrival. */
  readonly updates: Effect.Effect<ReadonlyArray<Fault.Message>>
  /** The records that failed validation. */
  readonly rejected: Effect.Effect<ReadonlyArray<Rejected>>
}

/**
 * Starts a server on a free port, until the scope closes. It reads the time from the clock that it was started with.
 *
 * - `/import?strict=1` (Mixpanel, "Import Events"): a JSON array or ndjson, which may be gzipped. Basic authentication with the token or
 *   the project's secret and an empty password, or the service account and `project_id`; else 401. More than 2,000 events, or 10 MB
 *   before compression, are 413. An event that breaks a rule is named in a 400, and the others are kept: `event`, `time` (seconds or
 *   milliseconds; from 1971 to an hour ahead), `distinct_id` (or `$user_id`, or `$device_id`) and `$insert_id` are required, ids must not
 *   be on the list of banned values, fewer than 255 properties, keys and elements, at most 3 levels of objects and arrays, at most 8 KB
 *   an object or array ("Supported Properties Data Type"), less than 1 MB an event. `$merge`, `$identify` and `$create_alias` need
 *   their ids and the token alone ("Identity API"). Without `strict=1` the answer is that of `/track`, and the api_key may be in the query.
 * - Two events are one if `event`, `time`, `distinct_id` and `$insert_id` are the same ("Event Deduplication").
 * - `/track` ("Track Events"), `/engage` and `/groups` ("User Profiles", "Group Profiles"): one record or an array, as JSON, in a form's
 *   `data`, or by GET in the query's, also in Base64, as Mixpanel's own clients send it. 200 with `1` where at least one record is
 *   valid and `0` where none is, or with `verbose=1` `{status, error}`. At most 2,000 records. A valid record with another token is
 *   answered with `1` and is lost. All operations of an update are applied. A compressed update is not read.
 *
 * Where Mixpanel's documentation is silent, the server decides: it treats an event name of more than 255 bytes like a missing one, responds to
 * an invalid update with `strict=1` on `/engage` and `/groups` as `/import` does, refuses an event on `/track` that is older than five days, and
 * deletes a profile after the other operations of its update. An MB is 1,000,000 bytes, the smaller of the two readings.
 *
 * @example
 * ```ts
 * import { MixpanelServer } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * export const program = Effect.gen(function* () {
 *   const server = yield* MixpanelServer.make()
 *   const update = { $token: server.token, $distinct_id: "u1", $add: { Orders: 1 } }
 *   yield* Effect.promise(() =>
 *     fetch(`${server.url}/engage?ip=0`, {
 *       method: "POST",
 *       headers: { "content-type": "application/json" },
 *       body: JSON.stringify([update])
 *     })
 *   )
 *   return (yield* server.profiles).get("u1")
 * }).pipe(Effect.scoped)
 * ```
 */
export const make: (options?: Options) => Effect.Effect<MixpanelServer, never, Scope.Scope> = Effect.fn(
  "MixpanelServer.make"
)(function* (options: Options = {}) {
  const token = options.token ?? "project-token"
  const serviceAccount = options.serviceAccount ?? { username: "service-account", secret: "secret", projectId: "1" }
  const secret = options.secret ?? "project-secret"
  const store: Store = { raw: [], updates: [], rejected: [], profiles: new Map(), groups: new Map() }
  const server = yield* VendorServer.make(mixpanel.vendor(store, { token, secret, serviceAccount }), options)
  return {
    ...server,
    token,
    secret,
    serviceAccount,
    events: Effect.sync(() => mixpanel.deduplicated(store.raw)),
    raw: Effect.sync(() => [...store.raw]),
    profiles: Effect.sync(() => structuredClone(store.profiles)),
    groups: Effect.sync(() => structuredClone(store.groups)),
    updates: Effect.sync(() => [...store.updates]),
    rejected: Effect.sync(() => [...store.rejected])
  }
})
