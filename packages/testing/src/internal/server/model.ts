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
  /** The number of bytes of the body as received. */
  readonly bytes: number
  /** The bytes of the decompressed body. */
  readonly size: number
  /** When it was read, in milliseconds since 1970, by the clock that the server was started with. */
  readonly at: number
  /** The status of the response, or undefined if there was none, or none yet. */
  readonly status: number | undefined
}

/** An HTTP response. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body: string
}

/** The messages of one request. */
export interface Batch {
  /** Every message as received: `Fault.poison`, `Fault.tooLarge` and the limits check these. */
  readonly messages: ReadonlyArray<Fault.Message>
  /**
   * Keeps the messages and returns the response. A vendor that can refuse single messages refuses those that `refuses` picks
   * (`Fault.partial`) and keeps the others.
   */
  readonly commit: (refuses: (message: Fault.Message) => boolean) => Answer
}

/** How one vendor behaves: everything that its stand-in server does not share with the others. */
export interface Vendor {
  /** Reads a request, or returns a response at once. It keeps nothing itself, because a fault can still refuse the batch. */
  readonly read: (request: Request) => Batch | Answer
  /**
   * The vendor's limits for one request, like a sink's own limits. The server responds to larger requests with `refusal(413)`.
   * Default: no limits. `bytes` are those of the decompressed body.
   */
  readonly limits?: Partial<EventSink.Limits> | undefined
  /** The vendor's response with an error status. Default: the status's name, as JSON. */
  readonly refusal?: ((status: number, request: Request) => Answer) | undefined
  /** The vendor's error in the body of a 200. Default: the body of its 400. */
  readonly denial?: ((request: Request) => Answer) | undefined
  /** Forgets the messages that `commit` has kept. */
  readonly clear?: (() => void) | undefined
}

/** How clients reach a server. */
export interface Options {
  /** HTTPS, with a certificate that the server signed itself, so that a client that verifies refuses it. */
  readonly tls?: boolean | undefined
}

/** A server on this machine that responds as a vendor documents. */
export interface VendorServer<F extends Fault.Fault = Fault.Fault> {
  /** Its origin, without a slash at the end: `http://127.0.0.1:49152`. */
  readonly url: string
  /** The requests so far, in the order in which they were read. */
  readonly requests: Effect.Effect<ReadonlyArray<Request>>
  /** Waits until the server has read this many requests, whether or not it has responded. */
  readonly awaitRequests: (count: number) => Effect.Effect<ReadonlyArray<Request>>
  /** Forgets the requests and the kept messages. A plan to misbehave continues. */
  readonly clear: Effect.Effect<void>
  /** Misbehaves from the next request on. The plan replaces the one before it; an empty one makes the server behave. */
  readonly misbehave: (plan: Fault.Plan<F>) => Effect.Effect<void>
}
