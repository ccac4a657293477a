import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  Aggregate,
  DefinitionError,
  Delivery,
  Entity,
  EventSink,
  HttpSink,
  Loader,
  Options,
  Plan,
  TrackedEvent,
  Tracker,
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
const A = Entity.make("A", { key: "id", attributes: { id: Schema.Int } })
const loader = Loader.byKey({ load: async (_: ReadonlyArray<number>) => [{ id: 1 }], keyOf: (row) => row.id })

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
  "EventSink.accepting": (given) => EventSink.accepting(given),
  "Aggregate.list": (given) => Aggregate.list(given)
}

const refusal = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

/** Functions that take several sinks, or their configs. */
const several: Readonly<Record<string, (given: never) => unknown>> = {
  "EventSink.fanOut": (given) => EventSink.fanOut(given),
  "EventSink.config": (given) => EventSink.config(given),
  "EventSink.config, in a record": (given) => EventSink.config({ one: given }),
  "Delivery.make": (given) => Effect.runSync(Effect.scoped(Delivery.make(given)))
}

/** Functions with an option of theirs, and the same option misspelt. */
const misspelt: Readonly<Record<string, readonly [(given: never) => unknown, right: string, wrong: string]>> = {
  "Tracker.make": [(given) => Effect.runSync(Effect.scoped(Tracker.make(sink, given))), "flushWithin", "flushwithin"],
  "Delivery.make": [(given) => Effect.runSync(Effect.scoped(Delivery.make(sink, given))), "onError", "onerror"],
  "Tracker.early": [(given) => Tracker.early(given), "resolveWithin", "resolve_within"],
  "Entity.make": [
    (given) => Entity.make("A", { key: "id", attributes: { id: Schema.Int }, ...(given as object) }),
    "from",
    "form"
  ],
  "Entity.one": [(given) => Entity.one(A, "a", A, () => ({ id: 1 }), given), "optional", "optionl"],
  "TrackedEvent.make": [(given) => TrackedEvent.make("a", given), "entities", "entites"],
  "Aggregate.list": [(given) => Aggregate.list({ max: 1, ...(given as object) }), "max", "mx"],
  "Aggregate.make": [(given) => Aggregate.make("a", given), "aggregate", "agregate"],
  "Loader.byKey": [
    (given) => Loader.byKey({ load: async () => [], keyOf: () => 1, ...(given as object) }),
    "hash",
    "hsh"
  ],
  "Loader.batchN": [(given) => Loader.batchN(loader, 1, given), "concurrency", "concurency"],
  "Loader.cached": [
    (given) => Loader.cached(loader, { capacity: 1, timeToLive: 1, ...(given as object) }),
    "timeToLive",
    "timetolive"
  ],
  "EventSink.make": [
    (given) => EventSink.make({ name: "a", send: async () => [], ...(given as object) }),
    "records",
    "record"
  ],
  "EventSink.make's limits": [
    (given) => EventSink.make({ name: "a", send: async () => [], limits: given }),
    "messageBytes",
    "message_bytes"
  ],
  "EventSink.batched": [(given) => EventSink.batched(sink, given), "messages", "message"],
  "EventSink.buffered": [(given) => EventSink.buffered(sink, given), "capacity", "capcity"],
  "EventSink.retried": [(given) => EventSink.retried(sink, given), "limit", "limits"],
  "EventSink.rateLimited": [
    (given) => EventSink.rateLimited(sink, { limit: 1, window: 1, ...(given as object) }),
    "window",
    "windows"
  ],
  "EventSink.circuitBroken": [(given) => EventSink.circuitBroken(sink, given), "openDuration", "openduration"],
  "EventSink.deadLetter": [(given) => EventSink.deadLetter(sink, sink, given), "within", "wihtin"],
  "EventSink.recase": [(given) => EventSink.recase(sink, given), "names", "name"],
  "EventSink.deliver": [(given) => EventSink.deliver(sink, [], given), "consent", "consnet"],
  "HttpSink.make": [
    (given) => HttpSink.make({ name: "a", url: "http://localhost", ...(given as object) }),
    "timeout",
    "timeOut"
  ],
  "HttpSink.endpoint": [
    (given) => HttpSink.endpoint("a", { url: "http://localhost", ...(given as object) }),
    "headers",
    "header"
  ]
}

