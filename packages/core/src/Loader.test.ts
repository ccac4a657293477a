import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { refusal } from "../test/refusal.ts"
import { Aggregate, DefinitionError, Entity, Loader, RowError } from "./index.ts"

interface Thing {
  readonly id: number
  readonly parentId: number
}
const Leaf = Entity.make("Leaf", { key: "id", attributes: { id: Schema.Int } })
const thing = (id: number): Thing => ({ id, parentId: Math.floor(id / 10) })

/** A loader of things that remembers the keys of each of its calls. */
const recorded = (options?: {
  readonly rows?: (keys: ReadonlyArray<number>) => ReadonlyArray<Thing>
  readonly before?: Effect.Effect<void>
}) => {
  const calls: Array<ReadonlyArray<number>> = []
  const loader = Loader.byKey({
    name: "things",
    load: (keys: ReadonlyArray<number>) =>
      Effect.andThen(
        options?.before ?? Effect.void,
        Effect.sync(() => {
          calls.push(keys)
          return (options?.rows ?? ((ids) => ids.map(thing)))(keys)
        })
      ),
    keyOf: (row) => row.id
  })
  return { calls, loader }
}

const related = <E = never, R = never>(loader: Loader.Loader<number, Thing, undefined, E, R>, prefix = "Parent") =>
  Leaf.pipe(
    Entity.one(
      "parent",
      Leaf,
      Loader.at(loader, (row: { parentId: number }) => row.parentId),
      { prefix }
    )
  )

const unbounded = { concurrency: "unbounded" } as const

/** What was logged while an effect ran. */
const logged = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const messages: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void messages.push(`${logLevel} ${String(message)}`))
  const result = yield* Effect.provide(effect, Logger.layer([logger]))
  return [result, messages] as const
})

describe("an Error in place of a row", () => {
  it.effect("is no row, with a warning that names its kind and what to do, and never its text", () =>
    Effect.gen(function* () {
      const valued = (load: (ids: ReadonlyArray<number>) => ReadonlyArray<unknown>) => {
        const things = Loader.byKey({
          name: "things",
          load: async (ids: Array<number>) => load(ids) as ReadonlyArray<{ id: number }>,
          keyOf: (row) => row.id
        })
        const Thing = Leaf.pipe(
          Entity.one("parent", Leaf, Loader.at(things, (row: { parentId: number }) => row.parentId) as any, {
            prefix: "P"
          })
        )
        return logged(Entity.valuesAll(Thing as any, [{ ...thing(1), parentId: 7 }]) as Effect.Effect<any, any>)
      }
      const [[values], one] = yield* valued(() => [new RangeError("jane@example.com")])
      assert.notProperty(values, "P_id")
      assert.deepStrictEqual(one, [
        "Warn things: 1 row is an Error (RangeError), and no row: throw it in load if the call has failed, or leave it out"
      ])
      const [, two] = yield* valued(() => [new TypeError("a"), new TypeError("b")])
      assert.match(two[0]!, /^Warn things: 2 rows are Errors \(TypeError\)/)
      // The remedies.
      const [[left], none] = yield* valued(() => [])
      assert.notProperty(left, "P_id")
      assert.deepStrictEqual(none, [])
      const failed = yield* Effect.exit(
        valued(() => {
          throw new RangeError("no")
        })
      )
      assert.strictEqual(failed._tag, "Failure")
    })
  )
})

