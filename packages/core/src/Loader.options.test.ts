import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Keyed, recorded, relatedBy } from "../test/loaders.ts"
import { refusal } from "../test/refusal.ts"
import { trackOne, violationsOf } from "../test/tracker.ts"
import { Entity, Loader, TrackedEvent } from "./index.ts"

const row = { id: 10, key: 1 }
const good = { name: "products", load: () => [row], keyOf: ({ key }: Keyed) => key }
const { loader } = recorded([row], { name: "products" })
const keep = (options: unknown) => Loader.cached(loader, options as never)
const batches = (size: unknown, options?: unknown) => Loader.batchN(loader, size as never, options as never)

const { at, cached, clear, clearAll, groupedBy, prime, required, transform } = Loader
const combinators = { at, cached, clear, clearAll, groupedBy, prime, required, transform }

/** What is wrong, how it is refused, and what to write instead. */
const refused: ReadonlyArray<readonly [string, () => unknown, RegExp, () => unknown]> = [
  [
    "no options",
    () => Loader.byKey(null as never),
    /^Loader: a loader needs options with load and keyOf, not null$/,
    () => Loader.byKey(good)
  ],
  [
    "no load",
    () => Loader.byKey({ ...good, load: undefined as never as typeof good.load }),
    /^products: load must be a function from keys to their rows, not undefined$/,
    () => Loader.byKey(good)
  ],
  [
    "no keyOf",
    () => Loader.byKey({ ...good, keyOf: "id" as never }),
    /^products: keyOf must be a function from a row to its key, not a string/,
    () => Loader.byKey(good)
  ],
  [
    "an async keyOf",
    () => Loader.byForeignKey({ ...good, keyOf: async () => 1 as never }),
    /^products: keyOf must be a plain function from a row to its key: an async one returns a promise$/,
    () => Loader.byForeignKey(good)
  ],
  [
    "a hash that is a property's name",
    () => Loader.byKey({ ...good, hash: "id" as never }),
    /^products: hash must be a function from a key to a string or a number, not a string/,
    () => Loader.byKey({ ...good, hash: (key) => key as number })
  ],
  [
    "an async hash",
    () => Loader.byKey({ ...good, hash: async () => "1" }),
    /^products: hash must be a plain function/,
    () => Loader.byKey({ ...good, hash: String })
  ],
  [
    "an empty name",
    () => Loader.byKey({ ...good, name: "" }),
    /^Loader: a loader's name must be a string of 1 to 255 visible characters, and is empty/,
    () => Loader.byKey(good)
  ],
  [
    "a cache without options",
    () => keep(undefined),
    /^products: a cache's capacity must be a whole number of at least 1, not undefined$/,
    () => keep({ capacity: 1, timeToLive: 1 })
  ],
  [
    "a capacity that is a text",
    () => keep({ capacity: "10", timeToLive: 1 }),
    /^products: a cache's capacity must be a whole number of at least 1, not a string/,
    () => keep({ capacity: 10, timeToLive: 1 })
  ],
  [
    "no timeToLive",
    () => keep({ capacity: 1 }),
    /^products: a cache's timeToLive must be a number of milliseconds \(0 or more\), or a string like "10 seconds", not undefined$/,
    () => keep({ capacity: 1, timeToLive: "10 seconds" })
  ],
  [
    "a timeToLive that is no duration",
    () => keep({ capacity: 1, timeToLive: "soon" }),
    /^products: a cache's timeToLive must be .*, not a string/,
    () => keep({ capacity: 1, timeToLive: "10 seconds" })
  ],
  [
    "a timeToLive of NaN",
    () => keep({ capacity: 1, timeToLive: Number.NaN }),
    /^products: a cache's timeToLive must be .*, not /,
    () => keep({ capacity: 1, timeToLive: Infinity })
  ],
  [
    "a timeToLive below 0",
    () => keep({ capacity: 1, timeToLive: -1 }),
    /^products: a cache's timeToLive must be .*, not /,
    () => keep({ capacity: 1, timeToLive: 1 })
  ],
  [
    "a timeToLive of 0",
    () => keep({ capacity: 1, timeToLive: 0 }),
    /^products: a cache's timeToLive must be more than 0: without one, leave Loader.cached out$/,
    () => loader
  ],
  [
    "a size that is no whole number",
    () => batches("5"),
    /^products: a batch size must be a whole number of at least 1, not a string/,
    () => batches(5)
  ],
  ...[0, -1, Number.NaN, 1.5].map(
    (concurrency) =>
      [
        `a concurrency of ${concurrency}`,
        () => batches(5, { concurrency }),
        new RegExp(
          `^products: the concurrency of batchN must be "unbounded" or a whole number of at least 1, not ${concurrency}$`
        ),
        () => batches(5, { concurrency: 1 })
      ] as const
  ),
  [
    "a concurrency that is a text",
    () => batches(5, { concurrency: "2" }),
    /concurrency of batchN must be "unbounded" or a whole number of at least 1, not a string/,
    () => batches(5, { concurrency: "unbounded" })
  ],
  [
    "a transform that is no function",
    () => Loader.transform(loader, "x" as never),
    /^products: transform must be a function from a call's Effect to an Effect, not a string/,
    () => Loader.transform(loader, (call) => call)
  ],
  [
    "an async transform",
    () => Loader.transform(loader, (async () => []) as never),
    /^products: transform must be a plain function/,
    () => Loader.transform(loader, (call) => call)
  ],
  [
    "a group that is no function",
    () => Loader.groupedBy(loader, undefined as never),
    /^products: groupedBy must be a function from the services of a caller to its group, not undefined$/,
    () => Loader.groupedBy(loader, () => 1)
  ],
  [
    "an async group",
    () => Loader.groupedBy(loader, async () => 1),
    /^products: groupedBy must be a plain function/,
    () => Loader.groupedBy(loader, () => 1)
  ],
  [
    "a relation without a key",
    () => Loader.at(loader, undefined as never),
    /^products: Loader.at must be a function from the row to the key, not undefined$/,
    () => Loader.at(loader, (one: Keyed) => one.key)
  ],
  [
    "a relation with an async key",
    () => Loader.at(loader, async () => 1),
    /^products: Loader.at must be a plain function/,
    () => Loader.at(loader, (one: Keyed) => one.key)
  ],
  ...(Object.keys(combinators) as Array<keyof typeof combinators>).map(
    (name) =>
      [
        `no loader in ${name}`,
        () =>
          (combinators[name] as (...args: ReadonlyArray<unknown>) => unknown)(
            {},
            ...(name === "prime"
              ? [1, row]
              : name === "required" || name === "clearAll"
                ? []
                : [{ capacity: 1, timeToLive: 1 }])
          ),
        new RegExp(`^Loader.${name}: it takes a loader, such as Loader.byKey returns, not an object$`),
        () => loader
      ] as const
  )
]

