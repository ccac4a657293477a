import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as fc from "fast-check"
import * as TestClock from "effect/testing/TestClock"
import { Leaf, type Keyed, recorded, relatedBy } from "../test/loaders.ts"
import { refusal } from "../test/refusal.ts"
import { Aggregate, type DefinitionError, Entity, Loader } from "./index.ts"

const table: ReadonlyArray<Keyed> = [1, 2, 3].map((key) => ({ id: key * 10, key }))
const keep = { capacity: 10, timeToLive: "1 minute" } as const
const unbounded = { concurrency: "unbounded" } as const

describe("a key that is being loaded", () => {
  const slow = () => recorded(table, { before: Effect.sleep("200 millis") })
  /** An event every two milliseconds. */
  const ask = (loader: Loader.Loader<any, Keyed>, of: number) =>
    Effect.forEach(
      Array.from({ length: 100 }, (_, i) => i),
      (i) => Effect.delay(Entity.values(relatedBy(loader), { id: i, of }), `${i * 2} millis`),
      unbounded
    )

  it.effect("is loaded once for all who ask for it, where the loader is cached", () =>
    Effect.gen(function* () {
      const { calls, loader } = slow()
      const fiber = yield* Effect.forkChild(ask(Loader.cached(loader, keep), 2))
      yield* TestClock.adjust("500 millis")
      const values = yield* Fiber.join(fiber)
      assert.deepStrictEqual<unknown>(values[99], { Leaf_id: 99, Parent_id: 20 })
      assert.deepStrictEqual(calls, [[2]])
    })
  )

  it.effect("is loaded once even if it turns out to have no row", () =>
    Effect.gen(function* () {
      const { calls, loader } = slow()
      const fiber = yield* Effect.forkChild(ask(Loader.cached(loader, keep), 99))
      yield* TestClock.adjust("199 millis")
      assert.deepStrictEqual(calls, [[99]])
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual<unknown>((yield* Fiber.join(fiber))[0], { Leaf_id: 0 })
    })
  )

  it.effect("is loaded again without a cache", () =>
    Effect.gen(function* () {
      const { calls, loader } = slow()
      const fiber = yield* Effect.forkChild(ask(loader, 2))
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(fiber)
      assert.isAbove(calls.length, 90)
    })
  )

  it.effect("fails for all who ask for it, and is asked for again later", () =>
    Effect.gen(function* () {
      let down = true
      const before = Effect.andThen(
        Effect.sleep("200 millis"),
        Effect.suspend(() => (down ? Effect.fail("down" as const) : Effect.void))
      )
      const { calls, loader } = recorded(table, { before })
      const Related = relatedBy(Loader.cached(loader, keep))
      const first = yield* Effect.forkChild(Effect.exit(Entity.valuesAll(Related, [{ id: 1, of: 1 }])))
      yield* TestClock.adjust("100 millis")
      const second = yield* Effect.forkChild(
        Effect.forEach([1, 2], (of) => Effect.exit(Entity.values(Related, { id: of, of })), unbounded)
      )
      yield* TestClock.adjust("100 millis")
      down = false
      yield* TestClock.adjust("100 millis")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(first)))
      const [joined, own] = yield* Fiber.join(second)
      assert.deepStrictEqual([Exit.isFailure(joined!), Exit.isSuccess(own!)], [true, true])
      const again = yield* Effect.forkChild(Entity.values(Related, { id: 1, of: 1 }))
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(again), { Leaf_id: 1, Parent_id: 10 })
      assert.deepStrictEqual(calls, [[1], [2], [1]])
    })
  )

  it.effect("is loaded on where those who asked first are interrupted, and no further where all are", () =>
    Effect.gen(function* () {
      let interrupted = 0
      const before = Effect.onInterrupt(Effect.sleep("200 millis"), () => Effect.sync(() => interrupted++))
      const { calls, loader } = recorded(table, { before })
      const Related = relatedBy(Loader.cached(loader, keep))
      const ask = (id: number) => Effect.forkChild(Entity.values(Related, { id, of: 1 }))
      const first = yield* ask(1)
      yield* TestClock.adjust("50 millis")
      const [second, third] = [yield* ask(2), yield* ask(3)]
      yield* TestClock.adjust("50 millis")
      yield* Fiber.interrupt(first)
      yield* Fiber.interrupt(third)
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(second), { Leaf_id: 2, Parent_id: 10 })
      assert.deepStrictEqual([calls.length, interrupted], [1, 0])

      const other = (id: number) => Effect.forkChild(Entity.values(Related, { id, of: 2 }))
      const asking = [yield* other(4)]
      yield* TestClock.adjust("50 millis")
      asking.push(yield* other(5))
      yield* TestClock.adjust("50 millis")
      yield* Fiber.interruptAll(asking)
      assert.deepStrictEqual([calls.length, interrupted], [2, 1])
      const again = yield* other(6)
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(again), { Leaf_id: 6, Parent_id: 20 })
    })
  )

  it.effect("is loaded for each group of services alone", () =>
    Effect.gen(function* () {
      class Tenant extends Context.Service<Tenant, string>()("test/CacheTenant") {}
      const { calls, loader } = slow()
      const grouped = (loader as Loader.Loader<any, Keyed, undefined, never, Tenant>).pipe(
        Loader.groupedBy((services) => Context.get(services, Tenant)),
        Loader.cached(keep)
      )
      const Related = relatedBy(grouped as Loader.Loader<any, Keyed>)
      const ask = (tenant: string) =>
        Effect.forkChild(Effect.provideService(Entity.values(Related, { id: 1, of: 1 }), Tenant, tenant))
      const fibers = [yield* ask("a")]
      yield* TestClock.adjust("50 millis")
      fibers.push(yield* ask("b"), yield* ask("a"))
      yield* TestClock.adjust("300 millis")
      yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(calls, [[1], [1]])
    })
  )
})