describe("a loader's calls", () => {
  it.effect("are one for each level, however many rows are valued together", () =>
    Effect.gen(function* () {
      const parents = recorded()
      const grandparents = recorded()
      const Grandparent = related(grandparents.loader, "Grandparent")
      const Line = Leaf.pipe(
        Entity.one(
          "parent",
          Grandparent,
          Loader.at(parents.loader, (row: { parentId: number }) => row.parentId),
          { prefix: "Parent" }
        )
      )
      const rows = Array.from({ length: 25_000 }, (_, id) => thing(id))
      const values = yield* Entity.valuesAll(Line, rows)
      assert.deepStrictEqual(
        values,
        rows.map(({ id }) => ({ Leaf_id: id, Parent_id: Math.floor(id / 10), Grandparent_id: Math.floor(id / 100) }))
      )
      assert.deepStrictEqual(
        [parents.calls, grandparents.calls].map((calls) => calls.map((keys) => keys.length)),
        [[2_500], [250]]
      )
      const failed = yield* Effect.flip(Entity.valuesAll(Line, rows.with(24_999, { ...thing(1), id: 0.5 })))
      assert.strictEqual((failed as RowError.InvalidRow).path, "Leaf[24999].id")
    })
  )

  it.effect("are one for each relation and level, with distinct keys, for 10,000 rows and three levels", () =>
    Effect.gen(function* () {
      const a = recorded()
      const b = recorded()
      const c = recorded()
      const parentOf = (loader: Loader.Loader<number, Thing>) =>
        Loader.at(loader, (row: { parentId: number }) => row.parentId)
      const Third = Leaf.pipe(Entity.one("parent", Leaf, parentOf(c.loader), { prefix: "C" }))
      const Second = Leaf.pipe(Entity.one("parent", Third, parentOf(b.loader), { prefix: "B" }))
      const First = Leaf.pipe(Entity.one("parent", Second, parentOf(a.loader), { prefix: "A" }))
      const rows = Array.from({ length: 10_000 }, (_, i) => thing(i))
      const values = yield* Entity.valuesAll(First, rows)
      assert.deepStrictEqual(values[9876], { Leaf_id: 9876, A_id: 987, B_id: 98, C_id: 9 })
      const range = (n: number) => Array.from({ length: n }, (_, i) => i)
      assert.deepStrictEqual([a.calls, b.calls, c.calls], [[range(1000)], [range(100)], [range(10)]])
    })
  )

  it.effect("are shared by a thousand fibers that value one row each at the same time", () =>
    Effect.gen(function* () {
      const inner = recorded()
      const outer = recorded()
      const First = Leaf.pipe(
        Entity.one(
          "parent",
          related(inner.loader, "Grand"),
          Loader.at(outer.loader, (row: { parentId: number }) => row.parentId),
          {
            prefix: "Parent"
          }
        )
      )
      const rows = Array.from({ length: 1000 }, (_, i) => thing(i))
      const values = yield* Effect.forEach(rows, Entity.values(First), unbounded)
      assert.deepStrictEqual(values[987], { Leaf_id: 987, Parent_id: 98, Grand_id: 9 })
      assert.deepStrictEqual([outer.calls.length, inner.calls.length], [1, 1])
      assert.deepStrictEqual([outer.calls[0]!.length, inner.calls[0]!.length], [100, 10])
    })
  )

  it.effect("are shared by fibers that are forked one by one, and by two relations of one loader", () =>
    Effect.gen(function* () {
      const { calls, loader } = recorded()
      const Both = related(loader).pipe(
        Entity.one(
          "other",
          Leaf,
          Loader.at(loader, (row: { otherId: number }) => row.otherId),
          { prefix: "Other" }
        )
      )
      const fibers = yield* Effect.forEach([1, 2, 3], (i) =>
        Effect.forkChild(Entity.values(Both, { id: i, parentId: i * 10, otherId: 7 }))
      )
      const values = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(values[2], { Leaf_id: 3, Parent_id: 30, Other_id: 7 })
      assert.strictEqual(calls.length, 1)
      assert.sameMembers([...calls[0]!], [10, 20, 30, 7])
    })
  )

  it.effect("are not made for a relation that is omitted, nor where every key is null", () =>
    Effect.gen(function* () {
      const { calls, loader } = recorded()
      const Nullable = Leaf.pipe(
        Entity.one(
          "parent",
          Leaf,
          Loader.at(loader, (row: { parentId: number | null }) => row.parentId),
          { prefix: "Parent" }
        )
      )
      assert.deepStrictEqual(yield* Entity.values(Nullable.pipe(Entity.omit("parent")), { id: 1 }), { Leaf_id: 1 })
      assert.deepStrictEqual(yield* Entity.values(Nullable, { id: 1, parentId: null }), { Leaf_id: 1 })
      assert.deepStrictEqual(
        yield* Entity.valuesAll(Nullable, [
          { id: 1, parentId: null },
          { id: 2, parentId: 5 }
        ]),
        [{ Leaf_id: 1 }, { Leaf_id: 2, Parent_id: 5 }]
      )
      assert.deepStrictEqual(calls, [[5]])
    })
  )

  it.effect("take at most the keys of a batch", () =>
    Effect.gen(function* () {
      const { calls, loader } = recorded()
      const rows = Array.from({ length: 25 }, (_, i) => ({ id: i, parentId: i }))
      const sizes = () => calls.splice(0).map((keys) => keys.length)
      yield* Entity.valuesAll(related(Loader.batchN(loader, 10)), rows)
      assert.deepStrictEqual(sizes(), [10, 10, 5])
      yield* Effect.forEach(rows, Entity.values(related(loader.pipe(Loader.batchN(7, { concurrency: 1 })))), unbounded)
      assert.deepStrictEqual(sizes(), [7, 7, 7, 4])
    })
  )

  it.effect("are grouped by the services that must be the same", () =>
    Effect.gen(function* () {
      class Tenant extends Context.Service<Tenant, string>()("test/Tenant") {}
      const calls: Array<readonly [string, ReadonlyArray<number>]> = []
      const shared = Loader.byKey({
        load: (keys: ReadonlyArray<number>) =>
          Effect.map(Tenant, (tenant) => {
            calls.push([tenant, keys])
            return keys.map(thing)
          }),
        keyOf: (row) => row.id
      })
      const run = (loader: typeof shared) =>
        Effect.forEach(
          ["a", "b", "a"],
          (tenant, i) => Effect.provideService(Entity.values(related(loader), { id: i, parentId: i }), Tenant, tenant),
          unbounded
        )
      yield* run(shared.pipe(Loader.groupedBy((context) => Context.get(context, Tenant))))
      assert.deepStrictEqual(calls.splice(0), [
        ["a", [0, 2]],
        ["b", [1]]
      ])
      yield* run(Loader.groupedBy(shared, (context) => Context.get(context, Tenant)))
      assert.strictEqual(calls.length, 2)
    })
  )

  it.effect("take keys that are objects by what hash makes of them", () =>
    Effect.gen(function* () {
      interface Key {
        readonly tenant: string
        readonly id: number
      }
      const calls: Array<ReadonlyArray<Key>> = []
      const loader = Loader.byKey({
        load: (keys: ReadonlyArray<Key>) => {
          calls.push(keys)
          return Effect.succeed(keys.map((key) => ({ ...key })))
        },
        keyOf: ({ id, tenant }) => ({ id, tenant }),
        hash: (key) => `${key.tenant}/${key.id}`
      })
      const Keyed = Leaf.pipe(
        Entity.one(
          "parent",
          Leaf,
          Loader.at(loader, (row: { parent: Key }) => row.parent),
          { prefix: "Parent" }
        )
      )
      const rows = [1, 2].map((id) => ({ id, parent: { tenant: "t", id: 9 } }))
      assert.deepStrictEqual(yield* Entity.valuesAll(Keyed, rows), [
        { Leaf_id: 1, Parent_id: 9 },
        { Leaf_id: 2, Parent_id: 9 }
      ])
      assert.strictEqual(calls[0]!.length, 1)
    })
  )

  it.effect("take any key that a Map takes", () =>
    Effect.gen(function* () {
      const names = ["__proto__", "constructor", "", "1"]
      const loader = Loader.byKey({
        load: (keys: ReadonlyArray<string>) => Effect.succeed(keys.map((name, id) => ({ name, id }))),
        keyOf: (row) => row.name
      })
      const Named = Leaf.pipe(
        Entity.one(
          "parent",
          Leaf,
          Loader.at(loader, (row: { name: string }) => row.name),
          { prefix: "P" }
        )
      )
      const values = yield* Entity.valuesAll(
        Named,
        names.map((name, id) => ({ id, name }))
      )
      assert.deepStrictEqual(
        values.map((value) => value.P_id),
        [0, 1, 2, 3]
      )
    })
  )
})

