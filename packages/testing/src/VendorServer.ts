/**
 * A server on your machine that stands in for a vendor. It responds as the vendor documents, keeps the requests, and misbehaves on demand.
 * `SegmentServer` and `MixpanelServer` use `VendorServer.make`, and you can use it for your own sink.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as internal from "./internal/server/make.ts"
import * as text from "./internal/server/json.ts"
import type { Answer, Options, Request, Vendor, VendorServer } from "./internal/server/model.ts"
import * as request from "./internal/server/request.ts"

export type { Answer, Batch, Options, Request, Vendor, VendorServer } from "./internal/server/model.ts"

/**
 * Starts a vendor server on a free port, until the scope closes.
 *
 * You write how the vendor reads a request: `read` returns the messages in it and how to keep them, or a response that refuses it. The
 * server adds `limits`, every `Fault`, and the record of requests. If your function throws, the server logs the error and responds with
 * 500.
 *
 * @example
 * ```ts
 * import { Fault, VendorServer } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * const events: Array<Fault.Message> = []
 * const warehouse: VendorServer.Vendor = {
 *   limits: { messages: 500, bytes: 1_000_000 },
 *   read: ({ body, path }) => {
 *     if (path !== "/events") return VendorServer.json(404, { error: "no such path" })
 *     if (!Array.isArray(body)) return VendorServer.json(400, { error: "not a list of events" })
 *     return {
 *       messages: body,
 *       commit: () => {
 *         events.push(...body)
 *         return VendorServer.json(200, { taken: body.length })
 *       }
 *     }
 *   }
 * }
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* VendorServer.make(warehouse)
 *   yield* server.misbehave([[Fault.status(503), 1]])
 *   const post = () => fetch(`${server.url}/events`, { method: "POST", body: `[{"id":"m1"}]` })
 *   console.log((yield* Effect.promise(post)).status, events.length) // 503 0
 *   console.log((yield* Effect.promise(post)).status, events.length) // 200 1
 * })
 * await Effect.runPromise(Effect.scoped(program))
 * ```
 */
export const make: (vendor: Vendor, options?: Options) => Effect.Effect<VendorServer, never, Scope.Scope> =
  internal.make

/** A response whose body is JSON. */
export const json: (status: number, body: unknown) => Answer = text.json

/** The user and the password of a request's Basic authentication, or undefined if it has none. */
export const basic: (request: Request) => readonly [user: string, password: string] | undefined = request.basic

/** The media type of a request's body, in lower case and without parameters: `application/json`. */
export const mediaType: (request: Request) => string = request.mediaType
