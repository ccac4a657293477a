import { InMemory } from "@trackmap/testing"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as Fc from "fast-check"
import { inspect } from "node:util"
import { setImmediate as turn } from "node:timers/promises"
import { assert, describe, it, vi } from "vitest"
import type { Track } from "@trackmap/core/Message"
import * as CoreSink from "@trackmap/core/EventSink"
import * as Tracker from "@trackmap/core/Tracker"
import {
  Actor,
  DefinitionError,
  Entity,
  EventSink,
  Loader,
  Plan,
  Receipt,
  RowError,
  SendError,
  TrackedEvent,
  Tracking
} from "./index.ts"

const Manufacturer = Entity.make("Manufacturer", { key: "id", attributes: { id: Schema.Int } })
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })

type Resolve = () => Promise<{ readonly id: number; readonly name: string } | undefined>
/** An order line whose row brings what resolves its product. */
const Resolving = OrderLine.pipe(
  Entity.one("product", Product, (line: { readonly product: Resolve }) => line.product(), { optional: true })
)

const Updated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })
const Related = TrackedEvent.make("orderLineAdded", { entities: { orderLine: Resolving } })
const Strict = TrackedEvent.make("orderLineRemoved", { entities: { orderLine: Resolving }, relations: "fail" })
const plan = Plan.make(Updated, Related, Strict)

const line = { id: 1001, qty: 3 }
const never = new Promise<never>(() => {})

const quiet = { log: () => {}, flushAtExit: false } as const
const inMemory = (options: Partial<Tracking.Options> = {}) => {
  const memory = InMemory.makeUnsafe()
  const tracking = Tracking.make({ plan, sinks: memory.sink, ...quiet, ...options })
  return { memory, tracking }
}
const propertiesOf = ({ message }: Tracking.Tracked<Track>): unknown => message.properties
const outcomesOf = async (tracked: Tracking.Tracked): Promise<ReadonlyArray<string>> =>
  (await tracked.receipts).map(({ outcome }) =>
    "reason" in outcome ? `${outcome._tag}: ${outcome.reason}` : outcome._tag
  )

/** What a promise rejects with. */
const rejection = async (promise: Promise<unknown>): Promise<any> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  return assert.fail("it does not reject")
}

/** A sink that accepts messages only on demand. */
const gated = (name = "gated") => {
  let open!: () => void
  const gate = new Promise<void>((resolve) => (open = resolve))
  const sink = EventSink.make({
    name,
    send: async (batch) => {
      await gate
      return batch.map(() => Receipt.delivered)
    }
  })
  return { sink, open }
}

/** A sink that opens on demand. */
const opening = () => {
  const opened = Promise.withResolvers<void>()
  const memory = InMemory.makeUnsafe()
  const sinks = EventSink.make({
    name: "late",
    open: async () => {
      await opened.promise
      return async (batch) => {
        await Effect.runPromise(Effect.scoped(CoreSink.deliver(memory.sink, batch.messages)))
        return batch.map(() => Receipt.delivered)
      }
    }
  })
  return { memory, sinks, opened: opened.resolve }
}

type Products = ReadonlyArray<{ readonly id: number; readonly name: string }>
/** An order line whose product this function loads. */
const loading = (load: (ids: ReadonlyArray<number>, options: Loader.LoadOptions) => Promise<Products>) => {
  const products = Loader.byKey({ name: "products", load, keyOf: (row) => row.id })
  return OrderLine.pipe(
    Entity.one(
      "product",
      Product,
      Loader.at(products, (line: { id: number }) => line.id)
    )
  )
}