describe("what a loader finds", () => {
  it.effect("is matched by key: rows in another order, twice or that nobody asked for are handled and said", () =>
    Effect.gen(function* () {
      const { loader } = recorded({
        rows: (keys) => [thing(99), ...keys.toReversed().map(thing), { id: keys[0]!, parentId: -1 }, null as never]
      })
      const [values, messages] = yield* logged(Entity.valuesAll(related(loader), [thing(10), thing(20)]))
      assert.deepStrictEqual(values, [
        { Leaf_id: 10, Parent_id: 1 },
        { Leaf_id: 20, Parent_id: 2 }
      ])
      assert.deepStrictEqual(messages, [
        "Warn things: 1 row arrived twice for one key; the first counts",
        "Warn things: 1 row arrived for unrequested keys (load received an integer, keyOf returned an integer): does keyOf return the key type that load expects?"
      ])
    })
  )

  it.effect("is said of keys of another type, whose rows are absent", () =>
    Effect.gen(function* () {
      const loader = Loader.byKey({
        load: (keys: ReadonlyArray<number>) => Effect.succeed(keys.map((id) => ({ id, key: `#${id}` }))),
        keyOf: (row) => row.key as never
      })
      const [values, messages] = yield* logged(Entity.valuesAll(related(loader as never), [thing(10), thing(20)]))
      assert.deepStrictEqual(values, [{ Leaf_id: 10 }, { Leaf_id: 20 }] as never)
      assert.include(
        messages[0],
        "an unnamed loader: 2 rows arrived for unrequested keys (load received an integer, keyOf returned a string of length 2)"
      )
    })
  )

  it.effect("is one row's absence where one key is missing", () =>
    Effect.gen(function* () {
      const { loader } = recorded({ rows: (keys) => keys.filter((key) => key !== 2).map(thing) })
      assert.deepStrictEqual(yield* Entity.valuesAll(related(loader), [thing(10), thing(20)]), [
        { Leaf_id: 10, Parent_id: 1 },
        { Leaf_id: 20 }
      ])
    })
  )

  it.effect("is required where the relation says so: MissingRow names the relation and the key", () =>
    Effect.gen(function* () {
      const { loader } = recorded({ rows: (keys) => keys.filter((key) => key !== 2).map(thing) })
      const Required = Leaf.pipe(
        Entity.one(
          "parent",
          Leaf,
          Loader.at(Loader.required(loader), (row: { parentId: number | null }) => row.parentId as number),
          {
            prefix: "Parent"
          }
        )
      )
      assert.deepStrictEqual(yield* Entity.values(Required, thing(10)), { Leaf_id: 10, Parent_id: 1 })
      const error = yield* Effect.flip(Entity.valuesAll(Required, [thing(10), thing(20)]))
      assert.deepStrictEqual(error, new RowError.MissingRow({ path: "Leaf[1].parent", key: 2 }))
      assert.include(error.message, "Leaf[1].parent: the loader has no row for the key 2.")
      const keyless = yield* Effect.flip(Entity.values(Required, { id: 1, parentId: null }))
      assert.include(keyless.message, "no row for the key null")
      const composite = new RowError.MissingRow({ path: "A.b", key: { secret: 1 } })
      assert.include(composite.message, "the key (an object)")
    })
  )

  it.effect("is in the order of loading for many rows of a key, and empty where there are none", () =>
    Effect.gen(function* () {
      const calls: Array<ReadonlyArray<number>> = []
      const children = Loader.byForeignKey({
        load: (ids: ReadonlyArray<number>) => {
          calls.push(ids)
          return Effect.succeed([11, 21, 12].map(thing))
        },
        keyOf: (row) => row.parentId
      })
      const Parent = Leaf.pipe(
        Entity.many(
          "children",
          Leaf,
          Loader.at(children, (row: { id: number | null }) => row.id),
          Aggregate.keys,
          Aggregate.count
        )
      )
      assert.deepStrictEqual(
        yield* Entity.valuesAll(
          Parent,
          [1, 2, 3].map((id) => ({ id }))
        ),
        [
          { Leaf_id: 1, Leaf_children_keys: [11, 12], Leaf_children_count: 2 },
          { Leaf_id: 2, Leaf_children_keys: [21], Leaf_children_count: 1 },
          { Leaf_id: 3, Leaf_children_keys: [], Leaf_children_count: 0 }
        ]
      )
      assert.deepStrictEqual(calls, [[1, 2, 3]])
    })
  )

  it.effect("is empty for a row without a key, alone and among others", () =>
    Effect.gen(function* () {
      const children = Loader.byForeignKey({ load: () => Effect.succeed([thing(11)]), keyOf: (row) => row.parentId })
      const Parent = Leaf.pipe(
        Entity.many(
          "children",
          Leaf,
          Loader.at(children, (row: { of: number | null }) => row.of),
          Aggregate.count
        )
      )
      const rows = [
        { id: 1, of: null },
        { id: 2, of: 1 }
      ]
      const values = [
        { Leaf_id: 1, Leaf_children_count: 0 },
        { Leaf_id: 2, Leaf_children_count: 1 }
      ]
      assert.deepStrictEqual(yield* Entity.valuesAll(Parent, rows), values)
      assert.deepStrictEqual(yield* Effect.forEach(rows, Entity.values(Parent)), values)
    })
  )

  it.effect("is loaded once for the relations of all lists together", () =>
    Effect.gen(function* () {
      const { calls, loader } = recorded()
      const Parent = Leaf.pipe(
        Entity.many(
          "children",
          related(loader),
          (row: { children: ReadonlyArray<Thing> }) => row.children,
          Aggregate.list({ max: 2 })
        )
      )
      const rows = [1, 2].map((id) => ({ id, children: [id * 10, id * 10 + 1, id * 10 + 2].map(thing) }))
      const values = yield* Entity.valuesAll(Parent, rows)
      assert.deepStrictEqual(values[1]!.Leaf_children, [
        { Leaf_id: 20, Parent_id: 2 },
        { Leaf_id: 21, Parent_id: 2 }
      ])
      assert.deepStrictEqual(calls, [[1, 2]])
      assert.deepStrictEqual(yield* Entity.values(Parent, rows[1]!), values[1])
    })
  )
})

