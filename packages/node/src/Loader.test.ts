import { AsyncLocalStorage } from "node:async_hooks"
import { InMemory } from "@trackmap/testing"
import { afterEach, assert, describe, it, vi } from "vitest"
import { z } from "zod"
import { Aggregate, Entity, Loader, TrackedEvent, Tracking } from "./index.ts"

interface Row {
  readonly id: number
  readonly parentId: number
}
const Leaf = Entity.make("Leaf", { key: "id", attributes: { id: z.int() } })
const parentOf = (row: { readonly parentId: number }) => row.parentId

/** Four levels of parents, each by a loader that takes a few microtasks, and remembers its calls. */
const levels = () => {
  const calls: Array<ReadonlyArray<number>> = []
  const loader = () =>
    Loader.byKey({
      load: async (ids: Array<number>): Promise<ReadonlyArray<Row>> => {
        calls.push([...ids])
        await undefined
        return ids.map((id) => ({ id, parentId: Math.floor(id / 10) }))
      },
      keyOf: (row) => row.id
    })
  const D = Leaf.pipe(Entity.one("parent", Leaf, Loader.at(loader(), parentOf), { prefix: "D" }))
  const C = Leaf.pipe(Entity.one("parent", D, Loader.at(loader(), parentOf), { prefix: "C" }))
  const B = Leaf.pipe(Entity.one("parent", C, Loader.at(loader(), parentOf), { prefix: "B" }))
  const A = Leaf.pipe(Entity.one("parent", B, Loader.at(loader(), parentOf), { prefix: "A" }))
  return { calls, Tracked: TrackedEvent.make("tracked", { entities: { leaf: A } }) }
}
const rows = Array.from({ length: 100 }, (_, i) => ({ id: 10_000 + i, parentId: 1000 + i }))

describe("events that are tracked at the same time", () => {
  afterEach(() => vi.useRealTimers())

  const shared = async () => {
    const { calls, Tracked } = levels()
    const { sink } = InMemory.makeUnsafe()
    const tracking = Tracking.make({ sinks: sink, flushAtExit: false })
    // As the requests of a server, each has awaited something else before.
    const track = async (leaf: Row, index: number) => {
      for (let i = 0; i < index % 7; i++) await undefined
      return tracking.track(Tracked, { leaf })
    }
    const tracked = await Promise.all(rows.map(track))
    assert.deepStrictEqual<unknown>(tracked[99]!.message.properties, {
      Leaf_id: 10_099,
      A_id: 1099,
      B_id: 109,
      C_id: 10,
      D_id: 1
    })
    assert.deepStrictEqual(
      calls.map(({ length }) => length),
      [100, 10, 1, 1]
    )
    return tracking
  }

  it("share a call of each loader, at every depth", async () => {
    const tracking = await shared()
    await tracking.close()
  })

  it("share them under fake timers, too, which hold up none of them", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "setImmediate", "Date", "performance", "queueMicrotask"] })
    const closed = (await shared()).close()
    await vi.runAllTimersAsync()
    await closed
  })
})

