/**
 * The requests of a sink that `HttpSink.make` does not fit: one that sends a batch in several requests, or that must not send again what may have
 * arrived. Make it with `EventSink.make` and `HttpSink.endpoint`.
 *
 * @example
 * ```ts
 * import { EventSink, HttpSink, Message, Receipt, Requests, SendError } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * // A warehouse that accepts the messages of one user in each request, and counts what comes twice.
 * export const byUser = (url: string) =>
 *   EventSink.make({
 *     name: "warehouse",
 *     open: () =>
 *       Effect.map(HttpSink.endpoint("warehouse", { url }), (to) => (batch: EventSink.Batch) => {
 *         const places = Map.groupBy(batch.messages.keys(), (place) => batch.messages[place]!.userId)
 *         const requests = Array.from(places.values(), (places) => ({
 *           places,
 *           send: Requests.post(to, batch.at(places).jsonArray, {
 *             span: "Warehouse.send",
 *             interpret: (response, now) => SendError.fromResponse(response, now) ?? Receipt.delivered,
 *             unsure: ({ reason }) => Receipt.expired(reason)
 *           })
 *         }))
 *         return Requests.send(requests, { concurrency: 8 })
 *       })
 *   }).pipe(EventSink.retried())
 * ```
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Body, Endpoint } from "./internal/sink/httpEndpoint.ts"
import { isOutcome } from "./internal/sink/known.ts"
import type { Send } from "./internal/sink/model.ts"
import { inSpan } from "./internal/sink/requestSpan.ts"
import type { Message } from "./Message.ts"
import * as HttpTransport from "./HttpTransport.ts"
import * as Receipt from "./Receipt.ts"
import * as SendError from "./SendError.ts"

/** How to read the response of a request. */
export interface PostOptions<A> {
  /** The name of the request's span, as in `HttpSink.inSpan`. */
  readonly span: string
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  /** Interprets a response, at a time in milliseconds since 1970. */
  readonly interpret: (response: HttpTransport.Response, now: number) => A | SendError.SendError
  /**
   * The result if the destination is not available, and may have acted on the request nevertheless: for a destination that would count it twice.
   * Default: the error, after which the sink sends it again.
   */
  readonly unsure?: ((error: SendError.Unavailable) => A | SendError.SendError) | undefined
}

/** The statuses with which a server turns a request away. After another server error, it may have acted on it. */
const isAway = (status: number): boolean => status < 400 || status === 429 || status === 503

/**
 * Posts a request, and interprets its response, in a span. The destination cannot have acted on it if no connection was made, or if the response is a
 * redirect, 429, 503, or a success that `interpret` does not believe; after any other `Unavailable`, `unsure` decides.
 */
export const post = <A>(
  to: Endpoint,
  body: Body,
  { attributes, interpret, span, unsure = (error) => error }: PostOptions<A>
): Effect.Effect<A, SendError.SendError, HttpTransport.HttpTransport> => {
  const result = (said: A | SendError.SendError, away: boolean): Effect.Effect<A, SendError.SendError> => {
    const last = said instanceof SendError.Unavailable && !away ? unsure(said) : said
    return last instanceof Error ? Effect.fail(last) : Effect.succeed(last)
  }
  return to.post(body).pipe(
    Effect.matchEffect({
      onFailure: (failure) =>
        result(HttpTransport.toSendError(failure), failure._tag === "ConnectionFailed" && failure.during === "connect"),
      onSuccess: (response) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => result(interpret(response, now), isAway(response.status)))
    }),
    inSpan(span, attributes)
  )
}

/** A request for some messages of a batch. */
export interface Request<R = never> {
  /** The indices of its messages. */
  readonly places: ReadonlyArray<number>
  /** Sends it, and returns the outcome of all its messages, or one for each. */
  readonly send: Effect.Effect<Receipt.Outcome | ReadonlyArray<Receipt.Outcome>, SendError.SendError, R>
}

/** How to send the requests of a batch. */
export interface SendOptions {
  /** The outcomes of messages that are in no request, in the order of the batch. Default: none. */
  readonly known?: ReadonlyArray<Receipt.Outcome | undefined> | undefined
  /** The number of requests at the same time. Default: 1. */
  readonly concurrency?: number | undefined
}