describe("what code without types passes", () => {
  for (const [name, call] of Object.entries(several)) {
    it(`to ${name} in place of sinks is refused, by its kind`, () => {
      for (const given of misfits) {
        const error = refusal(() => call(given as never))
        assert.instanceOf(error, DefinitionError.DefinitionError, `${name}: ${String(error)}`)
        assert.isBelow((error as Error).message.length, 300)
      }
    })
  }

  it.each(Object.keys(misspelt))(
    "to %s under a name that is misspelt is refused with the name that was meant",
    (name) => {
      const [call, right, wrong] = misspelt[name]!
      const error = refusal(() => call({ [wrong]: 1 } as never))
      assert.instanceOf(error, DefinitionError.DefinitionError)
      const text = `it has no option "${wrong}": did you mean ${right}?`
      assert.include((error as Error).message, text)
      assert.notInclude(String(refusal(() => call({ [right]: undefined } as never))), "it has no option")
      assert.notInclude(String(refusal(() => call({ [wrong]: undefined } as never))), "it has no option")
    }
  )

  it("under a name that is like no option's can be the caller's own", () => {
    const own = { rate: 1, idCharacters: 99, reties: 3 } as object
    const send = async () => []
    assert.deepStrictEqual(EventSink.make({ name: "a", send, limits: own, ...own }).names, ["a"])
    assert.deepStrictEqual(EventSink.retried(sink, own).names, sink.names)
    assert.isFunction(Tracker.early(own).track)
  })

  it("is refused with all names where nothing is built on a function, on one line", () => {
    const check = (given: object) =>
      refusal(() => Options.check("mine", given, { limit: true, schedule: true })) as Error
    assert.match(
      check({ ["reties\n".repeat(1000)]: 3 }).message,
      /^mine: it has no option ".{1,600}": use one of limit, schedule, or leave it out$/
    )
    assert.include(check({ Limit: 3 }).message, 'it has no option "Limit": did you mean limit?')
    const given = { limit: 1, schedule: undefined, other: undefined }
    assert.strictEqual(Options.check<object>("mine", given, { limit: true, schedule: true }), given)
  })

  it("in place of a mode of an event, of a case, or of a function is refused", () => {
    const none = "a" as never
    for (const call of [
      () => TrackedEvent.make("a", { relations: none }),
      () => TrackedEvent.make("a", { validation: none }),
      () => TrackedEvent.make("a", { purposes: none }),
      () => EventSink.recase(sink, none),
      () => EventSink.recase(sink, { keys: none }),
      () => EventSink.rename(sink, none),
      () => EventSink.filter(sink, none),
      () => EventSink.map(sink, none),
      () => EventSink.tap(sink, none),
      () => EventSink.mapReceipt(sink, none),
      () => EventSink.sample(sink, none)
    ]) {
      const error = refusal(call)
      assert.instanceOf(error, DefinitionError.DefinitionError, String(call))
      assert.match((error as Error).message, /, not a string of length 1$/)
    }
  })

  it("in place of the sink of a fallback or of dead letters is refused where it is composed", () => {
    for (const compose of [EventSink.orElse, EventSink.deadLetter]) {
      for (const given of [null, "a", () => sink]) {
        const composed = compose(given as never)
        assert.match((refusal(() => sink.pipe(composed)) as Error).message, /takes a sink, such as .* returns?, not /)
      }
      assert.deepStrictEqual(sink.pipe(compose(sink)).names, sink.names)
    }
  })

  it.each(Object.keys(functions))("to %s in place of a definition is refused, by its kind", (name) => {
    for (const given of misfits) {
      const error = refusal(() => functions[name]!(given as never))
      assert.instanceOf(error, DefinitionError.DefinitionError, `${name} of ${typeof given}`)
      assert.match((error as Error).message, /takes an? [a-z ]+, such as .* returns?, not /)
      assert.isBelow((error as Error).message.length, 300)
    }
  })

  it.each(Object.keys(optional))("to %s in place of its options is refused, by its kind", (name) => {
    for (const given of [null, 0, "a", 1n, Symbol("a"), [], () => {}]) {
      const error = refusal(() => optional[name]!(given as never))
      assert.instanceOf(error, DefinitionError.DefinitionError, `${name} of ${typeof given}`)
      assert.match((error as Error).message, /it takes an object with its options, not /)
    }
  })
})