describe("tracking", () => {
  it("resolves with the message once it is buffered, and then with its receipts", async () => {
    const { open, sink } = gated()
    await using tracking = Tracking.make({ plan, sinks: sink, ...quiet })
    const tracked = await tracking.track(Updated, { orderLine: line })
    assert.strictEqual(tracked.messageId, tracked.message.messageId)
    assert.deepStrictEqual(propertiesOf(tracked), { OrderLine_id: 1001, OrderLine_qty: 3 })
    assert.strictEqual(tracking.metrics()[0]?.buffered, 1)
    open()
    assert.deepStrictEqual(await outcomesOf(tracked), ["Delivered"])
    assert.strictEqual(await tracked.receipts, await tracked.receipts)
  })

  it("gives one receipt from each of several sinks", async () => {
    const sinks = ["a", "b"].map((name) => InMemory.makeUnsafe({ name }).sink)
    await using tracking = Tracking.make({ plan, sinks, ...quiet })
    const tracked = await tracking.track(Updated, { orderLine: line })
    assert.deepStrictEqual(
      (await tracked.receipts).map(({ sink }) => sink),
      ["a", "b"]
    )
  })

  it("makes the other calls of the Segment Spec", async () => {
    const { memory, tracking } = inMemory()
    await Actor.run({ userId: "u-1" }, async () => {
      await tracking.identify({ plan: "pro" })
      await tracking.group("g-1")
      await tracking.alias("anonymous-1")
      await tracking.page("Home", { category: "Docs", properties: { path: "/" } })
      await tracking.screen("Start")
    })
    const { message } = await tracking.track(Updated, { orderLine: line }, { messageId: "again" })
    await tracking.send(message)
    await tracking.close()
    assert.deepStrictEqual(
      memory.received.map((message) => [message.type, message.userId]),
      [
        ["identify", "u-1"],
        ["group", "u-1"],
        ["alias", "u-1"],
        ["page", "u-1"],
        ["screen", "u-1"],
        ["track", undefined],
        ["track", undefined]
      ]
    )
    assert.strictEqual(memory.received[6]?.messageId, "again")
  })

  it("rejects a message that is none", async () => {
    const { tracking } = inMemory()
    assert.strictEqual((await rejection(tracking.send({ type: "track" } as never)))._tag, "SchemaError")
    await tracking.close()
  })

  it("takes the functions of the service as they are, passed on alone", async () => {
    const { memory, tracking } = inMemory()
    const { close, track } = tracking
    await track(Updated, { orderLine: line })
    await close()
    assert.lengthOf(memory.received, 1)
  })

  it("tells the receipts from now on to whoever iterates, until it closes or the signal aborts", async () => {
    const { tracking } = inMemory()
    const ids: Array<string> = []
    const reading = (async () => {
      for await (const { messageId } of tracking.receipts()) ids.push(messageId)
    })()
    const aborting = new AbortController()
    const aborted = (async () => {
      for await (const { sink } of tracking.receipts({ signal: aborting.signal })) aborting.abort(sink)
    })()
    await turn()
    const tracked = await tracking.track(Updated, { orderLine: line })
    await aborted
    await tracking.close()
    await reading
    assert.deepStrictEqual(ids, [tracked.messageId])
  })

  it("tells no receipts to whoever has aborted before", async () => {
    const { tracking } = inMemory()
    for await (const receipt of tracking.receipts({ signal: AbortSignal.abort() })) assert.fail(receipt.messageId)
    await tracking.close()
  })

  it("is flushed once a process has nothing else to do, and ended with it", async () => {
    const { open, sink } = gated()
    const tracking = Tracking.make({ plan, sinks: sink, log: () => {} })
    process.emit("beforeExit", 0)
    const tracked = await tracking.track(Updated, { orderLine: line })
    process.emit("beforeExit", 0)
    open()
    assert.deepStrictEqual(await outcomesOf(tracked), ["Delivered"])
    const ended = gated()
    const ending = Tracking.make({ plan, sinks: ended.sink, log: () => {} })
    const left = await ending.track(Updated, { orderLine: line })
    process.emit("exit", 0)
    assert.deepStrictEqual(await outcomesOf(left), ["Dropped: the tracker is closed"])
    await Promise.all([tracking.close(), ending.close()])
  })

  it("holds what the actor has not consented to until it is released", async () => {
    const Ad = TrackedEvent.make("adSeen", { purposes: ["ads"] })
    const { memory, tracking } = inMemory({ plan: undefined, withoutConsent: { hold: 10 } })
    await Actor.run({ userId: "u-1", consent: new Set() }, () => tracking.track(Ad, {}))
    await tracking.flush()
    assert.lengthOf(memory.received, 0)
    await Actor.run({ userId: "u-1", consent: "all" }, () => tracking.release())
    await tracking.close()
    assert.lengthOf(memory.received, 1)
  })
})

describe("who acts", () => {
  it("is never mixed up, in a thousand requests at once that await and load together", async () => {
    const rows = Loader.byKey({
      load: async (ids: ReadonlyArray<number>) => {
        await turn()
        return ids.map((id) => ({ id, name: `product ${id}` }))
      },
      keyOf: (row) => row.id
    })
    const Loaded = OrderLine.pipe(
      Entity.one(
        "product",
        Product,
        Loader.at(rows, (line: { readonly productId: number }) => line.productId)
      )
    )
    const Loads = TrackedEvent.make("loaded", { entities: { orderLine: Loaded } })
    const { memory, tracking } = inMemory({ plan: Plan.make(Loads, Updated) })
    await Promise.all(
      Array.from({ length: 1_000 }, (_, id) =>
        Actor.run({ userId: `u-${id}`, context: { request: id } }, async () => {
          if (id % 3 === 0) await turn()
          await tracking.track(Loads, { orderLine: { id, qty: 1, productId: id % 7 } })
          if (id % 2 === 0) await turn()
          await Actor.run({ context: { ip: "::1" } }, () => tracking.track(Updated, { orderLine: { id, qty: 2 } }))
        })
      )
    )
    await tracking.close()
    assert.lengthOf(memory.received, 2_000)
    for (const message of memory.received) {
      assert.strictEqual(message.type, "track")
      if (message.type !== "track") continue
      const id = message.properties["OrderLine_id"]
      assert.strictEqual(message.userId, `u-${id}`)
      assert.strictEqual(message.context?.["request"], id)
      assert.strictEqual(message.context?.["ip"], message.event === "loaded" ? undefined : "::1")
      if (message.event === "loaded") assert.strictEqual(message.properties["Product_id"], Number(id) % 7)
    }
  })
})