/**
 * Sends the requests of a batch once, and returns the outcomes of all its messages. If some requests fail, it fails with an error that has the outcomes
 * of the others, so that only messages without one are sent again.
 *
 * After `Unavailable`, requests that have not begun wait for the retry. Messages whose request fails with `Misconfigured` are rejected; if this is so for
 * all, it fails with that error.
 */
export const send = <R = never>(
  requests: ReadonlyArray<Request<R>>,
  { concurrency = 1, known = [] }: SendOptions = {}
): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError, R> =>
  Effect.gen(function* () {
    const count = requests.reduce(
      (most, { places }) => Math.max(most, ...places.map((place) => place + 1)),
      known.length
    )
    const outcomes = Array.from({ length: count }, (_, place) => known[place])
    const errors: Array<SendError.SendError> = []
    const run = ({ places, send }: Request<R>) => {
      const settle = (outcomeOf: (index: number) => Receipt.Outcome | undefined) => {
        for (const [index, place] of places.entries()) outcomes[place] = outcomeOf(index)
      }
      return Effect.match(send, {
        onSuccess: (found) => settle((index) => ("_tag" in found ? found : found[index])),
        onFailure: (error) => {
          errors.push(error)
          settle((index) => (error._tag === "Misconfigured" ? Receipt.rejected(error.reason) : error.outcomes?.[index]))
        }
      })
    }
    const isAway = () => errors.some(({ _tag }) => _tag === "Unavailable")
    yield* Effect.forEach(requests, (request) => (isAway() ? Effect.void : run(request)), {
      concurrency,
      discard: true
    })
    const passing =
      errors.find(({ _tag }) => _tag === "Unavailable") ?? errors.find(({ _tag }) => _tag !== "Misconfigured")
    if (passing !== undefined && outcomes.includes(undefined)) {
      return yield* Effect.fail(SendError.withOutcomes(passing, outcomes))
    }
    const [first] = errors
    const isAll = errors.length === requests.length && known.every((outcome) => outcome === undefined)
    if (passing === undefined && first !== undefined && isAll) return yield* Effect.fail(first)
    return outcomes as ReadonlyArray<Receipt.Outcome>
  })

/** The record of a message, and the message's index in its batch. */
export interface Encoded<A> {
  readonly place: number
  readonly record: A
}

/** How to make the requests of a batch from the records of its messages. */
export interface SenderOptions<A, R> {
  /** Makes the record of each message for each attempt, or its outcome, as `Encoder.make` does. */
  readonly encode: (message: Message, now: number) => A | Receipt.Outcome
  /** Makes the requests of the records, of which there is at least one. */
  readonly requests: (records: ReadonlyArray<Encoded<A>>) => ReadonlyArray<Request<R>>
  /** The number of requests at the same time. Default: 1. */
  readonly concurrency?: number | undefined
}

/**
 * Makes the `send` of a sink whose records depend on the time of the attempt, or go in several requests. A message that has no record has the outcome
 * that `encode` returns for it.
 *
 * @example
 * ```ts
 * import { Encoder, EventSink, HttpSink, Receipt, Requests, SendError } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const encode = Encoder.make({
 *   integration: "Warehouse",
 *   encode: ({ messageId, type }, _, now) => JSON.stringify({ messageId, type, sentAt: now })
 * })
 * export const warehouse = (url: string) =>
 *   EventSink.make({
 *     name: "warehouse",
 *     open: () =>
 *       Effect.map(HttpSink.endpoint("warehouse", { url }), (to) =>
 *         Requests.sender({
 *           encode,
 *           requests: (records) => [
 *             {
 *               places: records.map(({ place }) => place),
 *               send: Requests.post(to, records.map(({ record }) => record).join("\n"), {
 *                 span: "Warehouse.send",
 *                 interpret: (response, now) => SendError.fromResponse(response, now) ?? Receipt.delivered
 *               })
 *             }
 *           ]
 *         })
 *       )
 *   }).pipe(EventSink.retried())
 * ```
 */
export const sender =
  <A, R = never>({ concurrency, encode, requests }: SenderOptions<A, R>): Send<R> =>
  (batch) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const made = batch.map((message) => encode(message, now))
      const records = made.flatMap((record, place) => (isOutcome(record) ? [] : [{ place, record }]))
      const known = made.map((record) => (isOutcome(record) ? record : undefined))
      return send(records.length === 0 ? [] : requests(records), { known, concurrency })
    })