describe("an option of a loader", () => {
  for (const [what, define, message, instead] of refused) {
    it(`is refused where it is composed, and its remedy is not: ${what}`, () => {
      assert.match(refusal(define).message, message)
      assert.isOk(instead())
    })
  }
})

describe("a function of a loader that answers with a promise after all", () => {
  const later = (answer: unknown) => Promise.resolve(answer) as never
  const entities = {
    keyOf: relatedBy(Loader.byKey({ ...good, keyOf: () => later(1) })),
    hash: relatedBy(Loader.byKey({ ...good, hash: () => later(1) })),
    groupedBy: relatedBy(Loader.groupedBy(Loader.byKey(good), () => later(1))),
    transform: relatedBy(Loader.transform(Loader.byKey(good), () => later([row])))
  }
  const expected: Readonly<Record<keyof typeof entities, RegExp>> = {
    keyOf: /nothing: products: keyOf must return a key that is there at once, not an object of class Promise/,
    hash: /an object of class Promise/,
    groupedBy: /nothing: products has a groupedBy that returned a promise or an Effect/,
    transform: /nothing: products has a transform that returned an object of class Promise instead of an Effect/
  }
  for (const name of Object.keys(entities) as Array<keyof typeof entities>) {
    it.effect(`is named in the violation: ${name}`, () =>
      Effect.gen(function* () {
        const Tracked = TrackedEvent.make("tracked", { entities: { leaf: entities[name] } })
        const { message } = yield* trackOne(Tracked, { leaf: { id: 1, of: 1 } })
        const [violation] = violationsOf(message)
        assert.strictEqual(violation?.path, "Leaf.parent")
        assert.match(violation!.actual, expected[name])
      })
    )
  }
})

describe("a loader that answers with a driver's result", () => {
  it.effect("is named in the violation, which has what to do", () =>
    Effect.gen(function* () {
      const wrong = Loader.byKey({
        ...good,
        load: (async () => ({ rows: [row], rowCount: 1 })) as never as typeof good.load
      })
      const Tracked = TrackedEvent.make("tracked", { entities: { leaf: relatedBy(wrong) } })
      const { message } = yield* trackOne(Tracked, { leaf: { id: 1, of: 1 } })
      assert.deepStrictEqual(violationsOf(message), [
        {
          path: "Leaf.parent",
          expected: "a related row",
          actual: "nothing: products returned an object with rows instead of an array of rows"
        }
      ])
      const values = Entity.values(relatedBy(wrong), { id: 1, of: 1 })
      const error = yield* Effect.flip(Effect.catchDefect(values, Effect.fail))
      assert.strictEqual(
        (error as Error).message,
        "products returned an object with rows instead of an array of rows. Return its rows from load."
      )
    })
  )
})