describe("a resolver", () => {
  const bad: ReadonlyArray<readonly [what: string, resolve: Resolve, actual: RegExp]> = [
    ["rejects", () => Promise.reject(new TypeError("jane@example.com")), /^a promise that rejected with TypeError$/],
    ["rejects with nothing", () => Promise.reject(undefined), /^a promise that rejected with undefined$/],
    [
      "throws",
      () => {
        throw new RangeError("jane@example.com")
      },
      /^a throw of RangeError$/
    ],
    ["never settles", () => never, /^nothing: it did not answer within 20ms$/],
    ["gives no row", async () => "jane@example.com" as never, /^a string of length 16$/]
  ]

  it.each(bad)("that %s is left out of the event, and named without its value", async (_, product, actual) => {
    const logged: Array<Tracking.LogEntry> = []
    const { memory, tracking } = inMemory({ resolveWithin: 20, log: (entry) => logged.push(entry) })
    const tracked = await tracking.track(Related, { orderLine: { ...line, product } })
    assert.deepStrictEqual(propertiesOf(tracked), { OrderLine_id: 1001, OrderLine_qty: 3 })
    const { context } = tracked.message
    const [violation] = context!["violations"] as unknown as ReadonlyArray<TrackedEvent.Violation>
    assert.strictEqual(violation?.path, "OrderLine.product")
    assert.match(violation!.actual, actual)
    await tracking.close()
    assert.lengthOf(memory.received, 1)
    assert.deepStrictEqual(
      logged.map(({ level }) => level),
      ["warn"]
    )
    assert.notInclude(JSON.stringify([logged, memory.received]), "jane")
  })

  it.each(bad)(
    "that %s rejects an event that is made to fail, with an error that says what to do",
    async (what, product) => {
      const { tracking } = inMemory({ resolveWithin: 20 })
      const updateQty = async () => {
        await tracking.track(Strict, { orderLine: { ...line, product } })
      }
      const error = await rejection(updateQty())
      assert.isTrue(error instanceof Error)
      assert.oneOf(error._tag, ["ResolveFailed", "InvalidRow"])
      assert.include(error.message, "OrderLine.product")
      assert.match(error.message, /\. (Fix|Make|Load)/)
      assert.notInclude(error.message, "jane")
      const frames = error.stack.split("\n").slice(1).join("\n")
      assert.include(frames, "updateQty", what)
      assert.notInclude(frames, "node_modules/effect")
      assert.include(inspect(error).split("\n")[0], error.message)
      await tracking.close()
    }
  )

  it("that settles after the tracking has closed changes nothing: its event has gone without it", async () => {
    const { memory, tracking } = inMemory({ closeWithin: 20 })
    let settle!: (product: { id: number; name: string }) => void
    const product = new Promise<{ id: number; name: string }>((resolve) => (settle = resolve))
    const tracking1 = tracking.track(Related, { orderLine: { ...line, product: () => product } })
    await tracking.close()
    settle({ id: 123, name: "Gold Plated Duck Tape" })
    const tracked = await tracking1
    assert.deepStrictEqual(await outcomesOf(tracked), ["Delivered"])
    assert.deepStrictEqual(propertiesOf(tracked), { OrderLine_id: 1001, OrderLine_qty: 3 })
    assert.deepStrictEqual(memory.received, [tracked.message])
  })

  it("is asked once for a row, even the first time, where it is an async function", async () => {
    let asked = 0
    const Async = OrderLine.pipe(
      Entity.one("product", Product, async () => {
        asked++
        return { id: 123, name: "Gold Plated Duck Tape" }
      })
    )
    assert.deepStrictEqual(await Entity.values(Async, line), {
      OrderLine_id: 1001,
      OrderLine_qty: 3,
      Product_id: 123,
      Product_name: "Gold Plated Duck Tape"
    })
    assert.strictEqual(asked, 1)
  })

  it("runs the query of a query builder once, which has a `then` that runs it", async () => {
    let queries = 0
    const run: PromiseLike<{ id: number; name: string }>["then"] = (resolve, reject) => {
      queries++
      return Promise.resolve({ id: 123, name: "Duck Tape" }).then(resolve, reject)
    }
    const builder = new Proxy({} as PromiseLike<{ id: number; name: string }>, {
      has: (_, key) => key === "then",
      get: (_, key) => (key === "then" ? run : undefined)
    })
    const Built = OrderLine.pipe(Entity.one("product", Product, () => builder))
    assert.strictEqual((await Entity.values(Built, line)).Product_id, 123)
    assert.strictEqual(queries, 1)
  })
})

describe("computed attributes and loaders", () => {
  it("are plain or async functions", async () => {
    const products = Loader.byKey({
      load: (ids: ReadonlyArray<number>) => ids.map((id) => ({ id, name: "Duck Tape" })),
      keyOf: (row) => row.id
    })
    const Computed = OrderLine.pipe(
      Entity.computed("weight", Schema.Finite, async (line: { readonly qty: number }) => line.qty * 2),
      Entity.one(
        "product",
        Product,
        Loader.at(products, (line: { readonly productId: number }) => line.productId)
      )
    )
    assert.deepStrictEqual(await Entity.valuesAll(Computed, [{ ...line, productId: 1 }]), [
      { OrderLine_id: 1001, OrderLine_qty: 3, OrderLine_weight: 6, Product_id: 1, Product_name: "Duck Tape" }
    ])
  })

  it("fail with the loader's name where its promise rejects", async () => {
    const down = new Error("jane@example.com")
    const Loaded = loading(async () => {
      throw down
    })
    const error = await rejection(Entity.values(Loaded, line))
    assert.instanceOf(error, RowError.ResolveFailed)
    assert.strictEqual(error.path, "products")
    assert.strictEqual(error.cause, down)
    assert.notInclude(error.message, "jane")
  })

  it("tell the batch function once nobody waits for its rows", async () => {
    const told = Promise.withResolvers<unknown>()
    const Loaded = loading((_, { signal }) => {
      signal.addEventListener("abort", () => told.resolve(signal.aborted))
      return never
    })
    const Loads = TrackedEvent.make("loaded", { entities: { orderLine: Loaded } })
    const { tracking } = inMemory({ plan: undefined, resolveWithin: 20 })
    await tracking.track(Loads, { orderLine: line })
    assert.strictEqual(await told.promise, true)
    await tracking.close()
  })
})

describe("an abort", () => {
  it("before a call rejects it with the signal's reason", async () => {
    const { memory, tracking } = inMemory()
    const error = await rejection(tracking.track(Updated, { orderLine: line }, { signal: AbortSignal.abort("gone") }))
    assert.strictEqual(error, "gone")
    await tracking.close()
    assert.lengthOf(memory.received, 0)
  })

  it("while relations are resolved rejects the call, and there is no message", async () => {
    const { memory, tracking } = inMemory()
    const request = new AbortController()
    const call = tracking.track(Related, { orderLine: { ...line, product: () => never } }, { signal: request.signal })
    await turn()
    request.abort()
    assert.strictEqual((await rejection(call)).name, "AbortError")
    await tracking.close()
    assert.lengthOf(memory.received, 0)
  })

  it("while a call waits for room has the message dropped there, with a receipt", async () => {
    const { open, sink } = gated()
    const tracking = Tracking.make({ plan, sinks: sink, capacity: 1, ...quiet })
    await tracking.track(Updated, { orderLine: line })
    const request = new AbortController()
    const call = tracking.track(Updated, { orderLine: line }, { signal: request.signal })
    await turn()
    request.abort()
    assert.strictEqual((await rejection(call)).name, "AbortError")
    open()
    await tracking.close()
    const [{ delivered, dropped }] = tracking.metrics() as [Tracker.SinkMetrics]
    assert.deepStrictEqual([delivered, dropped], [1, 1])
  })

  it("ends the wait for a flush and for a close, which go on", async () => {
    const { open, sink } = gated()
    const tracking = Tracking.make({ plan, sinks: sink, ...quiet })
    const tracked = await tracking.track(Updated, { orderLine: line })
    const signal = AbortSignal.abort()
    assert.strictEqual((await rejection(tracking.flush({ signal }))).name, "AbortError")
    assert.strictEqual((await rejection(tracking.close({ signal }))).name, "AbortError")
    open()
    await tracking.close()
    assert.deepStrictEqual(await outcomesOf(tracked), ["Delivered"])
  })
})

