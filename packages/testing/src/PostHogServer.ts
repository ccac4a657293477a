/**
 * PostHog's capture API on your machine. It responds as PostHog does, keeps the events that PostHog would keep, and misbehaves on demand.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Dropped, Event } from "./internal/posthog/model.ts"
import { Persons } from "./internal/posthog/persons.ts"
import * as posthog from "./internal/posthog/vendor.ts"
import * as VendorServer from "./VendorServer.ts"

export type { Dropped, Event } from "./internal/posthog/model.ts"

/** The properties of a person or of a group. */
export type Properties = Readonly<Record<string, any>>

/** The server's options. */
export interface Options extends VendorServer.Options {
  /** The project key whose events the server keeps. Default: "phc_project". */
  readonly projectKey?: string | undefined
}

/** A running server. */
export interface PostHogServer extends VendorServer.VendorServer {
  readonly projectKey: string
  /** The events as a report shows them: of duplicates, the latest, at the position of the first. */
  readonly events: Effect.Effect<ReadonlyArray<Event>>
  /** All kept events, in the order of arrival. */
  readonly raw: Effect.Effect<ReadonlyArray<Event>>
  /** The events that the server did not keep, although it answered 200. */
  readonly dropped: Effect.Effect<ReadonlyArray<Dropped>>
  /** The properties of each person, by each of the person's distinct ids. */
  readonly persons: Effect.Effect<ReadonlyMap<string, Properties>>
  /** The properties of groups, by group type, and then by group key. */
  readonly groups: Effect.Effect<ReadonlyMap<string, ReadonlyMap<string, Properties>>>
}

/**
 * Starts a server on a free port, until the scope closes. The rules come from the source of PostHog's ingestion (PostHog/posthog,
 * `rust/capture` and `nodejs/src/ingestion`) and its page "Capture and batch API endpoints".
 *
 * - `POST /i/v1/analytics/events`, the per-event API. All its headers are required (400), the key as a bearer token (401), JSON (415), which may
 *   be gzipped, at most 10 MB as sent (413). A missing, invalid or repeated `uuid`, or a field of another type, is a 400 for the whole request.
 *   Otherwise 200 with a result for each `uuid`: `drop` for a name or a `distinct_id` that is empty or longer than 200 bytes, a `timestamp` that is
 *   not RFC 3339, properties that are not an object, an event of more than 1 MB, and an event that `Fault.partial` picks; and `ok` for all others.
 * - `POST /batch/`: the key in the body. 400, as text, for the whole request if one event is invalid; 413 for more than 20 MB. It cuts a
 *   `distinct_id` after 200 characters, and drops an event of more than 1 MB, without saying so.
 * - Both accept events with an unknown key, and lose them. A time of more than 23 hours ahead becomes the time of arrival.
 * - `$identify` with `$anon_distinct_id`, and `$create_alias`, make two ids one person, unless the other id is an identified person already.
 *   `$set`, `$set_once` and `$unset` of any event change the person, and `$groupidentify` a group. An event with `$process_person_profile: false`
 *   or an id such as "anonymous" changes nobody.
 *
 * An MB is 1,000,000 bytes, the smaller of the two readings. The server does not correct times by the client's clock.
 *
 * @example
 * ```ts
 * import { PostHogServer } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * export const program = Effect.gen(function* () {
 *   const server = yield* PostHogServer.make()
 *   const batch = [{ event: "Order Updated", distinct_id: "u1", properties: { $set: { plan: "pro" } } }]
 *   yield* Effect.promise(() =>
 *     fetch(`${server.url}/batch/`, { method: "POST", body: JSON.stringify({ api_key: server.projectKey, batch }) })
 *   )
 *   return (yield* server.persons).get("u1")
 * }).pipe(Effect.scoped)
 * ```
 */
export const make: (options?: Options) => Effect.Effect<PostHogServer, never, Scope.Scope> = Effect.fn(
  "PostHogServer.make"
)(function* (options: Options = {}) {
  const projectKey = options.projectKey ?? "phc_project"
  const store: posthog.Store = { raw: [], dropped: [], persons: new Persons() }
  const server = yield* VendorServer.make(posthog.vendor(store, projectKey), options)
  return {
    ...server,
    projectKey,
    events: Effect.sync(() => posthog.deduplicated(store.raw)),
    raw: Effect.sync(() => [...store.raw]),
    dropped: Effect.sync(() => [...store.dropped]),
    persons: Effect.sync(
      () => new Map(Array.from(store.persons.byId, ([id, { properties }]) => [id, structuredClone(properties)]))
    ),
    groups: Effect.sync(() => structuredClone(store.persons.groups))
  }
})
