import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import * as HttpTransport from "../../HttpTransport.ts"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import * as SendError from "../../SendError.ts"
import { type Names, optionsOf } from "../base/options.ts"
import { describe, nameOf } from "../base/fault.ts"
import { comesLater } from "../base/userFunction.ts"
import { lend, refusalsOf } from "./batch.ts"
import {
  addressOf,
  type Body,
  checkedEndpoint,
  type Endpoint,
  endpointNames,
  type EndpointOptions
} from "./httpEndpoint.ts"
import { outcomesIn } from "./known.ts"
import * as making from "./make.ts"
import type { Batch, EventSink, Limits, Records, Send } from "./model.ts"
import { inSpan } from "./requestSpan.ts"

/** The batch that a response is for, and the time of the response in milliseconds since 1970. */
export interface Sent {
  readonly batch: Batch
  readonly now: number
}

/** Interprets a response. Returns undefined if all messages have arrived, one outcome for each message, or an error. */
export type Interpret = (
  response: HttpTransport.Response,
  sent: Sent
) => SendError.SendError | ReadonlyArray<Receipt.Outcome> | undefined

/** The options of a sink over HTTP. */
export interface Options extends EndpointOptions {
  readonly name: string
  readonly limits?: Partial<Limits> | undefined
  /** Makes the body of a batch, again for each attempt. The bytes of `jsonArray` are valid only until the request ends. Default: the JSON array. */
  readonly body?: ((batch: Batch, now: number) => Body) | undefined
  /** Interprets a response. Default: `SendError.fromResponse`. */
  readonly interpret?: Interpret | undefined
  /** Returns why the destination would not accept a message. The sink rejects the message with this reason, and sends the others. */
  readonly reject?: ((message: Message) => string | undefined) | undefined
  /** The records that observers see. Default: the message itself, and the path of `url`. */
  readonly records?: Records | undefined
  /** The name of each attempt's span. Default: `HttpSink.send`. */
  readonly span?: string | undefined
}

const names: Names<Options> = {
  ...endpointNames,
  name: true,
  limits: true,
  body: true,
  interpret: true,
  reject: true,
  records: true,
  span: true
}

export const make = (options: Options): EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const { limits, name, reject: given } = optionsOf("HttpSink.make", options, names)
  const reject = given && reasonOf(given)
  const open = checkedEndpoint(name, options)
  const address = addressOf(options)
  const to = address === undefined ? "POST" : `POST ${new URL(address).pathname}`
  const records: Records = (message) =>
    reject?.(message) === undefined ? [{ to, record: message as Schema.JsonObject }] : []
  return making.make({
    name,
    limits,
    records: options.records ?? records,
    suffices: reject && ((message) => suffices(message, reject)),
    open: () => Effect.map(open, (to) => sendTo(to, { ...options, reject }))
  })
}

/** Code without types may return anything. */
const reasonOf =
  (reject: NonNullable<Options["reject"]>): NonNullable<Options["reject"]> =>
  (message) => {
    const reason: unknown = reject(message)
    if (reason === undefined || typeof reason === "string") return reason
    return `reject returned ${comesLater(reason) ? "a promise or an Effect" : describe(reason)}`
  }

/** If `reject` throws, it runs again when the message is sent, which reports the error. */
const suffices = (message: Message, reject: NonNullable<Options["reject"]>): boolean => {
  try {
    return reject(message) === undefined
  } catch {
    return false
  }
}

const sendTo = (to: Endpoint, options: Options): Send<HttpTransport.HttpTransport> => {
  const { reject } = options
  const post = poster(to, options)
  if (reject === undefined) return post
  return (batch) => {
    const reasons = refusalsOf(batch, reject)
    if (reasons.every((reason) => reason === undefined)) return post(batch)
    const places = [...reasons.keys()].filter((place) => reasons[place] === undefined)
    const known: Array<Receipt.Outcome | undefined> = reasons.map((reason) =>
      reason === undefined ? undefined : Receipt.rejected(reason)
    )
    if (places.length === 0) return Effect.succeed(known as ReadonlyArray<Receipt.Outcome>)
    const sent = batch.at(places)
    const all = (outcomes: ReadonlyArray<Receipt.Outcome | undefined>) => {
      for (const [index, place] of places.entries()) known[place] = outcomes[index]
      return known
    }
    return Effect.mapBoth(post(sent), {
      onSuccess: (outcomes) => all(outcomes) as ReadonlyArray<Receipt.Outcome>,
      onFailure: (error) => SendError.withOutcomes(error, all(outcomesIn(error, sent) ?? []))
    })
  }
}

/** Whether a destination has read a whole request. An error response may arrive while the request is still being sent. */
const isWhole = ({ status, truncatedAt }: HttpTransport.Response): boolean =>
  status >= 200 && status < 300 && truncatedAt === undefined

/** Posts messages after `reject` has accepted them. */
const poster = (to: Endpoint, options: Options): Send<HttpTransport.HttpTransport> => {
  const {
    body = ({ jsonArray }: Batch) => jsonArray,
    interpret = (response: HttpTransport.Response, { now }: Sent) => SendError.fromResponse(response, now),
    name,
    span = "HttpSink.send"
  } = options
  // Reject on any error here: the destination has responded, so sending the batch again, or in halves, would repeat it.
  const meaningOf = (
    response: HttpTransport.Response,
    sent: Sent
  ): SendError.SendError | ReadonlyArray<Receipt.Outcome> => {
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
    if ("_tag" in meaning || meaning.length === sent.batch.length) return meaning
    return wrong(`returned ${meaning.length} outcomes for ${sent.batch.length} messages`)
  }
  const posted = (batch: Batch) =>
    Effect.suspend(() => {
      const loan = lend(batch)
      return Effect.flatMap(Clock.currentTimeMillis, (now) => to.post(body(loan.batch, now))).pipe(
        Effect.onExit((exit) => {
          if (Exit.isFailure(exit) || !isWhole(exit.value)) loan.keep()
          return Effect.void
        })
      )
    })
  return (batch) =>
    posted(batch).pipe(
      Effect.mapError(HttpTransport.toSendError),
      Effect.flatMap((response) => Effect.map(Clock.currentTimeMillis, (now) => meaningOf(response, { batch, now }))),
      Effect.flatMap((meaning) => ("_tag" in meaning ? Effect.fail(meaning) : Effect.succeed(meaning))),
      inSpan(span, { "trackmap.sink": name, "trackmap.batch.messages": batch.length })
    )
}
