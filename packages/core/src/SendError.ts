/**
 * Why a destination did not accept a batch. A sink's `send` fails with one of these, and `EventSink.retried` handles it.
 *
 * @module
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Outcome } from "./Receipt.ts"

/**
 * The outcomes that a sink already knows, in the order of the batch: these messages are done, and are not retried. The error applies to the
 * others.
 */
const outcomes = Schema.optionalKey(Schema.Array(Schema.UndefinedOr(Outcome)))

/** The destination does not respond, or cannot accept messages now. It may or may not have the batch. `retryAfter` is in milliseconds. */
export class Unavailable extends Schema.TaggedError<Unavailable>("@trackmap/core/SendError/Unavailable")(
  "Unavailable",
  {
    reason: Schema.String,
    retryAfter: Schema.optionalKey(Schema.Finite),
    outcomes
  }
) {
  override get message(): string {
    return this.reason
  }
}
/** The batch is larger than the destination accepts. */
export class TooLarge extends Schema.TaggedError<TooLarge>("@trackmap/core/SendError/TooLarge")("TooLarge", {
  reason: Schema.String,
  outcomes
}) {
  override get message(): string {
    return this.reason
  }
}
/** The destination refuses the whole batch because of a message that it does not name. */
export class Refused extends Schema.TaggedError<Refused>("@trackmap/core/SendError/Refused")("Refused", {
  reason: Schema.String,
  outcomes
}) {
  override get message(): string {
    return this.reason
  }
}
/** The destination refuses this sink's key or address. It will accept no message until you fix the setting. */
export class Misconfigured extends Schema.TaggedError<Misconfigured>("@trackmap/core/SendError/Misconfigured")(
  "Misconfigured",
  { reason: Schema.String }
) {
  override get message(): string {
    return this.reason
  }
}
/** `Unavailable`, with a wait in milliseconds if it is known. */
export const unavailable = (reason: string, retryAfter?: number): Unavailable =>
  new Unavailable(retryAfter === undefined ? { reason } : { reason, retryAfter })

/** The error of a response from something other than the destination, such as a proxy: its status is a success, but its body is not the vendor's. */
export const foreignBody = ({ status }: Pick<HttpResponse, "status">, vendor: string): Unavailable =>
  unavailable(`status ${status} with a body that is not ${vendor}'s`)

/**
 * Fails with `Misconfigured`, whose reason lists the problems, or succeeds if there are none: for a sink that opens.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt, SendError } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * export const warehouse = (table: string) =>
 *   EventSink.make({
 *     name: "warehouse",
 *     open: () =>
 *       Effect.as(
 *         SendError.misconfigured([/^\w+$/.test(table) ? undefined : "the table's name has other characters than letters"]),
 *         (batch: EventSink.Batch) => Effect.succeed(batch.all(Receipt.delivered))
 *       )
 *   })
 * ```
 */
export const misconfigured = (problems: Iterable<string | undefined>): Effect.Effect<void, Misconfigured> => {
  const reasons = [...problems].filter((problem) => problem !== undefined)
  return reasons.length === 0 ? Effect.void : Effect.fail(new Misconfigured({ reason: reasons.join("; ") }))
}

/** Why a batch was not accepted. */
export type SendError = Unavailable | TooLarge | Refused | Misconfigured

/**
 * The same error, with the already known outcomes of its batch's messages, in their order. The messages without an outcome are
 * retried. `Misconfigured` stays as it is, since the sink can deliver none of them.
 *
 * @example
 * ```ts
 * import { Receipt, SendError } from "@trackmap/core"
 *
 * const error = SendError.withOutcomes(new SendError.Unavailable({ reason: "status 503" }), [Receipt.delivered, undefined])
 * console.log(error._tag === "Unavailable" && error.outcomes?.length) // 2
 * ```
 */
export const withOutcomes = (error: SendError, outcomes: ReadonlyArray<Outcome | undefined>): SendError => {
  const { reason } = error
  switch (error._tag) {
    case "Unavailable": {
      const { retryAfter } = error
      return new Unavailable(retryAfter === undefined ? { reason, outcomes } : { reason, retryAfter, outcomes })
    }
    case "TooLarge":
      return new TooLarge({ reason, outcomes })
    case "Refused":
      return new Refused({ reason, outcomes })
    case "Misconfigured":
      return error
  }
}

