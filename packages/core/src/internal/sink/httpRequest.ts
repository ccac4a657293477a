import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpTransport from "../../HttpTransport.ts"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import * as SendError from "../../SendError.ts"
import { describe, nameOf } from "../base/fault.ts"
import { comesLater } from "../base/userFunction.ts"
import { lend } from "./batch.ts"
import type { Body, Endpoint, Headers } from "./httpEndpoint.ts"
import type { Batch, Limits } from "./model.ts"
import { inSpan } from "./requestSpan.ts"
import type { Verdict, Verdicts } from "./verdict.ts"

/** The batch that a response is for, and the time of the response in milliseconds since 1970. */
export interface Sent {
  readonly batch: Batch
  readonly now: number
  /** Logs a warning, once for the response. */
  readonly warn: (text: string) => void
}

/** Interprets a response. Returns undefined if all messages have arrived, one verdict for each message, or an error. */
export type Interpret = (
  response: HttpTransport.Response,
  sent: Sent
) => SendError.SendError | ReadonlyArray<Verdict> | undefined

/** How a sink makes a request of a batch, and reads the response. */
export interface RequestOptions {
  readonly name: string
  readonly limits?: Partial<Limits> | undefined
  /**
   * Makes the record of each message, as in `EventSink.make`. The sink splits a batch whose records are longer than the limit of bytes. Default:
   * the message itself.
   */
  readonly encode?: ((message: Message, now: number) => string | Receipt.Outcome) | undefined
  /** Headers of each request, in addition to `headers`. They are not checked. */
  readonly requestHeaders?: ((now: number) => Headers) | undefined
  /**
   * Makes the body of a batch, again for each attempt. The bytes of `jsonArray` and of `encodedArray` are valid only until the request ends.
   * Default: the JSON array of the records.
   */
  readonly body?: ((batch: Batch, now: number) => Body) | undefined
  /** Interprets a response. Default: `SendError.fromResponse`. */
  readonly interpret?: Interpret | undefined
  /** The name of each attempt's span. Default: `HttpSink.send`. */
  readonly span?: string | undefined
}

/** Whether a destination has read a whole request. An error response may arrive while the request is still being sent. */
const isWhole = ({ status, truncatedAt }: HttpTransport.Response): boolean =>
  status >= 200 && status < 300 && truncatedAt === undefined

/** Posts a batch in one request, and reads its response. */
export const request = (to: Endpoint, options: RequestOptions) => {
  const {
    encode,
    body = (batch: Batch) => (encode === undefined ? batch.jsonArray : batch.encodedArray),
    interpret = (response: HttpTransport.Response, { now }: Sent) => SendError.fromResponse(response, now),
    limits: { bytes = Number.POSITIVE_INFINITY } = {},
    name,
    requestHeaders,
    span = "HttpSink.send"
  } = options
  // Reject on any error here: the destination has responded, so sending the batch again, or in halves, would repeat it.
  const meaningOf = (response: HttpTransport.Response, sent: Sent): SendError.SendError | Verdicts => {
    const wrong = (what: string) => sent.batch.all(Receipt.rejected(`${name}: interpret ${what}`))
    let meaning: ReturnType<Interpret>
    try {
      meaning = interpret(response, sent)
    } catch (thrown) {
      return wrong(`threw ${nameOf(thrown)}`)
    }
    if (meaning === undefined) return sent.batch.all(Receipt.delivered)
    // An error of Effect is an Effect, too.
    if (!(meaning instanceof Error) && comesLater(meaning)) return wrong("returned a promise or an Effect")
    if (typeof meaning !== "object" || meaning === null) return wrong(`returned ${describe(meaning)}`)
    if ("_tag" in meaning) return meaning
    if (meaning.length !== sent.batch.length)
      return wrong(`returned ${meaning.length} outcomes for ${sent.batch.length} messages`)
    // Otherwise the sink would send them again without end.
    return meaning.every((verdict) => verdict === undefined) ? wrong("returned no outcome") : meaning
  }
  const posted = (batch: Batch) =>
    Effect.suspend<HttpTransport.Response, SendError.SendError, HttpTransport.HttpTransport>(() => {
      const loan = lend(batch, encode === undefined ? "json" : "encoded")
      if (encode !== undefined && batch.length > 1 && lengthOf(loan.batch.encodedArray) > bytes) {
        return Effect.fail(new SendError.TooLarge({ reason: `the records have more than ${bytes} bytes` }))
      }
      return Effect.flatMap(Clock.currentTimeMillis, (now) =>
        to.post(body(loan.batch, now), requestHeaders?.(now))
      ).pipe(
        Effect.onExit((exit) => {
          if (Exit.isFailure(exit) || !isWhole(exit.value)) loan.keep()
          return Effect.void
        }),
        Effect.mapError(HttpTransport.toSendError)
      )
    })
  const read = (response: HttpTransport.Response, batch: Batch) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const warnings = new Set<string>()
      const meaning = meaningOf(response, { batch, now, warn: (text) => warnings.add(text) })
      const result = "_tag" in meaning ? Effect.fail(meaning) : Effect.succeed(meaning)
      return warnings.size === 0
        ? result
        : Effect.andThen(
            Effect.forEach(warnings, (text) => Effect.logWarning(`${name}: ${text}`)),
            result
          )
    })
  return (batch: Batch): Effect.Effect<Verdicts, SendError.SendError, HttpTransport.HttpTransport> =>
    posted(batch).pipe(
      Effect.flatMap((response) => read(response, batch)),
      inSpan(span, { "trackmap.sink": name, "trackmap.batch.messages": batch.length })
    )
}

const lengthOf = (chunks: ReadonlyArray<Uint8Array>): number => chunks.reduce((sum, { length }) => sum + length, 0)