describe("flush", () => {
  it("says at its limit what is left, by sink, and the receipts still come", async () => {
    const { open, sink } = gated()
    const healthy = InMemory.makeUnsafe({ name: "healthy" })
    const tracking = Tracking.make({ plan, sinks: [sink, healthy.sink], flushWithin: 5, ...quiet })
    const tracked = await tracking.track(Updated, { orderLine: line })
    const [name] = sink.names
    const left = { left: 1, sinks: { [name!]: 1, healthy: 0 }, calls: 0 }
    assert.deepStrictEqual(await tracking.flush(), left)
    assert.deepStrictEqual(await tracking.flush({ within: 0 }), left)
    const all = tracking.flush({ within: Infinity })
    open()
    assert.deepStrictEqual(await all, { left: 0, sinks: { [name!]: 0, healthy: 0 }, calls: 0 })
    assert.deepStrictEqual(await outcomesOf(tracked), ["Delivered", "Delivered"])
    await tracking.close()
  })

  it("counts calls that still resolve their relations, and those that wait for the sinks to open", async () => {
    const { tracking } = inMemory({ resolveWithin: Infinity })
    const found = Promise.withResolvers<{ id: number; name: string }>()
    const call = tracking.track(Related, { orderLine: { ...line, product: () => found.promise } })
    assert.deepStrictEqual(await tracking.flush({ within: 5 }), { left: 1, sinks: { memory: 0 }, calls: 1 })
    found.resolve({ id: 123, name: "Gold Plated Duck Tape" })
    assert.deepStrictEqual(await outcomesOf(await call), ["Delivered"])
    await tracking.close()

    const opened = Promise.withResolvers<void>()
    const sinks = EventSink.make({
      name: "late",
      open: () => opened.promise.then(() => async (batch: EventSink.Batch) => batch.all(Receipt.delivered))
    })
    const late = Tracking.make({ plan, sinks, ...quiet })
    const waiting = late.track(Updated, { orderLine: line })
    assert.deepStrictEqual(await late.flush({ within: 5 }), { left: 1, sinks: {}, calls: 1 })
    opened.resolve()
    assert.deepStrictEqual(await outcomesOf(await waiting), ["Delivered"])
    await late.close()
  })

  it("refuses a limit that is none, and names the option", async () => {
    const { tracking } = inMemory()
    assert.match((await rejection(tracking.flush({ within: "soon" as never }))).message, /within must be a number/)
    assert.throws(() => inMemory({ flushWithin: Number.NaN }), /flushWithin must be a number of milliseconds/)
    assert.throws(() => inMemory({ waitWithin: -1 }), /waitWithin must be a number of milliseconds/)
    await tracking.close()
  })
})

describe("a full buffer", () => {
  it("has a call wait no longer than waitWithin, and none beyond what it holds", async () => {
    const { open, sink } = gated()
    const entries: Array<Tracking.LogEntry> = []
    const log = (entry: Tracking.LogEntry): void => void entries.push(entry)
    const tracking = Tracking.make({ plan, sinks: sink, capacity: 2, waitWithin: 20, ...quiet, log })
    const calls = await Promise.all(
      Array.from({ length: 100 }, () => tracking.track(Updated, { orderLine: line })) // nobody awaits one before the next
    )
    open()
    const outcomes = (await Promise.all(calls.map(outcomesOf))).flat()
    assert.deepStrictEqual(
      Object.entries(Object.groupBy(outcomes, (outcome) => outcome)).map(([outcome, all]) => [outcome, all!.length]),
      [
        ["Delivered", 2],
        ["Dropped: the buffer was full for 20ms", 2],
        ["Dropped: the buffer is full", 96]
      ]
    )
    await tracking.close()
    assert.match(entries[0]!.message, /lost \(dropped: the buffer is full\): orderLineUpdated$/)
  })

  it("has no call wait once the tracking closes", async () => {
    const { open, sink } = gated()
    const tracking = Tracking.make({ plan, sinks: sink, capacity: 1, waitWithin: Infinity, ...quiet })
    await tracking.track(Updated, { orderLine: line })
    const waiting = tracking.track(Updated, { orderLine: line })
    const closed = tracking.close()
    const tracked = await waiting
    open()
    assert.deepStrictEqual(await outcomesOf(tracked), ["Delivered"])
    await closed
  })
})