/** The parts of an HTTP response that `fromResponse` reads. fetch's `Response` has them, and so does that of Effect's HTTP client. */
export interface HttpResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null } | Readonly<Record<string, string | undefined>>
  /** The byte limit at which `HttpTransport` has cut the body, if it has. */
  readonly truncatedAt?: number | undefined
}

/** @deprecated The same as `HttpResponse`. */
export type HttpAnswer = HttpResponse

/**
 * Interprets the status of an HTTP response, for destinations that document nothing else: undefined for a 2xx, otherwise (RFC 9110, "Status
 * Codes") `Refused` for 400 and 422; `TooLarge` for 413; `Unavailable` for 408, 425, 429, every 5xx and a redirect, which no sink should
 * follow, with the wait of `Retry-After`; `Misconfigured` for all others. The reason contains the status, but nothing of the body.
 *
 * @example
 * ```ts
 * import { EventSink, Message, Receipt, SendError } from "@trackmap/core"
 *
 * export const warehouse = EventSink.make({
 *   name: "warehouse",
 *   send: async (batch, { signal }) => {
 *     const body = `[${batch.map(Message.toJson).join(",")}]`
 *     const response = await fetch("https://warehouse.example/events", { method: "POST", body, redirect: "manual", signal })
 *     await response.text()
 *     const failure = SendError.fromResponse(response)
 *     if (failure !== undefined) throw failure
 *     return batch.map(() => Receipt.delivered)
 *   }
 * }).pipe(EventSink.retried())
 * ```
 */
export const fromResponse = (
  { headers, status, truncatedAt }: HttpResponse,
  now: number = Date.now()
): SendError | undefined => {
  if (status >= 200 && status < 300) return undefined
  // A browser returns the status 0 for a redirect that it does not follow.
  if (status === 0 || (status >= 300 && status < 400)) {
    return new Unavailable({ reason: `a redirect (status ${status}), which the sink does not follow` })
  }
  const reason = `status ${status}${truncatedAt === undefined ? "" : `, with a body of more than ${truncatedAt} bytes`}`
  if (status === 400 || status === 422) return new Refused({ reason })
  if (status === 413) return new TooLarge({ reason })
  if (status !== 408 && status !== 425 && status !== 429 && status < 500) return new Misconfigured({ reason })
  const asked = "get" in headers && typeof headers.get === "function" ? headers.get("retry-after") : read(headers)
  return unavailable(reason, parseRetryAfter(asked ?? undefined, now))
}

const read = (headers: object): string | undefined => (headers as Readonly<Record<string, string>>)["retry-after"]

/**
 * The wait of a `Retry-After` or an `X-RateLimit-Reset`, in milliseconds: a number of seconds or a date (RFC 9110, "Retry-After"), or a time
 * since 1970 in seconds or milliseconds, which some vendors send. A time in the past is a wait of 0. Anything else is undefined, including a
 * wait of more than 30 years.
 *
 * @example
 * ```ts
 * import { SendError } from "@trackmap/core"
 *
 * const now = Date.parse("2026-01-01T00:00:00Z")
 * console.log(SendError.parseRetryAfter("7", now)) // 7000
 * console.log(SendError.parseRetryAfter("1767225660", now)) // 60000
 * console.log(SendError.parseRetryAfter("soon", now)) // undefined
 * ```
 */
export const parseRetryAfter = (value: string | undefined, now: number = Date.now()): number | undefined => {
  const text = (value ?? "").trim()
  const wait = /^\d+$/.test(text) ? waitOf(Number(text), now) : untilDate(text, now)
  return wait === undefined || wait < mostSeconds * 1_000 ? wait : undefined
}

/** About 30 years. A larger number of seconds can only be a time since 1970. */
const mostSeconds = 1_000_000_000

const waitOf = (given: number, now: number): number => {
  if (given < mostSeconds) return given * 1_000
  const isMillis = given >= 100 * mostSeconds
  return Math.max(0, (isMillis ? given : given * 1_000) - now)
}

const untilDate = (text: string, now: number): number | undefined => {
  const parsed = Headers.parseRetryAfter(text)
  return Result.isSuccess(parsed) ? Duration.toMillis(Headers.retryAfterDelay(parsed.success, now)) : undefined
}
