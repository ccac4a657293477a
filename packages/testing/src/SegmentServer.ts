/**
 * Segment's HTTP API on your machine. It responds as Segment documents, keeps the messages that Segment would keep, and misbehaves on demand.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Fault from "./Fault.ts"
import * as segment from "./internal/segment/vendor.ts"
import type { Message, Rejected } from "./internal/segment/vendor.ts"
import * as VendorServer from "./VendorServer.ts"

export type { Message, Rejected } from "./internal/segment/vendor.ts"

/** The server's options. */
export interface Options extends VendorServer.Options {
  /** The write key whose messages the server keeps. Default: "write-key". */
  readonly writeKey?: string | undefined
}

/** A running server. */
export interface SegmentServer extends VendorServer.VendorServer<Fault.Common> {
  readonly writeKey: string
  /** The accepted messages, each id once, in the order of arrival. */
  readonly received: Effect.Effect<ReadonlyArray<Message>>
  /** The messages whose id had already arrived. */
  readonly duplicates: Effect.Effect<ReadonlyArray<Message>>
  /** The messages that the server did not keep despite a 200. */
  readonly rejected: Effect.Effect<ReadonlyArray<Rejected>>
}

/**
 * Starts a server on a free port, until the scope closes.
 *
 * - `POST /v1/batch`, and `/v1/track`, `identify`, `group`, `alias`, `page` and `screen` for single calls, as
 *   `application/json`, which may be gzipped. The write key comes in the body or as Basic authentication, with its colon.
 * - 400: no JSON, no write key, a message of more than 32 KB, a body of more than 500 KB before compression. A KB is 1,000
 *   bytes, the smaller of the two readings (Segment, "HTTP API", "Max request size").
 * - 200 with nothing kept: an unknown write key. 200 with the messages in `rejected`: more than 2,500 in a batch, no
 *   `userId` and no `anonymousId`, no `type` or another required field ("Segment Spec"), a `messageId` of 100 characters
 *   or more.
 * - A `messageId` that has come before is a duplicate ("Handling Duplicate Data"), and this server forgets none.
 *
 * Where Segment's documentation is silent, such as on the body of a 400, the server decides.
 *
 * @example
 * ```ts
 * import { SegmentServer } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * export const program = Effect.gen(function* () {
 *   const server = yield* SegmentServer.make()
 *   const message = { type: "track", event: "Order Updated", userId: "u1", messageId: "m1" }
 *   yield* Effect.promise(() =>
 *     fetch(`${server.url}/v1/batch`, {
 *       method: "POST",
 *       headers: { "content-type": "application/json" },
 *       body: JSON.stringify({ writeKey: server.writeKey, batch: [message] })
 *     })
 *   )
 *   return yield* server.received
 * }).pipe(Effect.scoped)
 * ```
 */
export const make: (options?: Options) => Effect.Effect<SegmentServer, never, Scope.Scope> = Effect.fn(
  "SegmentServer.make"
)(function* (options: Options = {}) {
  const writeKey = options.writeKey ?? "write-key"
  const store: segment.Store = { received: new Map(), duplicates: [], rejected: [] }
  const server = yield* VendorServer.make(segment.vendor(store, writeKey), options)
  return {
    ...server,
    writeKey,
    received: Effect.sync(() => [...store.received.values()]),
    duplicates: Effect.sync(() => [...store.duplicates]),
    rejected: Effect.sync(() => [...store.rejected])
  }
})
