/**
 * Google's Measurement Protocol for web streams, on your machine. It responds as Google documents, keeps the events that Google would keep, and
 * misbehaves on demand.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Fault from "./Fault.ts"
import * as ga4 from "./internal/ga4/vendor.ts"
import type { Event, Ignored } from "./internal/ga4/vendor.ts"
import * as VendorServer from "./VendorServer.ts"

export type { Event, Ignored } from "./internal/ga4/vendor.ts"

/** The server's options. */
export interface Options extends VendorServer.Options {
  /** Default: "G-TEST". */
  readonly measurementId?: string | undefined
  /** Default: "api-secret". */
  readonly apiSecret?: string | undefined
}

/** A running server. */
export interface GA4Server extends VendorServer.VendorServer<Fault.Common> {
  readonly measurementId: string
  readonly apiSecret: string
  /** The events, in the order of arrival. Google keeps those that arrive twice. */
  readonly events: Effect.Effect<ReadonlyArray<Event>>
  /** What Google would ignore without saying so. */
  readonly ignored: Effect.Effect<ReadonlyArray<Ignored>>
  /** The user properties by client id. */
  readonly userProperties: Effect.Effect<ReadonlyMap<string, Readonly<Record<string, any>>>>
}

/**
 * Starts a server on a free port, until the scope closes.
 *
 * - `POST /mp/collect` gets 204, whatever is in it ("Measurement Protocol reference", "Response codes"). `ignored` has the requests and the parts that
 *   Google would not process: a wrong id or secret, no `client_id`, no events or more than 25, 130 kB or more; names and values beyond the limits,
 *   reserved names, parameters after the 25th, and lists and objects other than `items`.
 * - An event of more than 72 hours ago gets a time of 72 hours ago.
 * - `POST /debug/mp/collect` stores nothing and returns `validationMessages` ("Validate events"). It does not check the id and the secret.
 *
 * Where Google's documentation is silent, such as on the field path of a parameter, the server decides.
 *
 * @example
 * ```ts
 * import { GA4Server } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* GA4Server.make()
 *   const query = `measurement_id=${server.measurementId}&api_secret=${server.apiSecret}`
 *   const body = JSON.stringify({ client_id: "1.2", events: [{ name: "login" }, { name: "session_start" }] })
 *   yield* Effect.promise(() => fetch(`${server.url}/mp/collect?${query}`, { method: "POST", body }))
 *   console.log((yield* server.events).map(({ name }) => name)) // [ "login" ]
 *   console.log(yield* server.ignored) // [ { reason: "NAME_RESERVED", what: "session_start" } ]
 * })
 * await Effect.runPromise(Effect.scoped(program))
 * ```
 */
export const make: (options?: Options) => Effect.Effect<GA4Server, never, Scope.Scope> = Effect.fn("GA4Server.make")(
  function* (options: Options = {}) {
    const { apiSecret = "api-secret", measurementId = "G-TEST" } = options
    const store: ga4.Store = { events: [], ignored: [], userProperties: new Map() }
    const server = yield* VendorServer.make(ga4.vendor(store, { apiSecret, measurementId }), options)
    return {
      ...server,
      measurementId,
      apiSecret,
      events: Effect.sync(() => [...store.events]),
      ignored: Effect.sync(() => [...store.ignored]),
      userProperties: Effect.sync(() => new Map(store.userProperties))
    }
  }
)