describe("a loader's cache", () => {
  const setup = () => {
    const calls: Array<ReadonlyArray<number>> = []
    const loader = Loader.byKey({
      name: "things",
      load: async (ids: Array<number>) => {
        calls.push([...ids])
        return ids.map((id): Row => ({ id, parentId: 0 }))
      },
      keyOf: (row) => row.id
    }).pipe(Loader.cached({ capacity: 10, timeToLive: "1 minute" }))
    const Related = Leaf.pipe(Entity.one("parent", Leaf, Loader.at(loader, parentOf), { prefix: "Parent" }))
    return { calls, loader, ask: (parentId: number) => Entity.values(Related, { id: 1, parentId }) }
  }

  it("is cleared and primed at once", async () => {
    const { ask, calls, loader } = setup()
    for (const step of [
      () => {},
      () => Loader.clear(loader, 1),
      () => loader.pipe(Loader.clear(1)),
      () => Loader.clearAll(loader)
    ]) {
      step()
      for (let i = 0; i < 2; i++) assert.deepStrictEqual<unknown>(await ask(1), { Leaf_id: 1, Parent_id: 1 })
    }
    assert.lengthOf(calls, 4)
    Loader.prime(loader, 2, { id: 200, parentId: 0 })
    loader.pipe(Loader.prime(3, { id: 300, parentId: 0 }))
    assert.deepStrictEqual<unknown>(
      [await ask(2), await ask(3)],
      [
        { Leaf_id: 1, Parent_id: 200 },
        { Leaf_id: 1, Parent_id: 300 }
      ]
    )
    assert.lengthOf(calls, 4)
  })

  it("throws what is wrong at the call", () => {
    const { loader } = setup()
    assert.throws(() => Loader.clear(loader, {} as never), /^things: Loader.clear takes a key that things can compare/)
    assert.throws(() => Loader.prime(loader, 1, "row" as never), /^things: Loader.prime takes a row, not a string/)
    const uncached = Loader.byKey({ load: (ids: Array<number>) => ids.map((id) => ({ id })), keyOf: (row) => row.id })
    assert.throws(() => Loader.clear(uncached, 1), /needs the loader that Loader.cached returned/)
  })

  it("is one for each group that an AsyncLocalStorage tells", async () => {
    const tenant = new AsyncLocalStorage<string>()
    const asked: Array<string | undefined> = []
    const loader = Loader.byForeignKey({
      load: async (ids: Array<number>) => {
        asked.push(tenant.getStore())
        return ids.map((id) => ({ id, parentId: id }))
      },
      keyOf: (row) => row.parentId
    }).pipe(
      Loader.groupedBy(() => tenant.getStore()),
      Loader.cached({ capacity: 10, timeToLive: "1 minute" })
    )
    const Parent = Leaf.pipe(
      Entity.many(
        "children",
        Leaf,
        Loader.at(loader, (row: { readonly id: number }) => row.id),
        Aggregate.count
      )
    )
    const ask = (name: string) => tenant.run(name, () => Entity.values(Parent, { id: 1 }))
    tenant.run("c", () => Loader.prime(loader, 1, []))
    const values = await Promise.all(["a", "b", "a", "c"].map(ask))
    await ask("b")
    assert.deepStrictEqual(
      values.map((one) => one.Leaf_children_count),
      [1, 1, 1, 0]
    )
    assert.deepStrictEqual(asked, ["a", "b"])
  })

  /** Lines of different tenants share the products of a loader, and nothing behind it. */
  const shared = (cached: boolean) => {
    const tenant = new AsyncLocalStorage<string>()
    const products = Loader.byKey({
      load: async (ids: Array<number>) => ids.map((id) => ({ id, parentId: 1 })),
      keyOf: (row) => row.id
    })
    const makers = Loader.byKey({
      load: async (ids: Array<number>) => ids.map((id) => ({ id, tenant: tenant.getStore()! })),
      keyOf: (row) => row.id
    }).pipe(Loader.groupedBy(() => tenant.getStore()))
    const Maker = Entity.make("Maker", { key: "id", attributes: { id: z.int(), tenant: z.string() } })
    const Product = Leaf.pipe(
      Entity.one("maker", Maker, Loader.at(makers, parentOf)),
      Entity.computed("tenant", z.string(), async () => tenant.getStore()!)
    )
    const through = cached ? products.pipe(Loader.cached({ capacity: 10, timeToLive: "1 minute" })) : products
    const Line = Entity.make("Line", { key: "id", attributes: { id: z.int() } }).pipe(
      Entity.one("product", Product, Loader.at(through, parentOf))
    )
    return { tenant, Line, Tracked: TrackedEvent.make("tracked", { entities: { line: Line } }) }
  }
  const lines = [
    { id: 1, parentId: 1 },
    { id: 2, parentId: 2 }
  ]
  const own = (values: object) => Object.fromEntries(Object.entries(values).filter(([key]) => key.endsWith("_tenant")))

  it.each([false, true])(
    "is the caller's own behind a batch that callers of other groups share, cached: %s",
    async (cached) => {
      const { Line, Tracked, tenant } = shared(cached)
      const memory = InMemory.makeUnsafe()
      const tracking = Tracking.make({ sinks: memory.sink, flushAtExit: false })
      const ofTenants = <A>(ask: (index: number) => Promise<A>) =>
        Promise.all(["a", "b", "c"].map((name, index) => tenant.run(name, () => ask(index % 2))))
      const values = await ofTenants((index) => Entity.values(Line, lines[index]!))
      const many = await ofTenants(() => Entity.valuesAll(Line, lines))
      await ofTenants((index) => tracking.track(Tracked, { line: lines[index]! }))
      await tracking.close()
      const expected = ["a", "b", "c"].map((name) => ({ Leaf_tenant: name, Maker_tenant: name }))
      assert.deepStrictEqual(values.map(own), expected)
      assert.deepStrictEqual(
        many.map((all) => all.map(own)),
        expected.map((one) => [one, one])
      )
      assert.deepStrictEqual(
        memory.received.map((message) => own((message as { readonly properties: object }).properties)),
        expected
      )
    }
  )
})

describe("the keys of load", () => {
  /** As Prisma types `where: { id: { in: … } }`: a list that it may change. */
  const findMany = async ({ where }: { readonly where: { readonly id: { readonly in: Array<number> } } }) =>
    where.id.in.map((id): Row => ({ id, parentId: 0 }))

  it("are an array that a client may take as its own, or a readonly one", async () => {
    const loaders = [
      Loader.byKey({ load: (ids: Array<number>) => findMany({ where: { id: { in: ids } } }), keyOf: (row) => row.id }),
      Loader.byKey({ load: (ids: number[]) => findMany({ where: { id: { in: ids } } }), keyOf: (row) => row.id }),
      Loader.byKey({
        load: async (ids: ReadonlyArray<number>) => findMany({ where: { id: { in: [...ids] } } }),
        keyOf: (row) => row.id
      })
    ]
    // @ts-expect-error: the client may change its list, and these keys may not be changed.
    const wrong = (ids: ReadonlyArray<number>) => findMany({ where: { id: { in: ids } } })
    assert.isFunction(wrong)
    for (const loader of loaders) {
      const Related = Leaf.pipe(Entity.one("parent", Leaf, Loader.at(loader, parentOf), { prefix: "Parent" }))
      assert.deepStrictEqual(await Entity.values(Related, { id: 1, parentId: 2 }), { Leaf_id: 1, Parent_id: 2 })
    }
  })
})