describe("clear, clearAll and prime", () => {
  const setup = () => {
    let version = 0
    const calls: Array<ReadonlyArray<number>> = []
    const loader = Loader.byKey({
      name: "things",
      load: (keys: ReadonlyArray<number>) => {
        calls.push(keys)
        version++
        return keys.map((key) => ({ id: version, key }))
      },
      keyOf: (row) => row.key
    }).pipe(Loader.cached(keep))
    const ask = (...keys: ReadonlyArray<number>) =>
      Effect.map(
        Entity.valuesAll(
          relatedBy(loader),
          keys.map((of) => ({ id: of, of }))
        ),
        (values) => values.map((one) => one.Parent_id)
      )
    return { ask, calls, loader }
  }

  it.effect("forget a key, however it is written, and no other", () =>
    Effect.gen(function* () {
      const { ask, calls, loader } = setup()
      yield* ask(1, 2)
      yield* Loader.clear(loader, 1)
      assert.deepStrictEqual(yield* ask(1, 2), [2, 1])
      yield* loader.pipe(Loader.clear("1" as never))
      assert.deepStrictEqual(yield* ask(1, 2), [3, 1])
      yield* Loader.clear(loader, 99)
      yield* Loader.clearAll(loader)
      assert.deepStrictEqual(yield* ask(1, 2), [4, 4])
      assert.deepStrictEqual(calls, [[1, 2], [1], [1], [1, 2]])
    })
  )

  it.effect("give a row that is there anyway, unless one is cached", () =>
    Effect.gen(function* () {
      const { ask, calls, loader } = setup()
      yield* Loader.prime(loader, 1, { id: 100, key: 1 })
      yield* loader.pipe(Loader.prime(1, { id: 200, key: 1 }))
      assert.deepStrictEqual(yield* ask(1, 2), [100, 1])
      yield* Loader.clear(loader, 1)
      yield* Loader.prime(loader, 1, { id: 300, key: 1 })
      assert.deepStrictEqual(yield* ask(1), [300])
      yield* TestClock.adjust("61 seconds")
      assert.deepStrictEqual(yield* ask(1), [2])
      assert.deepStrictEqual(calls, [[2], [1]])
    })
  )

  it.effect("give the rows of a key with byForeignKey", () =>
    Effect.gen(function* () {
      const children = Loader.byForeignKey({
        load: (_: ReadonlyArray<number>): ReadonlyArray<Keyed> => [],
        keyOf: (row) => row.key
      }).pipe(Loader.cached(keep))
      const Parent = Leaf.pipe(
        Entity.many(
          "children",
          Leaf,
          Loader.at(children, (row: { id: number }) => row.id),
          Aggregate.keys
        )
      )
      yield* Loader.prime(children, 1, table)
      assert.deepStrictEqual(yield* Entity.values(Parent, { id: 1 }), {
        Leaf_id: 1,
        Leaf_children_keys: [10, 20, 30]
      })
    })
  )

  it.effect("while a key is being loaded: what was asked for before is not kept", () =>
    Effect.gen(function* () {
      const gates = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      let calls = 0
      const loader = Loader.byKey({
        load: (keys: ReadonlyArray<number>) => {
          const call = calls++
          return Effect.as(
            Deferred.await(gates[call]!),
            keys.map((key) => ({ id: call, key }))
          )
        },
        keyOf: (row) => row.key
      }).pipe(Loader.cached(keep))
      const ask = Effect.map(Entity.values(relatedBy(loader), { id: 1, of: 1 }), (values) => values.Parent_id)
      const before = yield* Effect.forkChild(ask)
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      yield* Loader.clear(loader, 1)
      const after = yield* Effect.forkChild(ask)
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      assert.strictEqual(calls, 2)
      yield* Deferred.succeed(gates[1]!, undefined)
      assert.strictEqual(yield* Fiber.join(after), 1)
      yield* Deferred.succeed(gates[0]!, undefined)
      assert.strictEqual(yield* Fiber.join(before), 0)
      assert.strictEqual(yield* ask, 1)
    })
  )

  it.effect("clear all groups, and prime that of the caller", () =>
    Effect.gen(function* () {
      let group = "a"
      const { calls, loader } = recorded(table)
      const grouped = loader.pipe(
        Loader.groupedBy(() => group),
        Loader.cached(keep)
      )
      const ask = Effect.suspend(() => Entity.values(relatedBy(grouped), { id: 1, of: 1 }))
      for (group of ["a", "b"]) yield* ask
      yield* Loader.clear(grouped, 1)
      group = "a"
      yield* Loader.prime(grouped, 1, { id: 7, key: 1 })
      assert.deepStrictEqual<unknown>(yield* ask, { Leaf_id: 1, Parent_id: 7 })
      group = "b"
      assert.deepStrictEqual<unknown>(yield* ask, { Leaf_id: 1, Parent_id: 10 })
      assert.strictEqual(calls.length, 3)
    })
  )

  it("are refused for a loader without a cache: the one that cached returned takes them", async () => {
    const { loader } = recorded(table)
    for (const call of [
      () => Loader.clear(loader, 1),
      () => Loader.clearAll(loader),
      () => Loader.prime(loader, 1, table[0]!)
    ]) {
      const { message, reason } = refusal(call)
      assert.strictEqual(reason, "BadPath")
      assert.match(
        message,
        /^things: Loader\.\w+ needs the loader that Loader.cached returned: this one keeps no rows$/
      )
    }
    const cached = Loader.cached(loader, keep)
    await Effect.runPromise(
      Effect.all([Loader.clear(cached, 1), Loader.clearAll(cached), Loader.prime(cached, 1, table[0]!)])
    )
  })

  it("are refused with what is no key or no row", async () => {
    const cached = Loader.cached(recorded(table).loader, keep)
    for (const row of [undefined, null, 7, new Error("no")]) {
      assert.include(
        refusal(() => Loader.prime(cached, 1, row as never)).message,
        "things: Loader.prime takes a row, not"
      )
    }
    const exit = await Effect.runPromiseExit(Loader.clear(cached, { a: 1 }))
    const error = (Exit.isFailure(exit) &&
      Effect.runSync(
        Effect.flip(Effect.failCause(exit.cause).pipe(Effect.catchDefect(Effect.fail)))
      )) as DefinitionError.DefinitionError
    assert.include(error.message, "things: Loader.clear takes a key that things can compare")
  })
})

