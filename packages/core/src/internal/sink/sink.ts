import * as Effect from "effect/Effect"
import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import type * as Plan from "../../Plan.ts"
import { misfit } from "../base/misfit.ts"
import { TypeId, type Any, type EventSink, type Opened, type Settle, type Sink } from "./model.ts"

const Proto = {
  [TypeId]: { _E: (_: never) => _, _R: (_: never) => _ },
  pipe() {
    return pipeArguments(this, arguments)
  },
  get names(): ReadonlyArray<string> {
    return sinksOf(this as unknown as Any).map((sink) => sink.name)
  }
}

export const isEventSink = (u: unknown): u is EventSink => hasProperty(u, TypeId)

/** The sinks that one combines. Only this and `fromSinks` know how a sink is represented. */
export const sinksOf = (self: Any): ReadonlyArray<Sink> =>
  isEventSink(self) ? (self as unknown as { readonly sinks: ReadonlyArray<Sink> }).sinks : noSink(self)
const noSink = misfit("EventSink", "a sink, such as EventSink.make or the function of a vendor's package returns")

export const fromSinks = <E, R>(sinks: ReadonlyArray<Sink>): EventSink<E, R> =>
  Object.freeze(Object.assign(Object.create(Proto), { sinks: Object.freeze(sinks) }))

export const mapSinks = <E, R>(self: EventSink<E, R>, f: (sink: Sink) => Sink): EventSink<E, R> =>
  fromSinks(sinksOf(self).map(f))

/** Changes what an opened sink does. */
export const opened = <E, R>(
  self: Any,
  f: (open: Opened, sink: Sink, plan: Plan.Plan | undefined) => Opened | Effect.Effect<Opened, any, any>
): EventSink<E, R> =>
  fromSinks(
    sinksOf(self).map((sink) =>
      withOpen(sink, (plan) =>
        Effect.flatMap(sink.open(plan), (open) => {
          const changed = f(open, sink, plan)
          return Effect.isEffect(changed) ? changed : Effect.succeed(changed)
        })
      )
    )
  )

const withOpen = (sink: Sink, open: Sink["open"]): Sink => ({ ...sink, open, defers: false })

/** Adds a step that runs when messages have their receipts. */
export const settled = (open: Opened, next: Settle): Opened => {
  const { settle: before } = open
  return {
    ...open,
    settle: before === undefined ? next : (given, receipts, aside) => next(given, before(given, receipts, aside), aside)
  }
}
