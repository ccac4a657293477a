/**
 * The ways in which a vendor's server misbehaves. Each is a plain value; `misbehave` of a server says when it holds.
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

/** A message, an event or a profile update, as it came over the wire. */
export type Message = Readonly<Record<string, any>>

/** The server behaves as documented. */
export interface None {
  readonly _tag: "None"
}
/** An answer instead of the vendor's own; nothing is kept of the request. `body` is the vendor's own unless given. */
export interface Status {
  readonly _tag: "Status"
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}
/** A connection that is destroyed. */
export interface Reset {
  readonly _tag: "Reset"
  readonly when: "before" | "during" | "after"
}
/** No answer. */
export interface Hang {
  readonly _tag: "Hang"
}
/** An answer that takes a second for each byte. */
export interface Slow {
  readonly _tag: "Slow"
}
/** A 200 whose body is no JSON. */
export interface Malformed {
  readonly _tag: "Malformed"
}
/** A 200 whose body says no. */
export interface ErrorBody {
  readonly _tag: "ErrorBody"
  readonly body: unknown
}
/** An answer that ends too soon. */
export interface Cut {
  readonly _tag: "Cut"
}
/** An answer that comes late. */
export interface Delay {
  readonly _tag: "Delay"
  readonly duration: Duration.Duration
}
/** A message that a whole batch is refused for. */
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

/** A way to misbehave that any vendor's server knows. */
export type Common = None | Status | Reset | Hang | Slow | Malformed | ErrorBody | Cut | Delay | Poison | TooLarge
/** A way to misbehave. `Partial` is Mixpanel's alone: Segment never says which message it refuses. */
export type Fault = Common | Partial

/** What is known of a request before its body is read. `index` counts from 0 since the server was told to misbehave. */
export interface Head {
  readonly index: number
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

/**
 * When a server misbehaves: faults one after the other, each for so many requests, and then never again; or a function of
 * the request's head, for as long as it is not replaced.
 */
export type Plan<F extends Fault = Fault> =
  | ReadonlyArray<readonly [fault: F, times: number]>
  | ((head: Head) => F | undefined)

/** No fault: leaves room between others in a plan. */
export const none: None = { _tag: "None" }

/**
 * Answers with a status, and keeps nothing. `body` is sent as it is where it is a string, else as JSON; without it comes
 * the body that the vendor documents for this status.
 */
export const status = (
  code: number,
  options?: { readonly headers?: Readonly<Record<string, string>> | undefined; readonly body?: unknown }
): Status => ({ _tag: "Status", code, headers: options?.headers ?? {}, body: options?.body })

/**
 * Answers with a status and says when to come back: in so many seconds, which comes in `Retry-After` and
 * `X-RateLimit-Reset` (Segment, "HTTP API", "Rate limits"); at a date, which comes in `Retry-After` alone; or not at all.
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
 * Destroys the connection: before the body is read, in the middle of reading it, or after the request was processed and
 * what it brought is kept, but before the answer.
 */
export const reset = (when: "before" | "during" | "after"): Reset => ({ _tag: "Reset", when })

/** Reads the request, keeps nothing and never answers. */
export const hang: Hang = { _tag: "Hang" }

/** Processes the request and sends the answer's body at one byte a second, by the clock that `make` was run with. */
export const slow: Slow = { _tag: "Slow" }

/** Processes the request and answers 200 with a body that is no JSON. */
export const malformed: Malformed = { _tag: "Malformed" }

/**
 * Answers 200 with a body that says no, and keeps nothing. The body is sent as it is where it is a string, else as JSON;
 * without it comes what the vendor's own refusal would say.
 */
export const errorBody = (body?: unknown): ErrorBody => ({ _tag: "ErrorBody", body })

/** Answers 302 (or another status) to another place, and keeps nothing. */
export const redirect = (location: string, code = 302): Status => status(code, { headers: { location }, body: "" })

/** Processes the request, announces the whole answer, sends half of it and closes the connection. */
export const cut: Cut = { _tag: "Cut" }

/** Waits after reading the request, by the clock that `make` was run with, then behaves. A number is milliseconds. */
export const delay = (duration: Duration.Input): Delay => ({
  _tag: "Delay",
  duration: Duration.fromInputUnsafe(duration)
})

/** Answers 400 to every batch with such a message in it, without saying which, and keeps nothing of it. */
export const poison = (predicate: (message: Message) => boolean): Poison => ({ _tag: "Poison", predicate })

/** Answers 413 to every batch of more than so many messages, and keeps nothing of it. */
export const tooLarge = (messages: number): TooLarge => ({ _tag: "TooLarge", messages })

/** Refuses such records one by one, as though they had failed Mixpanel's validation, and takes the others. */
export const partial = (predicate: (message: Message) => boolean): Partial => ({ _tag: "Partial", predicate })
