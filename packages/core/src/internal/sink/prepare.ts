import * as Hash from "effect/Hash"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { nameOf } from "../base/fault.ts"
import { found, functionOf } from "../base/options.ts"
import { comesLater } from "../base/userFunction.ts"
import { refuse } from "../base/refuse.ts"
import type { EventSink, Prepare, Sink } from "./model.ts"
import { mapSinks } from "./sink.ts"

export const isOutcome = (prepared: Message | Receipt.Outcome): prepared is Receipt.Outcome => "_tag" in prepared

/** Adds a step to a sink's preparation. */
export const withStep = (sink: Sink, what: string, step: Prepare): Sink => ({
  ...sink,
  defers: false,
  prepare: (message, given) => {
    const before = sink.prepare(message, given)
    if (isOutcome(before)) return before
    try {
      return step(before, given)
    } catch (thrown) {
      return Receipt.rejected(`${what} threw ${nameOf(thrown)}`)
    }
  }
})

/** Adds a step to the preparation of each sink. */
export const prepared = <E, R>(self: EventSink<E, R>, what: string, step: Prepare): EventSink<E, R> =>
  mapSinks(self, (sink) => withStep(sink, what, step))

/** Why a message is not sent whose step has no result yet. */
const late = (what: string, answer: unknown): Receipt.Outcome | undefined =>
  comesLater(answer) ? Receipt.rejected(`${what} returned a promise or an Effect`) : undefined

export const filter = <E, R>(self: EventSink<E, R>, predicate: (message: Message) => boolean): EventSink<E, R> => {
  functionOf("EventSink.filter", "the predicate", predicate)
  const skipped = Receipt.skipped("filtered")
  return prepared(self, "filter", (message) => {
    const passes = predicate(message)
    return late("filter", passes) ?? (passes ? message : skipped)
  })
}

export const map = <E, R>(self: EventSink<E, R>, f: (message: Message) => Message): EventSink<E, R> => {
  functionOf("EventSink.map", "what changes a message", f)
  return prepared(self, "map", (message) => {
    const changed = f(message)
    const outcome = late("map", changed)
    if (outcome !== undefined) return outcome
    return changed.messageId === message.messageId ? changed : { ...changed, messageId: message.messageId }
  })
}

export const sample = <E, R>(self: EventSink<E, R>, share: number): EventSink<E, R> => {
  if (typeof share !== "number" || !(share >= 0 && share <= 1)) {
    refuse("sample", "BadLimit", `a share must be a number from 0 to 1, not ${found(share)}`)
  }
  const skipped = Receipt.skipped("not in the sample")
  return prepared(self, "sample", (message) => {
    const who = message.userId || message.anonymousId || message.messageId
    // For short texts that differ only at the end, Hash.string differs only in the low bits. The product spreads them.
    return (Math.imul(Hash.string(who), 0x9e3779b1) >>> 0) / 0x100000000 < share ? message : skipped
  })
}