describe("a single row", () => {
  const { calls, loader } = recorded()
  const ask = Loader.at(loader, (row: { parentId: number }) => row.parentId)

  it.effect("is valued with functions, computed attributes and lists beside its loaders, each time alike", () =>
    Effect.gen(function* () {
      const Mixed = Leaf.pipe(
        Entity.computed("double", Schema.Int, (row: { id: number }) => row.id * 2),
        Entity.one("parent", Leaf, ask, { prefix: "Parent" }),
        Entity.one("self", Leaf, (row: { id: number }) => row, { prefix: "Self" }),
        Entity.one("nobody", Leaf, () => null, { prefix: "Nobody" }),
        Entity.many("all", Leaf, (row: { id: number }) => [row], Aggregate.count)
      )
      for (let i = 0; i < 3; i++) {
        assert.deepStrictEqual(yield* Entity.values(Mixed, { id: 3, parentId: 7 }), {
          Leaf_id: 3,
          Leaf_double: 6,
          Parent_id: 7,
          Self_id: 3,
          Leaf_all_count: 1
        })
      }
      assert.strictEqual((yield* Effect.flip(Entity.values(Mixed, null as never))).path, "Leaf")
      assert.strictEqual((yield* Effect.flip(Entity.values(Mixed, { id: "3", parentId: 7 } as never))).path, "Leaf.id")
    })
  )

  it.effect("is walked again, from the start, where a function answers with an Effect after all", () =>
    Effect.gen(function* () {
      let slow = false
      const once = Leaf.pipe(
        Entity.one("parent", Leaf, ask, { prefix: "Parent" }),
        Entity.one("maybe", Leaf, (row: { id: number }) => (slow ? Effect.succeed(row) : row), { prefix: "Maybe" }),
        Entity.many("all", Leaf, (row: { id: number }) => (slow ? Effect.succeed([row]) : [row]), Aggregate.count)
      )
      const expected = { Leaf_id: 3, Parent_id: 7, Maybe_id: 3, Leaf_all_count: 1 }
      for (slow of [false, false, true, false, true]) {
        assert.deepStrictEqual(yield* Entity.values(once, { id: 3, parentId: 7 }), expected)
      }
      const many = Entity.omit(once, "maybe")
      for (slow of [false, false, true]) {
        const { Maybe_id, ...rest } = expected
        assert.deepStrictEqual(yield* Entity.values(many, { id: 3, parentId: 7 }), rest)
      }
    })
  )

  it.effect("fails with what is wrong with it after a batch has come", () =>
    Effect.gen(function* () {
      const Deep = related(loader).pipe(
        Entity.one(
          "other",
          Leaf,
          Loader.at(loader, (row: { otherId: number }) => row.otherId),
          { prefix: "Other" }
        )
      )
      const odd: Loader.Loader<number, any> = Loader.byKey({
        load: (ids: ReadonlyArray<number>) => Effect.succeed(ids),
        keyOf: (id) => id
      })
      const Odd = Leaf.pipe(
        Entity.one(
          "parent",
          Leaf,
          Loader.at(odd, (row: { parentId: number }) => row.parentId),
          { prefix: "P" }
        )
      )
      const Required = Leaf.pipe(
        Entity.one(
          "parent",
          Leaf,
          Loader.at(Loader.required(recorded({ rows: () => [] }).loader), (row: { parentId: number }) => row.parentId),
          { prefix: "P" }
        )
      )
      for (let i = 0; i < 2; i++) {
        const thrown = {
          id: 1,
          parentId: 2,
          get otherId(): number {
            throw new RangeError("no")
          }
        }
        const error = yield* Effect.flip(Entity.values(Deep, thrown))
        assert.deepStrictEqual([error.path, error.actual], ["Leaf.other", "a throw of RangeError"])
        assert.strictEqual(
          (yield* Effect.flip(Entity.values(Odd, thing(10)) as Effect.Effect<unknown, RowError.InvalidRow>)).path,
          "Leaf.parent"
        )
        assert.deepStrictEqual(
          yield* Effect.flip(Entity.values(Required, thing(10))),
          new RowError.MissingRow({ path: "Leaf.parent", key: 1 })
        )
      }
      calls.splice(0)
    })
  )
})