describe("a cache and its calls", () => {
  it("give the rows of a table, whatever the order of asking, clearing, answering, failing and interrupting", async () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant("ask" as const),
        keys: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 })
      }),
      fc.record({ do: fc.constantFrom("answer" as const, "fail" as const), call: fc.nat(5) }),
      fc.record({ do: fc.constant("interrupt" as const), asker: fc.nat(5) }),
      fc.record({ do: fc.constant("write" as const), key: fc.integer({ min: 0, max: 4 }) })
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 3 }), async (steps, size) => {
        /** By key: the version of its row. Key 0 has none. */
        const versions = [0, 1, 1, 1, 1]
        const pending: Array<{ done: boolean; readonly answer: () => void; readonly fail: () => void }> = []
        const loader = Loader.byKey({
          load: (keys: ReadonlyArray<number>) => {
            // A database reads its rows when the query runs.
            const rows = keys.filter((key) => key > 0).map((key) => ({ id: key * 1000 + versions[key]!, key }))
            const { promise, reject, resolve } = Promise.withResolvers<typeof rows>()
            const call = {
              done: false,
              answer: () => {
                call.done = true
                resolve(rows)
              },
              fail: () => {
                call.done = true
                reject(new Error("down"))
              }
            }
            pending.push(call)
            return promise
          },
          keyOf: (row) => row.key
        }).pipe(Loader.batchN(size), Loader.cached({ capacity: 2, timeToLive: "1 minute" }))
        const Related = relatedBy(loader as Loader.Loader<any, Keyed, undefined, unknown>)
        const askers: Array<{
          readonly least: ReadonlyArray<number>
          readonly keys: ReadonlyArray<number>
          readonly fiber: Fiber.Fiber<ReadonlyArray<any>, unknown>
          stopped: boolean
        }> = []
        const turn = () => new Promise((resolve) => setImmediate(resolve))
        for (const one of steps) {
          if (one.do === "ask") {
            const rows = one.keys.map((of, id) => ({ id, of }))
            const fiber = Effect.runFork(Entity.valuesAll(Related, rows) as Effect.Effect<ReadonlyArray<any>, unknown>)
            askers.push({ least: [...versions], keys: one.keys, fiber, stopped: false })
          } else if (one.do === "interrupt") {
            const asker = askers[one.asker]
            if (asker !== undefined) {
              asker.stopped = true
              asker.fiber.interruptUnsafe()
            }
          } else if (one.do === "write") {
            versions[one.key]!++
            await Effect.runPromise(Loader.clear(loader, one.key))
          } else pending[one.call]?.[one.do]()
          await turn()
        }
        for (let i = 0; i < 20; i++) {
          for (const call of pending) if (!call.done) call.answer()
          await turn()
        }
        for (const { fiber, keys, least, stopped } of askers) {
          const exit = fiber.pollUnsafe()
          assert.isDefined(exit, "everybody has an answer")
          if (Exit.isFailure(exit!)) {
            if (!stopped) assert.include(String(exit.cause), "ResolveFailed")
            continue
          }
          exit!.value.forEach((values: any, index: number) => {
            const key = keys[index]!
            if (key === 0) assert.notProperty(values, "Parent_id")
            else {
              assert.strictEqual(Math.floor(values.Parent_id / 1000), key)
              // Nobody gets a row that was read before a change that was over when it asked.
              assert.isAtLeast(values.Parent_id % 1000, least[key]!)
            }
          })
        }
      }),
      { numRuns: 60 }
    )
  })
})