describe("closing", () => {
  it("twice is closing once", async () => {
    const { memory, tracking } = inMemory()
    await tracking.track(Updated, { orderLine: line })
    await Promise.all([tracking.close(), tracking.close()])
    await tracking.close()
    assert.lengthOf(memory.received, 1)
  })

  it("waits for calls that nobody waited for", async () => {
    const { memory, tracking } = inMemory()
    const product = async () => {
      await turn()
      return { id: 123, name: "Gold Plated Duck Tape" }
    }
    void tracking.track(Related, { orderLine: { ...line, product } })
    void tracking.track(Updated, { orderLine: line })
    await tracking.close()
    assert.lengthOf(memory.received, 2)
    assert.isTrue(
      memory.received.some((message) => message.type === "track" && message.properties["Product_id"] === 123)
    )
  })

  it("waits for relations however long it may take", async () => {
    const { memory, tracking } = inMemory({ closeWithin: Infinity })
    const product = async () => {
      for (let i = 0; i < 20; i++) await turn()
      return { id: 123, name: "Gold Plated Duck Tape" }
    }
    void tracking.track(Related, { orderLine: { ...line, product } })
    await tracking.close()
    assert.deepInclude(memory.received[0], {
      properties: { OrderLine_id: 1001, OrderLine_qty: 3, Product_id: 123, Product_name: "Gold Plated Duck Tape" }
    })
  })

  it("before a call has its message dropped, with a receipt that says so", async () => {
    const { tracking } = inMemory()
    await tracking.close()
    const tracked = await tracking.track(Updated, { orderLine: line })
    assert.deepStrictEqual(await outcomesOf(tracked), ["Dropped: the tracker is closed"])
    assert.deepStrictEqual(await tracking.flush(), { left: 0, sinks: { memory: 0 }, calls: 0 })
  })

  it("loses no message without a receipt, whatever is called in whichever order", async () => {
    const step = Fc.oneof(
      { weight: 6, arbitrary: Fc.constantFrom("track", "related", "never", "rejects") },
      { weight: 2, arbitrary: Fc.constantFrom("turn", "flush", "abort") },
      { weight: 1, arbitrary: Fc.constant("close") }
    )
    const sinkOf = (name: string, kind: string) =>
      EventSink.make({
        name,
        send: async (batch) => {
          await turn()
          if (kind === "throws") throw new Error("no")
          if (kind === "down") throw new SendError.Unavailable({ reason: "down" })
          if (kind === "refuses" && batch.length > 1) throw new SendError.Refused({ reason: "one of them" })
          return batch.map(() => (kind === "rejects" ? Receipt.rejected("no") : Receipt.delivered))
        }
      })
    await Fc.assert(
      Fc.asyncProperty(
        Fc.array(step, { minLength: 1, maxLength: 20 }),
        Fc.array(Fc.constantFrom("takes", "throws", "down", "refuses", "rejects"), { minLength: 1, maxLength: 3 }),
        Fc.integer({ min: 1, max: 4 }),
        Fc.constantFrom("wait" as const, "refuse" as const, "dropOldest" as const),
        async (steps, kinds, capacity, whenFull) => {
          const sinks = kinds.map((kind, i) => sinkOf(`${kind}${i}`, kind))
          const tracking = Tracking.make({ sinks, capacity, whenFull, closeWithin: 50, resolveWithin: 10, ...quiet })
          const calls: Array<Promise<Tracking.Tracked>> = []
          const aborted: Array<Promise<unknown>> = []
          let closed = Promise.resolve()
          const related = (product: Resolve) => tracking.track(Related, { orderLine: { ...line, product } })
          for (const what of steps) {
            if (what === "track") calls.push(tracking.track(Updated, { orderLine: line }))
            else if (what === "related") calls.push(related(async () => ({ id: 1, name: "" })))
            else if (what === "never") calls.push(related(() => never))
            else if (what === "rejects") calls.push(related(() => Promise.reject(new Error("no"))))
            else if (what === "turn") await turn()
            else if (what === "flush") void tracking.flush()
            else if (what === "close") closed = tracking.close()
            else {
              const request = new AbortController()
              const call = tracking.track(Updated, { orderLine: line }, { signal: request.signal })
              aborted.push(call.catch(() => {}))
              request.abort()
            }
          }
          const tracked = await Promise.all(calls)
          await Promise.all([closed, ...aborted])
          await tracking.close()
          const names = kinds.map((kind, i) => `${kind}${i}`)
          for (const { messageId, receipts } of tracked) {
            assert.deepStrictEqual(
              (await receipts).map((receipt) => [receipt.sink, receipt.messageId]),
              names.map((name) => [name, messageId])
            )
          }
          for (const { buffered } of tracking.metrics()) assert.strictEqual(buffered, 0)
        }
      ),
      { numRuns: 60 }
    )
  })
})

describe("a sink", () => {
  it("that cannot be opened throws where the tracking is made, with what to do", () => {
    const sinks = EventSink.make({
      name: "misconfigured",
      open: () => Effect.fail(new SendError.Misconfigured({ reason: "the write key is empty" }))
    })
    const error = (() => {
      try {
        Tracking.make({ sinks, ...quiet })
      } catch (error) {
        return error as SendError.Misconfigured
      }
      return assert.fail("it does not throw")
    })()
    assert.instanceOf(error, SendError.Misconfigured)
    assert.strictEqual(error.message, "misconfigured: the write key is empty")
    assert.notInclude(error.stack!.split("\n")[1], "effect")
  })

  it("that takes time to open is waited for by the calls, in their order and with their actors", async () => {
    const { memory, opened, sinks } = opening()
    const tracking = Tracking.make({ plan, sinks, ...quiet })
    const calls = [1, 2, 3].map((id) =>
      Actor.run({ userId: `u-${id}` }, () => tracking.track(Updated, { orderLine: { id, qty: 1 } }))
    )
    assert.deepStrictEqual(tracking.metrics(), [])
    opened()
    await tracking.ready
    await Promise.all(calls)
    await tracking.close()
    assert.deepStrictEqual(
      memory.received.map(({ userId }) => userId),
      ["u-1", "u-2", "u-3"]
    )
  })

  it("that fails to open later rejects ready and the calls, and closing does not", async () => {
    const sinks = EventSink.make({
      name: "late",
      open: async () => {
        await turn()
        throw new SendError.Misconfigured({ reason: "no such topic" })
      }
    })
    const tracking = Tracking.make({ plan, sinks, ...quiet })
    const call = tracking.track(Updated, { orderLine: line })
    const errors = await Promise.all([rejection(tracking.ready), rejection(call)])
    assert.deepStrictEqual(
      errors.map(({ message }) => message),
      ["late: no such topic", "late: no such topic"]
    )
    await tracking.close()
  })

  it("whose promise rejects with anything but a SendError is tried again, as a connection that failed", async () => {
    let attempts = 0
    const sinks = EventSink.make({
      name: "flaky",
      send: async (batch) => {
        if (attempts++ === 0) throw new TypeError("fetch failed")
        return batch.map(() => Receipt.delivered)
      }
    }).pipe(EventSink.retried())
    const tracking = Tracking.make({ plan, sinks, ...quiet })
    const tracked = await tracking.track(Updated, { orderLine: line })
    const [receipt] = await tracked.receipts
    assert.deepStrictEqual([receipt?.outcome._tag, receipt?.attempts], ["Delivered", 2])
    await tracking.close()
  })

  it("is told when the tracking closes while it sends", async () => {
    const told = Promise.withResolvers<boolean>()
    const sinks = EventSink.make({
      name: "hangs",
      send: (_, { signal }) => {
        signal.addEventListener("abort", () => told.resolve(true))
        return never
      }
    })
    const tracking = Tracking.make({ plan, sinks, closeWithin: 20, ...quiet })
    const tracked = await tracking.track(Updated, { orderLine: line })
    await tracking.flush({ signal: AbortSignal.timeout(1) }).catch(() => {})
    await tracking.close()
    assert.isTrue(await told.promise)
    assert.deepStrictEqual(await outcomesOf(tracked), ["Expired: the tracker closed before there was an answer"])
  })
})

