import type { EventSink } from "@trackmap/core"
import type * as Effect from "effect/Effect"
import type * as Fault from "../../Fault.ts"

/** A request that a server has read, or has broken off by a fault. */
export interface Request {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, decompressed. Empty if it was not read, or if its encoding is neither identity nor gzip. */
  readonly text: string
  /** The body as JSON, or undefined if it is not JSON. */
  readonly body: unknown
  /** The bytes of the body as they came over the wire. */
  readonly bytes: number
  /** The bytes of the decompressed body. */
  readonly size: number
  /** When it was read, in milliseconds since 1970, by the clock that the server was started with. */
  readonly at: number
  /** The status of the answer, or undefined if there was none, or none yet. */
  readonly status: number | undefined
}

/** An HTTP answer. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body: string
}

/** The messages that one request brings. */
export interface Batch {
  /** Every message as it came over the wire: `Fault.poison`, `Fault.tooLarge` and the limits look at these. */
  readonly messages: ReadonlyArray<Fault.Message>
  /**
   * Keeps the messages and gives the answer. A vendor that can refuse single messages refuses those that `refuses` picks
   * (`Fault.partial`) and keeps the others.
   */
  readonly commit: (refuses: (message: Fault.Message) => boolean) => Answer
}

/** How one vendor behaves: everything that its stand-in server does not share with the others. */
export interface Vendor {
  /** Understands a request, or answers it at once. It keeps nothing itself, because a fault can still refuse the batch. */
  readonly read: (request: Request) => Batch | Answer
  /**
   * The most that the vendor takes at once, as in a sink's own limits: what exceeds them is answered with `refusal(413)`.
   * Default: no limits. `bytes` are those of the decompressed body.
   */
  readonly limits?: Partial<EventSink.Limits> | undefined
  /** How the vendor answers with an error status. Default: the status's name, as JSON. */
  readonly refusal?: ((status: number, request: Request) => Answer) | undefined
  /** How the vendor says no in the body of a 200. Default: what it says in a 400. */
  readonly denial?: ((request: Request) => Answer) | undefined
  /** Forgets what `commit` has kept. */
  readonly clear?: (() => void) | undefined
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
  /** Forgets the requests and what the vendor has kept. A plan to misbehave goes on. */
  readonly clear: Effect.Effect<void>
  /** Misbehaves from the next request on. The plan replaces the one before it; an empty one makes the server behave. */
  readonly misbehave: (plan: Fault.Plan<F>) => Effect.Effect<void>
}
