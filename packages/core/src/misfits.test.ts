import { assert, describe, it } from "@effect/vitest"
import {
  Aggregate,
  DefinitionError,
  Entity,
  EventSink,
  HttpSink,
  Loader,
  Plan,
  TrackedEvent,
  TrackingMap
} from "./index.ts"
import { collector } from "../test/tracker.ts"

const cycle: Record<string, unknown> = {}
cycle["itself"] = cycle
const misfits: ReadonlyArray<unknown> = [
  undefined,
  null,
  0,
  "a",
  "a".repeat(100_000),
  [],
  cycle,
  () => {},
  1n,
  Symbol("a")
]

const { sink } = collector()

/** A few of each module's functions, in both of their forms. All get what they are called with through the same check. */
const functions: Readonly<Record<string, (given: never) => unknown>> = {
  "Entity.valuesSync": (given) => Entity.valuesSync(given, {} as never),
  "Entity.schema": (given) => Entity.schema(given),
  "Entity.omit": (given) => (Entity.omit("a" as never) as unknown as (entity: never) => unknown)(given),
  "Entity.changed": (given) => Entity.changed(given),
  "Loader.cached": (given) => Loader.cached(given, { capacity: 1, timeToLive: 1 }),
  "TrackedEvent.describe": (given) => TrackedEvent.describe(given),
  "TrackedEvent.keys": (given) => TrackedEvent.keys(given),
  "Plan.describe": (given) => Plan.describe(given),
  "Plan.version": (given) => Plan.version(given),
  "TrackingMap.get": (given) => TrackingMap.get(given, "a" as never),
  "EventSink.batched": (given) => EventSink.batched(given, {}),
  "EventSink.tap": (given) => EventSink.tap(() => Promise.resolve())(given),
  "EventSink.deadLetter": (given) => EventSink.deadLetter(given, sink),
  "EventSink.orElse": (given) => EventSink.orElse(given, sink)
}

/** Functions whose options code without types can leave out. */
const optional: Readonly<Record<string, (given: never) => unknown>> = {
  "EventSink.batched": (given) => EventSink.batched(sink, given),
  "EventSink.buffered": (given) => EventSink.buffered(sink, given),
  "EventSink.rateLimited": (given) => EventSink.rateLimited(sink, given),
  "EventSink.circuitBroken": (given) => EventSink.circuitBroken(sink, given),
  "EventSink.retried": (given) => EventSink.retried(sink, given),
  "HttpSink.make": (given) => HttpSink.make(given),
  "Aggregate.list": (given) => Aggregate.list(given)
}

const refusal = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe("what code without types passes", () => {
  it.each(Object.keys(functions))("to %s in place of a definition is refused, by its kind", (name) => {
    for (const given of misfits) {
      const error = refusal(() => functions[name]!(given as never))
      assert.instanceOf(error, DefinitionError.DefinitionError, `${name} of ${typeof given}`)
      assert.match((error as Error).message, /takes an? [a-z ]+, such as .* returns?, not /)
      assert.isBelow((error as Error).message.length, 300)
    }
  })

  it.each(Object.keys(optional))("to %s in place of its options is refused, by its kind", (name) => {
    for (const given of [null, 0, "a", 1n, Symbol("a")]) {
      const error = refusal(() => optional[name]!(given as never))
      assert.instanceOf(error, DefinitionError.DefinitionError, `${name} of ${typeof given}`)
      assert.match((error as Error).message, /it takes an object with its options, not /)
    }
  })
})