describe("a sink that does not open", () => {
  it("is waited for no longer than closing may take, nor than a call's signal allows", async () => {
    const tracking = Tracking.make({ plan, sinks: opening().sinks, closeWithin: 20, ...quiet })
    const request = new AbortController()
    const aborted = tracking.track(Updated, { orderLine: line }, { signal: request.signal })
    const identified = tracking.identify({}, { signal: request.signal })
    request.abort("gone")
    assert.deepStrictEqual(await Promise.all([rejection(aborted), rejection(identified)]), ["gone", "gone"])
    const call = tracking.track(Updated, { orderLine: line })
    const rejected = Promise.all([rejection(call), rejection(tracking.ready)])
    await tracking.close()
    for (const { cause } of await rejected) assert.match(cause.message, /closed before its sinks opened/)
  })

  it("before the tracking is closed has the calls that wait for it made, and waited for", async () => {
    const { memory, opened, sinks } = opening()
    const tracking = Tracking.make({ plan, sinks, ...quiet })
    const { signal } = new AbortController()
    const product = async () => {
      await turn()
      return { id: 123, name: "Gold Plated Duck Tape" }
    }
    const calls = [
      tracking.track(Updated, { orderLine: line }),
      tracking.identify({}, { signal }),
      tracking.track(Related, { orderLine: { ...line, product } }, { signal })
    ]
    const flushed = tracking.flush()
    const closed = tracking.close()
    opened()
    await Promise.all([flushed, closed])
    for (const call of calls) assert.deepStrictEqual(await outcomesOf(await call), ["Delivered"])
    assert.isTrue(memory.received.some((one) => one.type === "track" && one.properties["Product_id"] === 123))
  })

  it("because another one cannot be opened closes those that are open", async () => {
    const closed: Array<string> = []
    const resource = (name: string) =>
      EventSink.make({
        name,
        open: () =>
          Effect.as(
            Effect.addFinalizer(() => Effect.sync(() => void closed.push(name))),
            (batch: ReadonlyArray<unknown>) => Effect.succeed(batch.map(() => Receipt.delivered))
          ) as never
      })
    const shut = (open: () => never) => EventSink.make({ name: "shut", open })
    const misconfigured = new SendError.Misconfigured({ reason: "no key" })
    assert.throws(
      () => Tracking.make({ sinks: [resource("now"), shut(() => Effect.fail(misconfigured) as never)], ...quiet }),
      "shut: no key"
    )
    const later = shut(() => turn().then(() => Promise.reject(misconfigured)) as never)
    assert.strictEqual(
      (await rejection(Tracking.make({ sinks: [resource("later"), later], ...quiet }).ready)).message,
      "shut: no key"
    )
    await turn()
    assert.deepStrictEqual(closed, ["now", "later"])
  })
})

