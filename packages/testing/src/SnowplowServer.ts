/**
 * A Snowplow collector on your machine, and what Enrich makes of its events. It responds as Snowplow's source does, keeps the events, and
 * misbehaves on demand.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Fault from "./Fault.ts"
import * as snowplow from "./internal/snowplow/vendor.ts"
import type { Event, Failed, Validate } from "./internal/snowplow/vendor.ts"
import * as VendorServer from "./VendorServer.ts"

export type { Event, Failed, SelfDescribing, Validate } from "./internal/snowplow/vendor.ts"

/** The server's options. */
export interface Options extends VendorServer.Options {
  /** Checks events and entities, as Enrich does with the schemas of your Iglu registry. Default: accepts all. */
  readonly validate?: Validate | undefined
}

/** A running server. */
export interface SnowplowServer extends VendorServer.VendorServer<Fault.Common> {
  /** The events, each `eid` once, in the order of arrival. */
  readonly events: Effect.Effect<ReadonlyArray<Event>>
  /** The events whose `eid` had already arrived. */
  readonly duplicates: Effect.Effect<ReadonlyArray<Event>>
  /** The events that the collector accepted, and Enrich made failed events. */
  readonly failed: Effect.Effect<ReadonlyArray<Failed>>
}

/**
 * Starts a server on a free port, until the scope closes.
 *
 * - `POST /com.snowplowanalytics.snowplow/tp2` gets 200 `ok`, whatever is in it (stream-collector, `Service`). Other paths get 404.
 * - These become failed events: a request that is not JSON, or not a `payload_data` 1-0-4; a field that `payload_data` does not have, or that is no
 *   text; no `tv`, `p` or `e`; an `eid` that is no UUID; an event of more than 1 MB (`maxBytes`); a field longer than `atomic` allows; a
 *   self-describing event or entity without a schema, or one that `validate` refuses. `e` is `ue` or `pv`.
 * - An `eid` that has come before is a duplicate, which Snowplow's loaders and models remove later.
 *
 * @example
 * ```ts
 * import { SnowplowServer } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* SnowplowServer.make()
 *   const fields = { e: "pv", p: "srv", tv: "test-1", eid: "018f2d1c-0a3b-7c4d-8e5f-0123456789ab", url: "https://acme.com" }
 *   const schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
 *   yield* Effect.promise(() =>
 *     fetch(`${server.url}/com.snowplowanalytics.snowplow/tp2`, {
 *       method: "POST",
 *       headers: { "content-type": "application/json" },
 *       body: JSON.stringify({ schema, data: [fields] })
 *     })
 *   )
 *   console.log((yield* server.events).map((event) => event.fields["url"])) // [ "https://acme.com" ]
 * })
 * await Effect.runPromise(Effect.scoped(program))
 * ```
 */
export const make: (options?: Options) => Effect.Effect<SnowplowServer, never, Scope.Scope> = Effect.fn(
  "SnowplowServer.make"
)(function* (options: Options = {}) {
  const store: snowplow.Store = { events: new Map(), duplicates: [], failed: [] }
  const server = yield* VendorServer.make(snowplow.vendor(store, options.validate ?? (() => undefined)), options)
  return {
    ...server,
    events: Effect.sync(() => [...store.events.values()]),
    duplicates: Effect.sync(() => [...store.duplicates]),
    failed: Effect.sync(() => [...store.failed])
  }
})