describe("rows that stand inside others", () => {
  it.effect("have their loaders called for changes and beside extras", () =>
    Effect.gen(function* () {
      const { calls, loader } = recorded()
      const children = Loader.byForeignKey({
        load: (ids: ReadonlyArray<number>) => Effect.succeed(ids.map((id) => thing(id * 10))),
        keyOf: (row) => row.parentId
      })
      const Family = related(loader).pipe(
        Entity.many(
          "children",
          Leaf,
          Loader.at(children, (row: { id: number }) => row.id),
          Aggregate.keys
        )
      )
      const row = { id: 10, parentId: 1 }
      const expected = { Parent_id: 1, Leaf_children_keys: [100] }
      const changed = yield* Entity.values(Entity.changed(Family), { before: null, after: row })
      assert.deepInclude(changed, { ...expected, Leaf_state: "created" })
      const extra = Entity.extras(Family, { note: Schema.String })
      const beside = yield* Entity.valuesAll(extra, [{ row, extras: { note: "n" } }])
      assert.deepInclude(beside[0], { ...expected, Leaf_note: "n" })
      assert.deepStrictEqual(calls, [[1], [1]])
    })
  )

  it.effect("are valued as they were given, though their array changes while a loader runs", () =>
    Effect.gen(function* () {
      const { loader } = recorded()
      const rows = [thing(10), thing(20)]
      const fiber = yield* Effect.forkChild(Entity.valuesAll(related(loader), rows), { startImmediately: true })
      rows.length = 0
      assert.strictEqual((yield* Fiber.join(fiber)).length, 2)
    })
  )
})

