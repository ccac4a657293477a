import * as Effect from "effect/Effect"
import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import type * as Plan from "../../Plan.ts"
import type { EventSinkImpl, Opened, Settle, Sink } from "./model.ts"

export const TypeId = "~@trackmap/core/EventSink" as const

const Proto = {
  [TypeId]: { _E: (_: never) => _, _R: (_: never) => _ },
  pipe() {
    return pipeArguments(this, arguments)
  },
  get names(): ReadonlyArray<string> {
    return (this as unknown as EventSinkImpl).sinks.map((sink) => sink.name)
  }
}

export const isEventSink = (u: unknown): u is EventSinkImpl => hasProperty(u, TypeId)

export const fromSinks = (sinks: ReadonlyArray<Sink>): EventSinkImpl =>
  Object.freeze(Object.assign(Object.create(Proto), { sinks: Object.freeze(sinks) }))

export const mapSinks = (self: EventSinkImpl, f: (sink: Sink) => Sink): EventSinkImpl => fromSinks(self.sinks.map(f))

/** Changes what an opened sink does. */
export const opened = (
  self: EventSinkImpl,
  f: (open: Opened, sink: Sink, plan: Plan.Plan | undefined) => Opened | Effect.Effect<Opened, any, any>
): EventSinkImpl =>
  mapSinks(self, (sink) => ({
    ...sink,
    open: (plan) =>
      Effect.flatMap(sink.open(plan), (open) => {
        const changed = f(open, sink, plan)
        return Effect.isEffect(changed) ? changed : Effect.succeed(changed)
      })
  }))

/** Does something more when messages have their receipts. */
export const settled = (open: Opened, next: Settle): Opened => {
  const { settle: before } = open
  return {
    ...open,
    settle:
      before === undefined
        ? next
        : (messages, receipts) => Effect.flatMap(before(messages, receipts), (held) => next(messages, held))
  }
}
