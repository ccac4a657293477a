import { assert, describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { Leaf, logged, recorded, relatedBy } from "../test/loaders.ts"
import { trackOne, violationsOf } from "../test/tracker.ts"
import { Aggregate, Entity, Loader, type RowError, TrackedEvent } from "./index.ts"

/** As bson has them, without its prototype chain: two of them are equal by their text. */
class ObjectId {
  readonly bytes: Uint8Array
  constructor(hex: string) {
    this.bytes = Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16))
  }
  toString(): string {
    return Array.from(this.bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  }
}
class Uuid {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}
/** As `Temporal.Instant` is, where the platform has none. */
class Instant {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  get [Symbol.toStringTag](): string {
    return "Temporal.Instant"
  }
  toString(): string {
    return this.#text
  }
}
class Money {
  readonly amount = 5
}

const hex = (n: number): string => n.toString(16).padStart(24, "0")
const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`

/** For each kind of key: two keys of a number that are not the same value, and are equal. */
const kinds: Readonly<Record<string, readonly [(n: number) => unknown, (n: number) => unknown]>> = {
  "numbers and the strings that drivers make of int8": [(n) => n, String],
  "strings and bigints": [String, BigInt],
  "integers too large for a number": [(n) => 2n ** 60n + BigInt(n), (n) => String(2n ** 60n + BigInt(n))],
  texts: [(n) => `sku-${n}`, (n) => ["sku", n].join("-")],
  "texts with a leading zero": [(n) => `0${n}`, (n) => `0${n}`],
  "booleans, and null for no key": [(n) => n % 2 === 0, (n) => n % 2 === 0],
  dates: [(n) => new Date(n), (n) => new Date(n)],
  ObjectIds: [(n) => new ObjectId(hex(n)), (n) => new ObjectId(hex(n))],
  "ObjectIds and their texts": [(n) => new ObjectId(hex(n)), hex],
  "UUIDs of a class, with private fields": [(n) => new Uuid(uuid(n)), (n) => new Uuid(uuid(n))],
  "UUIDs of a class and their texts": [uuid, (n) => new Uuid(uuid(n))],
  bytes: [(n) => Buffer.from(String(n)), (n) => new TextEncoder().encode(String(n))],
  "bytes, more than a function takes arguments": [
    (n) => new Uint8Array(300_000).fill(n),
    (n) => Buffer.alloc(300_000, n)
  ],
  "Temporal's instants": [(n) => new Instant(`1970-01-01T00:00:${n}Z`), (n) => new Instant(`1970-01-01T00:00:${n}Z`)],
  "values of Effect's Equal": [(n) => DateTime.makeUnsafe(n), (n) => DateTime.makeUnsafe(n)],
  "decimals of Effect": [(n) => BigDecimal.fromNumberUnsafe(n / 4), (n) => BigDecimal.fromNumberUnsafe(n / 4)]
}

describe("keys that are equal by their value", () => {
  for (const [kind, [left, right]] of Object.entries(kinds)) {
    it.effect(`match their rows, share a call and a cache: ${kind}`, () =>
      Effect.gen(function* () {
        const numbers = kind.startsWith("booleans") ? [10, 11] : [10, 11, 12]
        const table = numbers.map((id) => ({ id, key: right(id) }))
        const { calls, loader } = recorded(table)
        const rows = [...numbers, ...numbers].map((n, id) => ({ id, of: left(n) }))
        const expected = [...numbers, ...numbers].map((n, id) => ({ Leaf_id: id, Parent_id: n }))
        assert.deepStrictEqual(yield* Entity.valuesAll(relatedBy(loader), rows), expected)
        const each = Effect.forEach(rows, Entity.values(relatedBy(loader)), { concurrency: "unbounded" })
        assert.deepStrictEqual(yield* each, expected)
        assert.deepStrictEqual(
          calls.map((keys) => keys.length),
          [numbers.length, numbers.length]
        )
        const cached = relatedBy(loader.pipe(Loader.cached({ capacity: 10, timeToLive: "1 minute" })))
        for (let i = 0; i < 2; i++) assert.deepStrictEqual(yield* Entity.valuesAll(cached, rows), expected)
        assert.strictEqual(calls.length, 3)
      })
    )

    it.effect(`count the rows of a key: ${kind}`, () =>
      Effect.gen(function* () {
        const children = Loader.byForeignKey({
          load: (_: Array<any>) => [1, 2].map((id) => ({ id, parent: right(10) })),
          keyOf: (row) => row.parent
        })
        const Parent = Leaf.pipe(
          Entity.many(
            "children",
            Leaf,
            Loader.at(children, (row: { own: any }) => row.own),
            Aggregate.count
          )
        )
        assert.deepStrictEqual(yield* Entity.values(Parent, { id: 1, own: left(10) }), {
          Leaf_id: 1,
          Leaf_children_count: 2
        })
      })
    )
  }

  it("are the same whatever kinds of keys are mixed, in batches, caches and rows", async () => {
    const key = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom<unknown>(
        "-0",
        "0",
        "1",
        "01",
        "1.0",
        "",
        " 1",
        "true",
        "NaN",
        "1e3",
        1000,
        true,
        Number.NaN,
        0.5
      ),
      fc.bigInt({ min: -3n, max: 3n }),
      fc.integer({ min: -3, max: 3 }).map(String),
      fc.integer({ min: 0, max: 3 }).map((n) => new Date(n)),
      fc.integer({ min: 0, max: 3 }).map((n) => new Uuid(uuid(n))),
      fc.integer({ min: 0, max: 3 }).map((n) => Buffer.from([n])),
      fc.integer({ min: 0, max: 3 }).map((n) => DateTime.makeUnsafe(n))
    )
    /** Equality as the page says it, written down once more. */
    const equal = (a: any, b: any): boolean => {
      const integer = (one: unknown) =>
        ["number", "bigint", "string"].includes(typeof one) &&
        /^(0|-?[1-9]\d*)$/.test(Object.is(one, -0) ? "0" : String(one))
      if (integer(a) && integer(b)) return BigInt(a) === BigInt(b)
      if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
      if (a instanceof Uuid && b instanceof Uuid) return String(a) === String(b)
      if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return a.equals(b)
      if (DateTime.isDateTime(a) && DateTime.isDateTime(b)) return a.epochMilliseconds === b.epochMilliseconds
      return Object.is(a, b)
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { maxLength: 12 }),
        fc.array(key, { minLength: 1, maxLength: 12 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        async (known, asked, keeps, size) => {
          const table = known
            .map((one, id) => ({ id, key: one }))
            .filter(({ key: one }, index) => known.findIndex((other) => equal(one, other)) === index)
          const { loader } = recorded(table)
          const batched = loader.pipe(Loader.batchN(size))
          const own = keeps ? batched.pipe(Loader.cached({ capacity: 3, timeToLive: "1 minute" })) : batched
          const rows = asked.map((of, id) => ({ id, of }))
          const expected = rows.map(({ id, of }) => {
            const found = table.find((row) => equal(row.key, of))
            return found === undefined ? { Leaf_id: id } : { Leaf_id: id, Parent_id: found.id }
          })
          const Related = relatedBy(own)
          const ways = Effect.gen(function* () {
            assert.deepStrictEqual<unknown>(yield* Entity.valuesAll(Related, rows), expected)
            const each = Effect.forEach(rows, Entity.values(Related), { concurrency: "unbounded" })
            assert.deepStrictEqual<unknown>(yield* each, expected)
          })
          await Effect.runPromise(Effect.map(logged(ways), ([nothing]) => nothing))
        }
      ),
      { numRuns: 150 }
    )
  })

  it.effect("are given to load once, as the first of them", () =>
    Effect.gen(function* () {
      const keys = [1, 2, 3].map((n) => ({ tenant: "t", n }))
      const { calls, loader } = recorded([{ id: 7, key: { tenant: "t" } }], { hash: ({ tenant }) => tenant })
      const rows = keys.map((of, id) => ({ id, of }))
      yield* Entity.valuesAll(relatedBy(loader), rows)
      yield* Effect.forEach(rows, Entity.values(relatedBy(loader)), { concurrency: "unbounded" })
      assert.deepStrictEqual(calls, [[keys[0]], [keys[0]]])
    })
  )

  it.effect("of hash are compared as they are: a number is not its text", () =>
    Effect.gen(function* () {
      const { loader } = recorded([{ id: 7, key: { n: "1" } }], { hash: ({ n }) => n })
      const [values] = yield* logged(Entity.values(relatedBy(loader), { id: 1, of: { n: 1 } }))
      assert.deepStrictEqual<unknown>(values, { Leaf_id: 1 })
    })
  )
})

describe("keys that are other objects", () => {
  const odd: Readonly<Record<string, readonly [kind: string, key: unknown]>> = {
    "a plain object": ["an object", { a: 1 }],
    "an object of a class": ["an object", new Money()],
    "an object of a class that everybody knows": ["an object of class Map", new Map()],
    "an array": ["an array of length 1", [7]],
    "an invalid date": ["an invalid Date", new Date(Number.NaN)],
    "a function": ["a function", () => 1]
  }
  for (const [name, [kind, key]] of Object.entries(odd)) {
    it.effect(`are refused, with the loader and the remedy: ${name}`, () =>
      Effect.gen(function* () {
        const { loader } = recorded([{ id: 7, key: 1 }], { name: "products" })
        const Related = relatedBy(loader)
        for (const values of [
          Entity.values(Related, { id: 1, of: key }),
          Entity.valuesAll(Related, [{ id: 1, of: key }])
        ]) {
          const error = (yield* Effect.flip(values as Effect.Effect<unknown, unknown>)) as RowError.InvalidRow
          assert.match(error.path, /^Leaf(\[0\])?\.parent$/)
          assert.strictEqual(error.actual, kind)
          assert.include(error.message, "expected a key that products can compare")
          assert.include(error.message, "give the loader hash")
        }
        const Tracked = TrackedEvent.make("tracked", { entities: { leaf: Related } })
        const { message } = yield* trackOne(Tracked, { leaf: { id: 1, of: key } })
        const [violation] = violationsOf(message)
        assert.strictEqual(violation?.path, "Leaf.parent")
        assert.include(violation?.expected, "give products hash")
        assert.strictEqual(violation?.actual, kind)
      })
    )

    it.effect(`are refused as the keys of rows, too: ${name}`, () =>
      Effect.gen(function* () {
        const { loader } = recorded([{ id: 7, key }], { name: "products" })
        const Tracked = TrackedEvent.make("tracked", { entities: { leaf: relatedBy(loader) } })
        const { message } = yield* trackOne(Tracked, { leaf: { id: 1, of: 7 } })
        const [violation] = violationsOf(message)
        assert.strictEqual(violation?.path, "Leaf.parent")
        assert.include(violation?.actual, `products: keyOf must return a key that products can compare`)
        assert.include(violation?.actual, `give products hash), not ${kind}`)
      })
    )
  }

  it.effect("match with hash, as the error says", () =>
    Effect.gen(function* () {
      const { calls, loader } = recorded([{ id: 7, key: { a: 1 } }], { hash: ({ a }) => a })
      const cached = loader.pipe(Loader.cached({ capacity: 10, timeToLive: "1 minute" }))
      for (let i = 0; i < 2; i++) {
        assert.deepStrictEqual<unknown>(yield* Entity.values(relatedBy(cached), { id: 1, of: { a: 1 } }), {
          Leaf_id: 1,
          Parent_id: 7
        })
      }
      assert.strictEqual(calls.length, 1)
    })
  )

  it.effect("are refused where hash returns what cannot be compared either", () =>
    Effect.gen(function* () {
      for (const hash of [() => undefined, () => null, () => ({}), () => Promise.resolve("1")]) {
        const { loader } = recorded([{ id: 7, key: { a: 1 } }], { hash })
        const values = Entity.values(relatedBy(loader), { id: 1, of: { a: 1 } })
        const error = (yield* Effect.flip(values as Effect.Effect<unknown, unknown>)) as RowError.InvalidRow
        assert.strictEqual(error.expected, "hash of things to return a string or a number at once")
      }
    })
  )
})