describe("a loader that fails", () => {
  class Down extends Schema.TaggedError<Down>()("Down", {}) {}
  const failing = Loader.byKey({
    load: (keys: ReadonlyArray<number>) =>
      keys.includes(1) ? Effect.fail(new Down()) : Effect.succeed(keys.map(thing)),
    keyOf: (row) => row.id
  })

  it.effect("fails only those who asked for the keys of the call that failed", () =>
    Effect.gen(function* () {
      const exits = yield* Effect.forEach(
        [10, 20, 11, 30],
        (id) => Effect.exit(Entity.values(related(Loader.batchN(failing, 1)), thing(id))),
        unbounded
      )
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [false, true, false, true])
      assert.deepStrictEqual(yield* Effect.flip(exits[0]!), new Down())
      assert.deepStrictEqual(yield* Effect.flip(Entity.valuesAll(related(failing), [thing(10), thing(20)])), new Down())
    })
  )

  it.effect("is a defect where it throws, or gives what are no rows, or keyOf throws", () =>
    Effect.gen(function* () {
      const dies = Effect.fnUntraced(function* (load: () => unknown, keyOf: (row: Thing) => number = (row) => row.id) {
        const loader = Loader.byKey({
          name: "odd",
          load: load as () => Effect.Effect<ReadonlyArray<Thing>>,
          keyOf: keyOf as (row: Thing) => number
        })
        const exit = yield* Effect.exit(Entity.values(related(loader as Loader.Loader<number, Thing>), thing(10)))
        return Exit.isFailure(exit) ? String(exit.cause) : "no failure"
      })
      assert.include(
        yield* dies(() => {
          throw new Error("in load")
        }),
        "in load"
      )
      assert.include(
        yield* dies(() => Effect.succeed(undefined)),
        "odd returned undefined instead of an array of rows. Return the rows from load, or an empty array."
      )
      assert.include(yield* dies(() => Effect.succeed(null)), "odd returned null")
      assert.include(
        yield* dies(() => Effect.succeed({ rows: [thing(1)], rowCount: 1 })),
        "odd returned an object with rows instead of an array of rows. Return its rows from load."
      )
      assert.include(
        yield* dies(
          () => Effect.succeed([thing(1)]),
          () => {
            throw new Error("in keyOf")
          }
        ),
        "in keyOf"
      )
    })
  )

  it.effect("names the row whose key cannot be read", () =>
    Effect.gen(function* () {
      const { loader } = recorded()
      const Deep = Leaf.pipe(
        Entity.one(
          "parent",
          Leaf,
          Loader.at(loader, (row: { deep: { id: number } }) => row.deep.id),
          { prefix: "P" }
        )
      )
      const error = yield* Effect.flip(Entity.valuesAll(Deep, [{ id: 1, deep: { id: 1 } }, { id: 2 } as never]))
      assert.deepStrictEqual((error as RowError.InvalidRow).path, "Leaf[1].parent")
    })
  )

  it.effect("can be retried, timed out and given a fallback", () =>
    Effect.gen(function* () {
      let calls = 0
      const flaky = Loader.byKey({
        load: (keys: ReadonlyArray<number>) =>
          Effect.suspend(() => (++calls < 3 ? Effect.fail(new Down()) : Effect.succeed(keys.map(thing)))),
        keyOf: (row) => row.id
      })
      const retried = flaky.pipe(Loader.transform(Effect.retry(Schedule.recurs(5))))
      assert.deepStrictEqual(yield* Entity.values(related(retried), thing(10)), { Leaf_id: 10, Parent_id: 1 })
      assert.strictEqual(calls, 3)
      const withFallback = Loader.transform(failing, (call) =>
        Effect.orElseSucceed(call, (): ReadonlyArray<Thing> => [])
      )
      assert.deepStrictEqual(yield* Entity.values(related(withFallback), thing(10)), { Leaf_id: 10 })
    })
  )
})

describe("a batch function that is no Effect", () => {
  it.effect("gives its rows as a promise, or at once", () =>
    Effect.gen(function* () {
      const promised = Loader.byKey({
        load: async (ids: ReadonlyArray<number>) => ids.map(thing),
        keyOf: (row) => row.id
      })
      const there = Loader.byKey({ load: (ids: ReadonlyArray<number>) => ids.map(thing), keyOf: (row) => row.id })
      for (const loader of [promised, there]) {
        assert.deepStrictEqual(yield* Entity.values(related(loader), thing(10)), { Leaf_id: 10, Parent_id: 1 })
        assert.deepStrictEqual(yield* Entity.valuesAll(related(loader), [thing(10)]), [{ Leaf_id: 10, Parent_id: 1 }])
      }
      const children = Loader.byForeignKey({
        load: async (ids: ReadonlyArray<number>) => ids.map((id) => thing(id * 10)),
        keyOf: (row) => row.parentId
      })
      const Counted = Leaf.pipe(
        Entity.many(
          "children",
          Leaf,
          Loader.at(children, (row: { id: number }) => row.id),
          Aggregate.count
        )
      )
      assert.deepStrictEqual(yield* Entity.values(Counted, thing(1)), { Leaf_id: 1, Leaf_children_count: 1 })
    })
  )

  it.effect("fails with ResolveFailed where its promise rejects, and is called again where it is tried again", () =>
    Effect.gen(function* () {
      let calls = 0
      const flaky = Loader.byKey({
        name: "things",
        load: async (ids: ReadonlyArray<number>) => {
          if (++calls % 3 !== 0) throw new TypeError("jane@example.com")
          return ids.map(thing)
        },
        keyOf: (row) => row.id
      })
      const error: RowError.InvalidRow | RowError.ResolveFailed = yield* Effect.flip(
        Entity.values(related(flaky), thing(10))
      )
      assert.strictEqual(
        error.message,
        "things rejected with TypeError. Fix the function. If it finds nothing, return nothing instead of rejecting. See the cause of this error."
      )
      assert.instanceOf(error.cause, TypeError)
      const retried = flaky.pipe(Loader.transform(Effect.retry(Schedule.recurs(5))))
      assert.deepStrictEqual(yield* Entity.values(related(retried), thing(10)), { Leaf_id: 10, Parent_id: 1 })
      assert.strictEqual(calls, 3)
    })
  )

  it.effect("is told by its signal that nobody waits for its rows any more", () =>
    Effect.gen(function* () {
      const signals: Array<AbortSignal> = []
      const hanging = Loader.byKey({
        load: (_: ReadonlyArray<number>, { signal }): Promise<ReadonlyArray<Thing>> => {
          signals.push(signal)
          return new Promise(() => {})
        },
        keyOf: (row) => row.id
      })
      const fiber = yield* Effect.forkChild(Entity.values(related(hanging), thing(10)), { startImmediately: true })
      yield* Effect.yieldNow
      assert.deepStrictEqual(
        signals.map(({ aborted }) => aborted),
        [false]
      )
      yield* Fiber.interrupt(fiber)
      assert.isTrue(signals[0]!.aborted)
    })
  )
})