describe("what cannot be", () => {
  const memory = InMemory.makeUnsafe()

  it.each([
    ["its name", "orderLineUpdated"],
    ["an entity", OrderLine],
    ["undefined", undefined]
  ])("rejects what is no event, and says what came: %s", async (found, event) => {
    const { tracking } = inMemory()
    const { message } = await rejection(tracking.track(event as never, {} as never))
    assert.match(message, new RegExp(`: track takes an event of TrackedEvent\\.make, and not ${found}$`))
    await tracking.close()
  })

  it("leaves out a promise of a row, and asks to await it", async () => {
    const { tracking } = inMemory()
    const promise = Promise.resolve(line)
    // Query builders give such objects.
    // oxlint-disable-next-line unicorn/no-thenable
    const query = { then: promise.then.bind(promise) }
    for (const orderLine of [promise, query]) {
      const { message } = await tracking.track(Updated, { orderLine: orderLine as never })
      const { violations } = message.context as { readonly violations: ReadonlyArray<Record<string, string>> }
      assert.deepStrictEqual(
        violations.map(({ expected, path }) => [path, expected]),
        [["OrderLine", "a row"]]
      )
    }
    const strict = await rejection(Entity.values(OrderLine, promise as never))
    assert.strictEqual(
      strict.message,
      "OrderLine: expected a row, got an object of class Promise. Await it before you pass it."
    )
    assert.strictEqual((await Entity.values(OrderLine, await promise)).OrderLine_id, line.id)
    await tracking.close()
  })

  it.each([
    [{ sinks: undefined }, "Tracking.make needs the option sinks: a sink, or an array of sinks"],
    [{ sinks: () => memory.sink }, "one of the sinks is not a sink, but a function: call it"],
    [{ flushWithin: "soon" }, 'or a string like "10 seconds", not a string of length 4'],
    [{ sinks: ["segment"] }, "one of the sinks is not a sink, but a string"],
    [{ capacity: 0 }, "the capacity of a buffer must be a whole number"],
    [{ closeWithin: "20 secs" }, "closeWithin must be a number of milliseconds"],
    [{ plan: [Updated] }, "plan is not a plan"],
    [{ sinks: [] }, "there are no sinks: pass at least one. To send nothing, filter it"],
    [{ sinks: "segment" }, "one of the sinks is not a sink, but a string"],
    [{ flushwithin: 5 }, 'Tracking: it has no option "flushwithin": did you mean flushWithin?'],
    [{ reties: 3 }, 'Tracking: it has no option "reties": use one of sinks, flushAtExit,'],
    [{ log: console }, "log must be a function, not a value of type object"],
    [{ waitUntil: "yes" }, "waitUntil must be a function, not a value of type string"],
    [{ activeSpan: null }, "activeSpan must be a function, not null"],
    [{ flushAtExit: "no" }, "flushAtExit must be true or false, not a value of type string"]
  ])("throws a DefinitionError where the tracking is made: %o", (options, said) => {
    // One that takes time to open: nothing waits for it.
    const late = EventSink.make({ name: "late", open: () => never })
    const make = () => Tracking.make({ sinks: late, ...quiet, ...(options as object) })
    const error = (() => {
      try {
        return make()
      } catch (thrown) {
        return thrown as Error
      }
    })()
    assert.instanceOf(error, DefinitionError.DefinitionError)
    assert.include(error.message, said)
  })

  it("has a sink that sends nothing, as the error about no sinks says", async () => {
    const tracking = Tracking.make({ sinks: memory.sink.pipe(EventSink.filter(() => false)), ...quiet })
    assert.deepStrictEqual(await outcomesOf(await tracking.track(Updated, { orderLine: line })), ["Skipped: filtered"])
    await tracking.close()
    assert.lengthOf(memory.received, 0)
  })

  const late = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const sinks = EventSink.make({
      name: "late",
      open: () => promise.then(() => async (batch: EventSink.Batch) => batch.map(() => Receipt.delivered))
    })
    return { tracking: Tracking.make({ sinks, ...quiet }), open: resolve }
  }
  const callsWith = (
    tracking: Tracking.Tracking,
    options: object
  ): Readonly<Record<string, () => Promise<unknown>>> => ({
    track: () => tracking.track(Updated, { orderLine: line }, options),
    identify: () => tracking.identify({}, options),
    group: () => tracking.group("g", {}, options),
    alias: () => tracking.alias("a", options),
    page: () => tracking.page("p", {}, options),
    screen: () => tracking.screen("s", {}, options),
    send: async () => tracking.send({ type: "alias", previousId: "a", messageId: "m", timestamp: "" }, options),
    release: () => tracking.release(options),
    flush: () => tracking.flush(options),
    close: () => tracking.close(options)
  })

  it("rejects a controller in place of its signal, in every call, before and after the sinks are open", async () => {
    const signal: any = new AbortController()
    for (const isOpen of [false, true]) {
      const { open, tracking } = late()
      if (isOpen) open()
      if (isOpen) await tracking.ready
      for (const [name, call] of Object.entries(callsWith(tracking, { signal }))) {
        const error = await rejection(call())
        assert.instanceOf(error, DefinitionError.DefinitionError, name)
        assert.include(
          error.message,
          "signal must be an AbortSignal, such as controller.signal, not a value of type object"
        )
      }
      open()
      assert.throws(() => tracking.receipts({ signal }), /signal must be an AbortSignal/)
      // As the message says. Closing has begun nevertheless.
      await tracking.close({ signal: signal.signal })
    }
  })

  it("rejects options of a wait that are misspelt, and closes nevertheless", async () => {
    const { tracking } = inMemory()
    for (const call of [
      () => tracking.flush({ whithin: 5 } as object),
      () => tracking.flush(5 as never),
      () => tracking.release({ signl: 5 } as object),
      () => tracking.close({ within: 5 } as object)
    ]) {
      assert.instanceOf(await rejection(call()), DefinitionError.DefinitionError)
    }
    assert.throws(() => tracking.receipts({ signl: 5 } as object), /did you mean signal/)
    await tracking.close()
    assert.match(String(await outcomesOf(await tracking.track(Updated, { orderLine: line }))), /^Dropped/)
  })

  it("says with a message which option of its call or its actor is misspelt", async () => {
    const { memory, tracking } = inMemory()
    await Actor.run({ userID: "u" } as object, () =>
      tracking.track(Updated, { orderLine: line }, { timeStamp: new Date(0) } as object)
    )
    await Actor.run("u" as never, () => tracking.page("Cart", { url: "/cart" } as object))
    await tracking.close()
    const said = memory.received.map(({ context }) =>
      (context!["violations"] as unknown as ReadonlyArray<{ readonly path: string }>).map(({ path }) => path)
    )
    assert.deepStrictEqual(said, [
      ["orderLineUpdated.actor", "orderLineUpdated.options"],
      ["page.*", "page.actor"]
    ])
  })

  it("rejects a call, which never throws", async () => {
    const { tracking } = inMemory()
    const nameAlone = tracking.track("orderLineUpdated" as never, {} as never)
    assert.instanceOf(await rejection(nameAlone), DefinitionError.DefinitionError)
    const noOptions = tracking.track(Updated, { orderLine: line }, null as never)
    assert.instanceOf((await rejection(noOptions)).cause, TypeError)
    await tracking.close()
  })
})

