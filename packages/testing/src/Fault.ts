/**
 * The ways in which a vendor server misbehaves. Each is a plain value; pass it to a server's `misbehave`.
 *
 * @example
 * ```ts
 * import { Fault, SegmentServer } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * export const program = Effect.gen(function* () {
 *   const server = yield* SegmentServer.make()
 *   yield* server.misbehave([
 *     [Fault.retryAfter(429, 2), 3],
 *     [Fault.reset("after"), 1]
 *   ])
 * })
 * ```
 *
 * @module
 */
import * as Duration from "effect/Duration"

/** A message, an event or a profile update, as received. */
export type Message = Readonly<Record<string, any>>

/** The server behaves as documented. */
export interface None {
  readonly _tag: "None"
}
/** A response instead of the vendor's. The server keeps nothing of the request. Default `body`: the vendor's. */
export interface Status {
  readonly _tag: "Status"
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}
/** A broken connection. */
export interface Reset {
  readonly _tag: "Reset"
  readonly when: "before" | "during" | "after"
}
/** No response. */
export interface Hang {
  readonly _tag: "Hang"
}
/** A response at one byte per second. */
export interface Slow {
  readonly _tag: "Slow"
}
/** A 200 whose body is not JSON. */
export interface Malformed {
  readonly _tag: "Malformed"
}
/** A 200 whose body reports an error. */
export interface ErrorBody {
  readonly _tag: "ErrorBody"
  readonly body: unknown
}
/** A response that ends too early. */
export interface Cut {
  readonly _tag: "Cut"
}
/** A late response. */
export interface Delay {
  readonly _tag: "Delay"
  readonly duration: Duration.Duration
}
/** A message that makes the server refuse its whole batch. */
export interface Poison {
  readonly _tag: "Poison"
  readonly predicate: (message: Message) => boolean
}
/** A limit on a batch. */
export interface TooLarge {
  readonly _tag: "TooLarge"
  readonly messages: number
}
/** Records that are refused one by one. */
export interface Partial {
  readonly _tag: "Partial"
  readonly predicate: (message: Message) => boolean
}

/** A fault that every vendor server supports. */
export type Common = None | Status | Reset | Hang | Slow | Malformed | ErrorBody | Cut | Delay | Poison | TooLarge
/** A fault. Not every vendor supports `Partial`: Segment never says which message it refuses. */
export type Fault = Common | Partial

/** A request before its body is read. `index` counts from 0 since the call of `misbehave`. */
export interface Head {
  readonly index: number
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

/**
 * When a server misbehaves: a list of faults, each with its number of requests, after which the server behaves; or a function of the
 * request's head, which applies until you replace it.
 */
export type Plan<F extends Fault = Fault> =
  | ReadonlyArray<readonly [fault: F, times: number]>
  | ((head: Head) => F | undefined)

/** No fault: a pause between others in a plan. */
export const none: None = { _tag: "None" }

/**
 * Responds with a status, and keeps nothing. Sends `body` unchanged if it is a string, otherwise as JSON. Default: the body that the vendor
 * documents for this status.
 */
export const status = (
  code: number,
  options?: { readonly headers?: Readonly<Record<string, string>> | undefined; readonly body?: unknown }
): Status => ({ _tag: "Status", code, headers: options?.headers ?? {}, body: options?.body })

/**
 * Responds with a status and a time to retry: a number of seconds, in `Retry-After` and `X-RateLimit-Reset` (Segment, "HTTP API", "Rate
 * limits"); a date, in `Retry-After` only; or none.
 */
export const retryAfter = (code: number, wait?: number | Date): Status =>
  status(code, {
    headers:
      wait === undefined
        ? {}
        : typeof wait === "number"
          ? { "retry-after": String(wait), "x-ratelimit-reset": String(wait) }
          : { "retry-after": wait.toUTCString() }
  })

/**
 * Breaks the connection: before it reads the body, in the middle of the body, or after it has processed the request and kept its messages,
 * but before it responds.
 */
export const reset = (when: "before" | "during" | "after"): Reset => ({ _tag: "Reset", when })

/** Reads the request, keeps nothing and never responds. */
export const hang: Hang = { _tag: "Hang" }

/** Processes the request and sends the response's body at one byte per second, on the clock that `make` ran with. */
export const slow: Slow = { _tag: "Slow" }

/** Processes the request and responds 200 with a body that is not JSON. */
export const malformed: Malformed = { _tag: "Malformed" }

/**
 * Responds 200 with a body that reports an error, and keeps nothing. Sends the body unchanged if it is a string, otherwise as JSON.
 * Default: the body of the vendor's own refusal.
 */
export const errorBody = (body?: unknown): ErrorBody => ({ _tag: "ErrorBody", body })

/** Redirects with 302 (or another status), and keeps nothing. */
export const redirect = (location: string, code = 302): Status => status(code, { headers: { location }, body: "" })

/** Processes the request, announces the whole response, sends half of it and closes the connection. */
export const cut: Cut = { _tag: "Cut" }

/** Reads the request, waits on the clock that `make` ran with, and then behaves. A number is milliseconds. */
export const delay = (duration: Duration.Input): Delay => ({
  _tag: "Delay",
  duration: Duration.fromInputUnsafe(duration)
})

/** Responds 400 to every batch that contains such a message, without naming it, and keeps nothing of the batch. */
export const poison = (predicate: (message: Message) => boolean): Poison => ({ _tag: "Poison", predicate })

/** Responds 413 to every batch of more than this many messages, and keeps nothing of it. */
export const tooLarge = (messages: number): TooLarge => ({ _tag: "TooLarge", messages })

/** Refuses each such record, as if it had failed the vendor's validation, and accepts the others. */
export const partial = (predicate: (message: Message) => boolean): Partial => ({ _tag: "Partial", predicate })