describe("a key, a hash and a group", () => {
  const later = <A>(answer: A) => {
    const rejected: Promise<A> = Promise.reject(new Error("nobody waits for it"))
    return answer === undefined ? (undefined as never) : (rejected as never)
  }
  const { loader } = recorded()
  const hashing = Loader.byKey({
    load: (ids: ReadonlyArray<number>) => ids.map(thing),
    keyOf: ({ id }) => id,
    hash: later
  })

  it.effect("that come as promises are refused, and one that rejects ends no process", () =>
    Effect.gen(function* () {
      const keyed = Leaf.pipe(
        Entity.one(
          "parent",
          Leaf,
          Loader.at(loader, (_: Thing) => later(1)),
          { prefix: "Parent" }
        )
      )
      for (const entity of [keyed, related(hashing)]) {
        for (const values of [Entity.values(entity, thing(10)), Entity.valuesAll(entity, [thing(10)])]) {
          const error = yield* Effect.flip(values as Effect.Effect<unknown, RowError.InvalidRow>)
          assert.include(error.path, ".parent")
        }
      }
      const grouped = related(Loader.groupedBy(loader, later))
      for (const values of [Entity.values(grouped, thing(10)), Entity.valuesAll(grouped, [thing(10)])]) {
        assert.include(String(Exit.isFailure(yield* Effect.exit(values as Effect.Effect<unknown>))), "true")
      }
    })
  )
})

describe("interruption", () => {
  it.effect("of one caller does not disturb the batch of the others", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { calls, loader } = recorded({ before: Deferred.await(gate) })
      const fibers = yield* Effect.forEach([10, 20, 30], (id) =>
        Effect.forkChild(Entity.values(related(loader), thing(id)))
      )
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fibers[1]!)
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(yield* Fiber.join(fibers[0]!), { Leaf_id: 10, Parent_id: 1 })
      assert.deepStrictEqual(yield* Fiber.join(fibers[2]!), { Leaf_id: 30, Parent_id: 3 })
      assert.strictEqual(calls.length, 1)
    })
  )

  it.effect("of all callers interrupts the call, and the next caller opens a new batch", () =>
    Effect.gen(function* () {
      let interrupted = 0
      let hang = true
      const { calls, loader } = recorded({
        before: Effect.suspend(() =>
          hang ? Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++)) : Effect.void
        )
      })
      const fibers = yield* Effect.forEach([10, 20], (id) =>
        Effect.forkChild(Entity.values(related(loader), thing(id)))
      )
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      yield* Fiber.interruptAll(fibers)
      assert.deepStrictEqual([interrupted, calls.length], [1, 0])
      hang = false
      assert.deepStrictEqual(yield* Entity.values(related(loader), thing(10)), { Leaf_id: 10, Parent_id: 1 })
    })
  )

  it.effect("before the batch has started leaves nothing to run", () =>
    Effect.gen(function* () {
      const { calls, loader } = recorded()
      const fiber = yield* Effect.forkChild(Entity.values(related(loader), thing(10)), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      for (let i = 0; i < 5; i++) yield* Effect.yieldNow
      assert.deepStrictEqual(calls, [])
    })
  )
})

