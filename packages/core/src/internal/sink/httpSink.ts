import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { HttpTransport } from "../../HttpTransport.ts"
import type { Message } from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import * as Receipt from "../../Receipt.ts"
import * as SendError from "../../SendError.ts"
import { describe } from "../base/fault.ts"
import { type Names, optionsOf } from "../base/options.ts"
import { comesLater } from "../base/userFunction.ts"
import { refusalsOf } from "./batch.ts"
import { addressOf, checkedEndpoint, type Endpoint, endpointNames, type EndpointOptions } from "./httpEndpoint.ts"
import { request, type RequestOptions } from "./httpRequest.ts"
import { outcomesIn } from "./known.ts"
import * as making from "./make.ts"
import type { EventSink, Records, Send } from "./model.ts"
import { areOutcomes, remaining } from "./verdict.ts"

/** The options of a sink over HTTP. */
export interface Options extends EndpointOptions, RequestOptions {
  /** Returns what is wrong with the sink's own options or with the tracker's plan, if any: the sink then does not open. */
  readonly problems?: ((plan: Plan.Plan | undefined) => Iterable<string | undefined>) | undefined
  /** Runs when the sink opens. The options that it returns replace those of the same name, for what depends on the plan. */
  readonly open?: ((plan: Plan.Plan | undefined) => Effect.Effect<Opened, SendError.Misconfigured>) | undefined
  /** Returns why the destination would not accept a message. The sink rejects the message with this reason, and sends the others. */
  readonly reject?: ((message: Message) => string | undefined) | undefined
  /** The records that observers see. Default: the message itself, and the path of `url`. */
  readonly records?: Records | undefined
}

/** The options that a sink can know when it opens. */
export type Opened = Pick<Options, "body" | "interpret">

const names: Names<Options> = {
  ...endpointNames,
  name: true,
  limits: true,
  encode: true,
  problems: true,
  open: true,
  requestHeaders: true,
  body: true,
  interpret: true,
  reject: true,
  records: true,
  span: true
}

export const make = (options: Options): EventSink<SendError.Misconfigured, HttpTransport> => {
  const {
    encode,
    limits,
    name,
    open = () => Effect.succeed({}),
    problems = () => [],
    reject: given
  } = optionsOf("HttpSink.make", options, names)
  const reject = given && reasonOf(given)
  const endpoint = checkedEndpoint(name, options)
  const address = addressOf(options)
  const to = address === undefined ? "POST" : `POST ${new URL(address).pathname}`
  return making.make({
    name,
    limits,
    records: options.records ?? (encode === undefined ? messages(to, reject) : encodedRecords(to, encode)),
    encode:
      encode && ((message, now) => encode(message, now) ?? Receipt.rejected(`${name}: encode returned undefined`)),
    suffices: reject && ((message) => suffices(message, reject)),
    open: (plan) =>
      Effect.gen(function* () {
        yield* SendError.misconfigured(problems(plan))
        const opened = yield* open(plan)
        return sendTo(yield* endpoint, { ...options, ...opened, reject })
      })
  })
}

const messages =
  (to: string, reject: Options["reject"]): Records =>
  (message) =>
    reject?.(message) === undefined ? [{ to, record: message as Schema.JsonObject }] : []

const encodedRecords =
  (to: string, encode: NonNullable<Options["encode"]>): Records =>
  (message) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const record: unknown = encode(message, now)
      return typeof record === "string" ? [{ to, record: JSON.parse(record) as Schema.Json }] : []
    })

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

const sendTo = (to: Endpoint, options: Options): Send<HttpTransport> => {
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

/** Posts messages after `reject` has accepted them. */
const poster = (to: Endpoint, options: Options): Send<HttpTransport> => {
  const post = request(to, options)
  return (batch) =>
    Effect.flatMap(post(batch), (verdicts) =>
      areOutcomes(verdicts) ? Effect.succeed(verdicts) : remaining(post, batch, verdicts)
    )
}
