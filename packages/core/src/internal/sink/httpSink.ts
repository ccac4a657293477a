import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as HttpTransport from "../../HttpTransport.ts"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import * as SendError from "../../SendError.ts"
import { addressOf, endpoint, type Body, type Endpoint, type EndpointOptions } from "./httpEndpoint.ts"
import { outcomesIn } from "./known.ts"
import * as making from "./make.ts"
import type { Batch, EventSink, Limits, Records, Send } from "./model.ts"

/** What a response is of: the messages that were sent, and when, in milliseconds since 1970. */
export interface Sent {
  readonly batch: Batch
  readonly now: number
}

/** What a response means: nothing where all messages have arrived, one outcome for each message, or the error that it stands for. */
export type Interpret = (
  response: HttpTransport.Response,
  sent: Sent
) => SendError.SendError | ReadonlyArray<Receipt.Outcome> | undefined

/** How a sink over HTTP is set up. */
export interface Options extends EndpointOptions {
  readonly name: string
  readonly limits?: Partial<Limits> | undefined
  /** The body of a batch: the JSON array of its messages by default. It is made for each attempt. */
  readonly body?: ((batch: Batch, now: number) => Body) | undefined
  /** What a response means: `SendError.fromResponse` by default. */
  readonly interpret?: Interpret | undefined
  /** Why the destination would not take a message. The message is then rejected with this reason and is not sent, and the others are. */
  readonly reject?: ((message: Message) => string | undefined) | undefined
  /** For observers. By default a message stands for itself, at the path. */
  readonly records?: Records | undefined
  /** The name of the span of each attempt: `HttpSink.send` by default. */
  readonly span?: string | undefined
}

export const make = (options: Options): EventSink<SendError.Misconfigured, HttpTransport.HttpTransport> => {
  const { limits, name, reject } = options
  const open = endpoint(name, options)
  const address = addressOf(options)
  const to = address === undefined ? "POST" : `POST ${new URL(address).pathname}`
  const records: Records = (message) =>
    reject?.(message) === undefined ? [{ to, record: message as Schema.JsonObject }] : []
  return making.make({
    name,
    limits,
    records: options.records ?? records,
    open: () => Effect.map(open, (to) => sendTo(to, options))
  })
}

const sendTo = (to: Endpoint, options: Options): Send<HttpTransport.HttpTransport> => {
  const { reject } = options
  const post = poster(to, options)
  if (reject === undefined) return post
  return (batch) => {
    const reasons = batch.map(reject)
    const places = [...reasons.keys()].filter((place) => reasons[place] === undefined)
    if (places.length === reasons.length) return post(batch)
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

/** Posts messages of which none is to be rejected. */
const poster = (to: Endpoint, options: Options): Send<HttpTransport.HttpTransport> => {
  const {
    body = ({ jsonArray }: Batch) => jsonArray,
    interpret = (response: HttpTransport.Response, { now }: Sent) => SendError.fromResponse(response, now),
    name,
    span = "HttpSink.send"
  } = options
  return (batch) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => to.post(body(batch, now))).pipe(
      Effect.mapError(HttpTransport.toSendError),
      Effect.flatMap((response) => Effect.map(Clock.currentTimeMillis, (now) => interpret(response, { batch, now }))),
      Effect.flatMap((meaning) => {
        if (meaning === undefined) return Effect.succeed(batch.all(Receipt.delivered))
        if ("_tag" in meaning) return Effect.fail(meaning)
        if (meaning.length === batch.length) return Effect.succeed(meaning)
        const reason = `${name} gave ${meaning.length} outcomes for ${batch.length} messages`
        return Effect.succeed(batch.all(Receipt.rejected(reason)))
      }),
      Effect.withSpan(span, { kind: "client", attributes: { "trackmap.messages": batch.length } })
    )
}