describe("a cache", () => {
  const setup = (capacity: number) => {
    const { calls, loader } = recorded({ rows: (keys) => keys.filter((key) => key < 100).map(thing) })
    const Related = related(loader.pipe(Loader.cached({ capacity, timeToLive: "1 minute" })))
    const ask = (...keys: ReadonlyArray<number>) =>
      Effect.andThen(
        Entity.valuesAll(
          Related,
          keys.map((parentId) => ({ id: 1, parentId }))
        ),
        Effect.sync(() => calls.splice(0))
      )
    return ask
  }

  it.effect("keeps rows across calls until their time is over", () =>
    Effect.gen(function* () {
      const ask = setup(10)
      assert.deepStrictEqual(yield* ask(1, 2), [[1, 2]])
      assert.deepStrictEqual(yield* ask(1, 2, 3), [[3]])
      assert.deepStrictEqual(yield* ask(1, 2, 3), [])
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* ask(1), [[1]])
    })
  )

  it.effect("is bounded: the least recently used goes first", () =>
    Effect.gen(function* () {
      const ask = setup(2)
      yield* ask(1, 2)
      yield* ask(1)
      yield* ask(3)
      assert.deepStrictEqual(yield* ask(1, 3), [])
      assert.deepStrictEqual(yield* ask(2), [[2]])
    })
  )

  it.effect("remembers no failure and no absence", () =>
    Effect.gen(function* () {
      const ask = setup(10)
      assert.deepStrictEqual(yield* ask(100), [[100]])
      assert.deepStrictEqual(yield* ask(100), [[100]])
      let calls = 0
      const failing = Loader.byKey({
        load: (keys: ReadonlyArray<number>) =>
          Effect.suspend(() => (++calls === 1 ? Effect.fail("down") : Effect.succeed(keys.map(thing)))),
        keyOf: (row) => row.id
      })
      const Related = related(Loader.cached(failing, { capacity: 5, timeToLive: "1 minute" }))
      assert.strictEqual(yield* Effect.flip(Entity.values(Related, thing(10))), "down")
      assert.deepStrictEqual(yield* Entity.values(Related, thing(10)), { Leaf_id: 10, Parent_id: 1 })
      yield* Entity.values(Related, thing(10))
      assert.strictEqual(calls, 2)
    })
  )
})

describe("a bad loader", () => {
  it("is refused without its functions", () => {
    const { loader } = recorded()
    const keyOf = (row: Thing) => row.id
    for (const define of [
      () => Loader.byKey(null as never),
      () => Loader.byKey({ keyOf } as never),
      () => Loader.byForeignKey({ load: () => Effect.succeed([]) } as never),
      () => Loader.at(loader, undefined as never),
      () => Loader.at({} as never, keyOf as never)
    ]) {
      assert.strictEqual(refusal(define).reason, "BadPath")
    }
  })

  it("fails when it is composed", () => {
    const { loader } = recorded()
    for (const size of [0, -1, 1.5, Number.NaN]) {
      assert.throws(
        () => Loader.batchN(loader, size),
        DefinitionError.DefinitionError,
        "things: a batch size must be a whole number of at least 1"
      )
      assert.throws(
        () => Loader.cached(loader, { capacity: size, timeToLive: 1 }),
        DefinitionError.DefinitionError,
        "things: a cache's capacity must be a whole number of at least 1"
      )
    }
  })
})

describe("services of a loader", () => {
  it.effect("keep what is cached for each group alone", () =>
    Effect.gen(function* () {
      const [a, b] = [{}, {}]
      let group: unknown = a
      const { calls, loader } = recorded()
      const kept = loader.pipe(
        Loader.groupedBy(() => group),
        Loader.cached({ capacity: 10, timeToLive: "1 minute" })
      )
      const load = Effect.suspend(() => Entity.values(related(kept), thing(10)))
      for (const next of [a, b, "a", a, b, "a"]) {
        group = next
        assert.deepStrictEqual(yield* load, { Leaf_id: 10, Parent_id: 1 })
      }
      assert.deepStrictEqual(calls, [[1], [1], [1]])
    })
  )

  it.effect("are asked for as each caller comes, so that what groups them may be read from where it is called", () =>
    Effect.gen(function* () {
      let connection = "a"
      const { calls, loader } = recorded()
      const grouped = loader.pipe(Loader.groupedBy(() => connection))
      const start = (id: number) =>
        Effect.forkChild(Entity.values(related(grouped), thing(id)), { startImmediately: true })
      const fibers = [yield* start(10)]
      connection = "b"
      fibers.push(yield* start(20), yield* start(30))
      connection = "a"
      fibers.push(yield* start(40))
      yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(calls, [
        [1, 4],
        [2, 3]
      ])
    })
  )

  it.effect("are asked of the caller", () =>
    Effect.gen(function* () {
      class Table extends Context.Service<Table, { readonly all: ReadonlyArray<Thing> }>()("test/Table") {
        static readonly layer = Layer.succeed(Table, { all: [thing(1)] })
      }
      const loader = Loader.byKey({
        load: (keys: ReadonlyArray<number>) =>
          Effect.map(Table, ({ all }) => all.filter((row) => keys.includes(row.id))),
        keyOf: (row) => row.id
      })
      const values = Entity.values(related(loader), thing(10))
      assert.deepStrictEqual(yield* Effect.provide(values, Table.layer), { Leaf_id: 10, Parent_id: 1 })
    })
  )
})