describe("on a serverless platform", () => {
  it("waitUntil is given a call before the sinks are open, and may throw or reject", async () => {
    const failing = [
      () => {
        throw new Error("outside of a request")
      },
      () => Promise.reject(new Error("outside of a request"))
    ]
    for (const fails of failing) {
      const logged: Array<Tracking.LogEntry> = []
      let given = 0
      const memory = InMemory.makeUnsafe()
      const sinks = EventSink.make({
        name: "late",
        open: async () => async (batch) => {
          await Effect.runPromise(Effect.scoped(CoreSink.deliver(memory.sink, batch.messages)))
          return batch.map(() => Receipt.delivered)
        }
      })
      const waitUntil = () => {
        given++
        return fails()
      }
      const tracking = Tracking.make({ plan, sinks, ...quiet, waitUntil, log: (entry) => logged.push(entry) })
      const call = tracking.track(Updated, { orderLine: line })
      assert.strictEqual(given, 1)
      assert.deepStrictEqual(await outcomesOf(await call), ["Delivered"])
      assert.strictEqual(given, 1)
      assert.deepStrictEqual(
        logged.map(({ cause, level, message }) => [level, message, cause]),
        [["error", "waitUntil threw; the debug log has the cause", undefined]]
      )
      await tracking.close()
    }
  })

  it("has what waitUntil or activeSpan threw at the debug level alone", async () => {
    const lines: Array<Tracking.LogEntry> = []
    const fails = (): never => {
      throw new Error("outside of a request")
    }
    const tracking = Tracking.make({
      sinks: InMemory.makeUnsafe().sink,
      ...quiet,
      waitUntil: fails,
      activeSpan: fails,
      log: (entry) => lines.push(entry),
      services: Layer.succeed(References.MinimumLogLevel, "Debug")
    })
    await tracking.track(Updated, { orderLine: line })
    await tracking.flush()
    await tracking.close()
    const causes = lines.filter(({ cause }) => cause !== undefined)
    assert.sameMembers(
      [...new Set(causes.map(({ cause, level, message }) => `${level} ${message} ${String(cause)}`))],
      ["debug waitUntil Error: outside of a request", "debug activeSpan Error: outside of a request"]
    )
  })

  it("waitUntil is given with every call what resolves once the message is delivered", async () => {
    const { open, sink } = gated()
    const given: Array<Promise<void>> = []
    const tracking = Tracking.make({ plan, sinks: sink, waitUntil: (delivered) => given.push(delivered), ...quiet })
    const tracked = [
      await tracking.track(Updated, { orderLine: line }),
      await tracking.track(Updated, { orderLine: line }),
      await tracking.identify({})
    ]
    assert.lengthOf(given, 3)
    open()
    await Promise.all(given)
    assert.strictEqual(tracking.metrics()[0]?.buffered, 0)
    for (const one of tracked) assert.deepStrictEqual(await outcomesOf(one), ["Delivered"])
    await tracking.close()
  })
})

describe("what is logged", () => {
  it("has the kind of what a sink threw, which only onError gets", async () => {
    const thrown = new RangeError("jane@example.com")
    const told: Array<unknown> = []
    const entries: Array<Tracking.LogEntry> = []
    const sinks = EventSink.make({
      name: "throws",
      send: () => {
        throw thrown
      }
    })
    const tracking = Tracking.make({
      plan,
      sinks,
      ...quiet,
      log: (entry) => entries.push(entry),
      onError: (failure) => void told.push(failure)
    })
    await (
      await tracking.track(Updated, { orderLine: line })
    ).receipts
    await tracking.close()
    assert.deepStrictEqual(entries[0], { level: "error", message: "throws: send threw RangeError; see onError" })
    assert.deepStrictEqual(told, [{ _tag: "Sink", sink: "throws", cause: thrown }])
    assert.notInclude(JSON.stringify(entries), "jane")
  })

  it("goes to the console, in a line that says where it is from, unless there is another place for it", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {})
    const tracking = Tracking.make({ plan, sinks: InMemory.makeUnsafe().sink, flushAtExit: false })
    await tracking.track(Related, { orderLine: { ...line, product: () => Promise.reject(new Error("down")) } })
    await tracking.close()
    assert.deepStrictEqual(warn.mock.calls, [
      ["trackmap: orderLineAdded: OrderLine.product: expected a related row, got a promise that rejected with Error"]
    ])
    warn.mockRestore()
  })

  it.each([
    [
      "throw",
      () => {
        throw new Error("the log is full")
      }
    ],
    ["reject", () => Promise.reject(new Error("the log is full"))]
  ] as const)("may %s where it goes, and tracking does not notice", async (_, log: () => void) => {
    const { tracking } = inMemory({ log })
    const tracked = await tracking.track(Related, {
      orderLine: { ...line, product: () => Promise.reject(new Error("down")) }
    })
    assert.deepStrictEqual(await outcomesOf(tracked), ["Delivered"])
    await tracking.close()
  })
})

describe("beside Effect", () => {
  class Catalog extends Context.Service<Catalog, { readonly manufacturer: (id: number) => { readonly id: number } }>()(
    "Catalog"
  ) {}
  const Served = OrderLine.pipe(
    Entity.one("manufacturer", Manufacturer, (line: { readonly id: number }) =>
      Effect.map(Catalog, (catalog) => catalog.manufacturer(line.id))
    )
  )
  const Serves = TrackedEvent.make("served", { entities: { orderLine: Served } })
  const CatalogLive = Layer.succeed(Catalog, { manufacturer: (id) => ({ id: id + 1 }) })

  it("resolvers that need services have those that the tracking is given", async () => {
    const memory = InMemory.makeUnsafe()
    const tracking = Tracking.make({ sinks: memory.sink, services: CatalogLive, ...quiet })
    const tracked = await tracking.track(Serves, { orderLine: line })
    assert.deepStrictEqual(propertiesOf(tracked), { OrderLine_id: 1001, OrderLine_qty: 3, Manufacturer_id: 1002 })
    await tracking.close()
  })

  it("code that is written in Effect tracks with the same tracker", async () => {
    const { memory, tracking } = inMemory()
    const program = Tracker.track(Updated, { orderLine: line })
    await Effect.runPromise(Effect.provideService(program, Tracker.Tracker, await tracking.tracker))
    await tracking.close()
    assert.lengthOf(memory.received, 1)
  })
})
