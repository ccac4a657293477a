import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as Schema from "effect/Schema"
import type { Message } from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import * as Receipt from "../../Receipt.ts"
import { describe, nameOf } from "../base/fault.ts"
import { functionOf, type Names, optionsOf, wholeNumber } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import { visibleName } from "../base/visibleName.ts"
import * as userFunction from "../base/userFunction.ts"
import { guard } from "./guard.ts"
import { isOutcome } from "./known.ts"
import type { AnySend, Encode, EventSink, Limits, Opened, Records, RequestRecord, Sink } from "./model.ts"
import { openOwn, unsent } from "./previewing.ts"
import * as retry from "./retry.ts"
import { fromSinks } from "./sink.ts"

interface Options {
  readonly name: string
  readonly limits?: Partial<Limits> | undefined
  readonly records?: Records | undefined
  readonly encode?: Encode | undefined
  /** Whether the sink needs only a message's JSON. Never throws. */
  readonly suffices?: ((message: Message) => boolean) | undefined
  readonly send?: AnySend<any>
  readonly open?: (plan: Plan.Plan | undefined) => Effect.Effect<AnySend<any>, any, any> | PromiseLike<AnySend<any>>
}

const names: Names<Options> = {
  name: true,
  limits: true,
  records: true,
  send: true,
  open: true,
  encode: true,
  suffices: true
}
const limitNames: Names<Limits> = { messages: true, bytes: true, messageBytes: true }

const attempt =
  (name: string, encode: Encode): Sink["encode"] =>
  (message, now) => {
    try {
      const text: unknown = encode(message, now)
      if (text === undefined) return false
      if (isOutcome(text) || (typeof text === "string" && text !== "")) return text
      if (userFunction.comesLater(text)) return Receipt.rejected(`${name}: encode returned a promise or an Effect`)
      return Receipt.rejected(`${name}: encode returned ${text === "" ? "an empty string" : describe(text)}`)
    } catch (thrown) {
      return Receipt.rejected(`${name}: encode threw ${nameOf(thrown)}`)
    }
  }

export const make = (options: Options): EventSink => {
  const { limits, name } = options ?? {}
  if (typeof name !== "string" || name === "") {
    const detail = `a sink needs a name, which its receipts, log lines and metrics have, not ${describe(name)}`
    return refuse("EventSink.make", "BadName", detail, ["EventSink.make"])
  }
  visibleName("EventSink.make", "a sink's name", name)
  optionsOf(name, options, names)
  if (limits !== undefined) optionsOf<Partial<Limits>>(`${name}: limits`, limits, limitNames)
  if (typeof options.send !== "function" && typeof options.open !== "function") {
    refuse(name, "BadPath", "a sink needs a function send, or open")
  }
  const open = options.open ?? (() => Effect.succeed(options.send!))
  const { encode, records } = options
  const sending = (send: AnySend): Opened => ({ ...unsent, send: guard(name, send) })
  return fromSinks([
    {
      name,
      limits: {
        messages: wholeNumber(name, "the number of messages in a batch", limits?.messages ?? 100),
        bytes: wholeNumber(name, "the number of bytes of a batch", limits?.bytes ?? Number.POSITIVE_INFINITY),
        messageBytes: wholeNumber(
          name,
          "the number of bytes of a message",
          limits?.messageBytes ?? Number.POSITIVE_INFINITY
        )
      },
      age: 100,
      purposes: [],
      buffer: {},
      retry: retry.once,
      prepare: identity,
      encode: encode === undefined ? options.suffices : attempt(name, functionOf(name, "encode", encode)),
      reshape: identity,
      records: (message) =>
        records === undefined
          ? Effect.succeed([{ to: name, record: message as Schema.JsonObject }])
          : userFunction.ask<ReadonlyArray<RequestRecord>, never, never>(() => records(message), identity),
      open: (plan) => openOwn<AnySend>(() => open(plan), sending)
    }
  ])
}
