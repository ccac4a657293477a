/**
 * What the vendors' servers have in common: an address on this machine, the requests that came, and how they misbehave.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import type * as Fault from "./Fault.ts"

/** A request that a server has read, or has broken off by a fault. */
export interface Request {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, decompressed; empty where it could not be, or was not read. */
  readonly text: string
  /** The body as JSON, or undefined where it is none. */
  readonly body: unknown
  /** The bytes of the body as they came over the wire. */
  readonly bytes: number
  /** The status of the answer, or undefined where there was none, or none yet. */
  readonly status: number | undefined
}

/** How a server is reached. */
export interface Options {
  /** HTTPS, with a certificate that the server signed itself, so that a client that verifies refuses it. */
  readonly tls?: boolean | undefined
}

/** A server on this machine that answers as a vendor documents. */
export interface VendorServer<F extends Fault.Fault = Fault.Fault> {
  /** Its origin, without a slash at the end: `http://127.0.0.1:49152`. */
  readonly url: string
  /** The requests so far, in the order in which they were read. */
  readonly requests: Effect.Effect<ReadonlyArray<Request>>
  /** Waits until so many requests have been read, whether or not they are answered. */
  readonly awaitRequests: (count: number) => Effect.Effect<ReadonlyArray<Request>>
  /** Forgets what has come, also for telling duplicates. A plan to misbehave goes on. */
  readonly clear: Effect.Effect<void>
  /** Misbehaves from the next request on. The plan replaces the one before it; an empty one makes the server behave. */
  readonly misbehave: (plan: Fault.Plan<F>) => Effect.Effect<void>
}
