import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import { Entity, Envelope, EventSink, Loader, type Message, Plan, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import * as TestClock from "effect/testing/TestClock"
import { Tracking } from "../../node/src/index.ts"
import * as MemoryStore from "../test/memoryStore.ts"
import { Outbox, OutboxStore, Relay, SqliteClient, SqliteStore } from "./index.ts"

class Down extends Data.TaggedError("Down") {}

/** The tables of a shop. */
interface Tables {
  readonly products: Map<number, { readonly id: number; readonly name: string }>
  isDown: boolean
  readonly calls: Array<ReadonlyArray<number>>
}
class Shop extends Context.Service<Shop, Tables>()("test/Shop") {}

const tables = (): Tables => ({
  products: new Map([1, 2].map((id) => [id, { id, name: `product ${id}` }])),
  isDown: false,
  calls: []
})

const products = Loader.byKey({
  load: (ids: ReadonlyArray<number>) =>
    Effect.flatMap(Shop, (shop) => {
      shop.calls.push(ids)
      return shop.isDown ? Effect.fail(new Down()) : Effect.succeed(ids.flatMap((id) => shop.products.get(id) ?? []))
    }),
  keyOf: (row) => row.id
})
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
const Line = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one(
    "product",
    Product,
    Loader.at(products, (row: { readonly productId: number }) => row.productId)
  )
)
const lineAdded = TrackedEvent.make("lineAdded", { entities: { line: Line }, relations: "later" })
const strict = TrackedEvent.make("strictly", { entities: { line: Line }, relations: "later", validation: "deadLetter" })
const plan = Plan.make(lineAdded, strict)

const whole = (id: number, name = `product ${id}`) => ({ OrderLine_id: id, Product_id: id, Product_name: name })

/** A sink, and the properties that it has been sent. */
const vendor = (name = "vendor") => {
  const delivered: Array<unknown> = []
  const sink = EventSink.make({
    name,
    send: (batch) =>
      Effect.sync(() => {
        delivered.push(...batch.map((message) => (message as Message.Track).properties))
        return batch.all(Receipt.delivered)
      })
  })
  return { delivered, sink }
}

const lines: Array<string> = []
const logged = Logger.layer([
  Logger.make<unknown, void>(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
])

/** Envelopes as an outbox stores them. */
const stored = (ids: ReadonlyArray<number>, event: typeof lineAdded | typeof strict = lineAdded) =>
  Effect.gen(function* () {
    const bodies: Array<string> = []
    const sink = EventSink.accepting({
      name: "outbox",
      defers: true,
      open: () =>
        Effect.succeed({
          accept: ({ envelope, settle }) =>
            Effect.sync(() => {
              bodies.push(Envelope.toJson(envelope))
              settle(Receipt.delivered)
              return true
            }),
          send: (batch) => Effect.succeed(batch.all(Receipt.delivered))
        })
    })
    const track = (id: number) => Tracker.track(event, { line: { id, productId: id } }, { messageId: `m${id}` })
    yield* Effect.provide(Effect.forEach(ids, track), Tracker.layer(sink))
    return bodies.map((body, index) => ({ id: `m${ids[index]}`, body }))
  })

const withStore = <A, E>(
  use: (store: MemoryStore.Memory, shop: Tables) => Effect.Effect<A, E, Scope.Scope | OutboxStore.OutboxStore | Shop>
): Effect.Effect<A, E, Scope.Scope> =>
  Effect.flatMap(MemoryStore.make, (store) => {
    lines.length = 0
    const shop = tables()
    return use(store, shop).pipe(
      Effect.provideService(OutboxStore.OutboxStore, store),
      Effect.provideService(Shop, shop),
      Effect.provide(logged)
    )
  })

const from = { from: "beginning" } as const
const statsOf = (store: MemoryStore.Memory) =>
  Effect.map(store.stats, (stats) => stats.map(({ claims, dead, depth, parked }) => [depth, claims, parked, dead]))

describe("a relay with the plan of events whose relations are looked up later", () => {
  it.effect("looks the relations of a claim up together, and sends whole messages", () =>
    withStore((store, shop) =>
      Effect.gen(function* () {
        const [a, b] = [vendor("a"), vendor("b")]
        yield* store.add(yield* stored([1, 2]))
        assert.deepStrictEqual(shop.calls, [])
        yield* Relay.make(EventSink.fanOut(a.sink, b.sink), { ...from, plan })
        yield* TestClock.adjust("5 seconds")
        for (const { delivered } of [a, b]) assert.deepStrictEqual(delivered, [whole(1), whole(2)])
        assert.deepStrictEqual(shop.calls, [
          [1, 2],
          [1, 2]
        ])
        assert.deepStrictEqual(lines.slice(2), [])
      })
    )
  )

  it.effect("waits while a loader fails, tells it, and parks no message", () =>
    withStore((store, shop) =>
      Effect.gen(function* () {
        const { delivered, sink } = vendor()
        shop.isDown = true
        yield* store.add(yield* stored([1, 2]))
        const relay = yield* Relay.make(sink, { ...from, plan })
        yield* TestClock.adjust("2 minutes")
        const why = "OrderLine.product: expected a related row, got a failure of Down"
        assert.deepStrictEqual(lines.slice(1), [
          `Error vendor: a relation cannot be looked up (${why}); the relay waits and tries again`
        ])
        assert.deepStrictEqual(
          (yield* relay.status).map(({ outage }) => outage),
          [why]
        )
        assert.deepStrictEqual(yield* statsOf(store), [[0, 1, 0, 0]])
        shop.isDown = false
        yield* TestClock.adjust("20 seconds")
        assert.deepStrictEqual(delivered, [whole(1), whole(2)])
        assert.deepStrictEqual(lines.slice(2), ["Info vendor: its relations are looked up again"])
        assert.deepStrictEqual(
          (yield* relay.status).map(({ outage }) => outage),
          [undefined]
        )
      })
    )
  )

  it.effect(
    "sets a message aside for which alone a loader fails, so that it holds up no other, and tries it each minute",
    () =>
      withStore((store, shop) =>
        Effect.gen(function* () {
          const { delivered, sink } = vendor()
          const poison = new Set([3, 7])
          const get = shop.products.get.bind(shop.products)
          shop.products.get = (id) => {
            if (poison.has(id)) throw new TypeError("invalid input syntax")
            return get(id) ?? { id, name: `product ${id}` }
          }
          const ids = Array.from({ length: 20 }, (_, n) => n)
          yield* store.add(yield* stored(ids))
          yield* Relay.make(sink, { ...from, plan, order: "user" })
          yield* TestClock.adjust("20 seconds")
          assert.deepStrictEqual(
            delivered,
            ids.filter((id) => !poison.has(id)).map((id) => whole(id))
          )
          assert.deepStrictEqual(yield* statsOf(store), [[0, 0, 2, 0]])
          assert.include(lines.at(-1), "vendor: set aside 2 messages whose relations alone cannot be looked up: ")
          poison.clear()
          yield* TestClock.adjust("2 minutes")
          assert.deepStrictEqual(delivered.slice(-2), [whole(3), whole(7)])
          assert.deepStrictEqual(yield* statsOf(store), [[0, 0, 0, 0]])
        })
      )
  )

  it.effect("asks again for what a loader does not answer", () =>
    withStore((store, shop) =>
      Effect.gen(function* () {
        let hangs = true
        const hanging = Loader.byKey({
          load: (ids: ReadonlyArray<number>): Effect.Effect<Array<{ readonly id: number; readonly name: string }>> =>
            hangs ? Effect.never : Effect.succeed(ids.map((id) => ({ id, name: `product ${id}` }))),
          keyOf: (row) => row.id
        })
        const same = TrackedEvent.make("lineAdded", {
          entities: {
            line: Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
              Entity.one(
                "product",
                Product,
                Loader.at(hanging, (row: { readonly productId: number }) => row.productId)
              )
            )
          },
          relations: "later"
        })
        const { delivered, sink } = vendor()
        yield* store.add(yield* stored([1, 2]))
        yield* Relay.make(sink, { ...from, plan: Plan.make(same) })
        yield* TestClock.adjust("31 seconds")
        assert.include(lines.at(-1), "(the loaders did not answer within 30 seconds)")
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(yield* statsOf(store), [[0, 1, 0, 0]])
        hangs = false
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(delivered, [whole(1), whole(2)])
        assert.deepStrictEqual(shop.calls, [])
      })
    )
  )

  it.effect("gives its messages back if it closes while a loader fails", () =>
    withStore((store, shop) =>
      Effect.gen(function* () {
        shop.isDown = true
        yield* store.add(yield* stored([1]))
        const scope = yield* Scope.make()
        yield* Relay.make(vendor().sink, { ...from, plan }).pipe(Scope.provide(scope))
        yield* TestClock.adjust("5 seconds")
        yield* Scope.close(scope, Exit.void)
        shop.isDown = false
        const { delivered, sink } = vendor()
        yield* Relay.make(sink, { ...from, plan })
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(delivered, [whole(1)])
      })
    )
  )

  it.effect("makes a message that its event's validation refuses a dead letter, with the stored envelope", () =>
    withStore((store, shop) =>
      Effect.gen(function* () {
        const { delivered, sink } = vendor()
        shop.products.set(1, { id: 1, name: 5 as never })
        yield* store.add(yield* stored([1, 2], strict))
        yield* Relay.make(sink, { ...from, plan })
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(delivered, [whole(2)])
        const [letter] = [...store.sinks.get("vendor")!.aside]
        assert.isTrue(letter?.dead)
        assert.deepStrictEqual(
          letter?.outcome,
          Receipt.rejected("not valid: OrderLine.product.name: expected a string, got an integer")
        )
        assert.isDefined(Envelope.fromJson(letter!.row.body).later)
      })
    )
  )
})

describe("a relay that cannot look relations up", () => {
  const others: ReadonlyArray<readonly [what: string, plan: Plan.Plan | undefined, why: string]> = [
    ["without a plan", undefined, "there is no plan: pass the plan that has the event, with its loaders"],
    ["whose plan lacks the event", Plan.make(strict), 'the plan lacks the event "lineAdded"'],
    [
      "whose plan has another version of the event",
      Plan.make(TrackedEvent.make("lineAdded", { entities: { line: Line } })),
      'the plan has another version of the event "lineAdded"'
    ]
  ]
  for (const [what, other, why] of others) {
    it.effect(`leaves messages to relays that can, ${what}, and sends all others`, () =>
      withStore((store) =>
        Effect.gen(function* () {
          const { delivered, sink } = vendor()
          const Ping = TrackedEvent.make("ping")
          yield* store.add([...(yield* stored([1])), { id: "ping", body: pingOf(Ping.name) }])
          const scope = yield* Scope.make()
          yield* Relay.make(sink, { ...from, plan: other }).pipe(Scope.provide(scope))
          yield* TestClock.adjust("10 minutes")
          assert.deepStrictEqual(delivered, [{ n: 1 }])
          assert.include(
            lines.find((line) => line.startsWith("Warn")),
            `vendor: left a message to relays whose plan can look up their relations: `
          )
          assert.include(
            lines.find((line) => line.startsWith("Warn")),
            why
          )
          assert.deepStrictEqual(yield* statsOf(store), [[0, 0, 1, 0]])
          yield* Scope.close(scope, Exit.void)
          yield* Relay.make(sink, { ...from, plan })
          yield* TestClock.adjust("2 minutes")
          assert.deepStrictEqual(delivered, [{ n: 1 }, whole(1)])
        })
      )
    )
  }

  it.effect("completes a message by its own version of the event after a quarter of an hour", () =>
    withStore((store) =>
      Effect.gen(function* () {
        const { delivered, sink } = vendor()
        const [, , [, other]] = others as [unknown, unknown, (typeof others)[number]]
        yield* store.add(yield* stored([1]))
        yield* Relay.make(sink, { ...from, plan: other as typeof plan })
        yield* TestClock.adjust("14 minutes")
        assert.deepStrictEqual(delivered, [])
        yield* TestClock.adjust("3 minutes")
        assert.deepStrictEqual(delivered, [whole(1)])
      })
    )
  )
})

const pingOf = (event: string): string =>
  Envelope.toJson({
    format: 1,
    message: { type: "track", event, properties: { n: 1 }, messageId: "ping", timestamp: "2026-01-01T00:00:00.000Z" },
    purposes: [],
    consent: "all",
    personal: [],
    violations: []
  })

describe("events whose relations are looked up later", () => {
  it.live("go through an outbox on SQLite with the values of the moment of their delivery", () => {
    const shop = tables()
    const { delivered, sink } = vendor()
    const database = SqliteStore.layer().pipe(Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })))
    const track = (id: number) => Tracker.track(lineAdded, { line: { id, productId: id } })
    return Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql.withTransaction(track(1))
      yield* Outbox.transaction(track(2))
      yield* Effect.flatMap(track(3), ({ receipts }) => receipts)
      assert.deepStrictEqual(shop.calls, [])
      shop.products.set(1, { id: 1, name: "renamed" })
      shop.products.delete(2)
      yield* Relay.make(sink, { ...from, plan })
      yield* Effect.repeat(Effect.void, { until: () => delivered.length === 3, schedule: Schedule.spaced(10) })
      assert.deepStrictEqual(delivered, [whole(1, "renamed"), { OrderLine_id: 2 }, { OrderLine_id: 3 }])
    }).pipe(
      Effect.scoped,
      Effect.provide(Tracker.layer(Outbox.sink()).pipe(Layer.provideMerge(database))),
      Effect.provideService(Shop, shop),
      Effect.provide(logged)
    )
  })

  it("go through another client of the database, and a relay for promises with the loaders' services", async () => {
    const shop = tables()
    const service = Layer.succeed(Shop, shop)
    const { delivered, sink } = vendor()
    const database = new DatabaseSync(":memory:")
    const bodies = () =>
      database
        .prepare("SELECT id, body FROM trackmap_message")
        .all()
        .map(({ body, id }) => ({ id: String(id), body: String(body) }))
    database.exec("CREATE TABLE trackmap_message (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, body TEXT)")
    const execute: Outbox.Execute = async ({ params, sql }) => database.prepare(sql).run(...params)
    const outbox = Outbox.through({ database: "sqlite", execute })
    await using tracking = Tracking.make({ sinks: outbox.sink, services: service, flushAtExit: false })
    const track = (id: number) => tracking.track(lineAdded, { line: { id, productId: id } })
    await outbox.transaction((inserting) => inserting(execute, () => track(1)))
    await tracking.ready
    await outbox.transaction((inserting) => inserting(execute, () => track(2)))
    assert.deepStrictEqual(shop.calls, [])

    const filled = Layer.effect(
      OutboxStore.OutboxStore,
      Effect.gen(function* () {
        const store = yield* SqliteStore.make()
        yield* store.migrate
        yield* store.insert(bodies())
        return store
      })
    ).pipe(Layer.provide(SqliteClient.layer({ filename: ":memory:" })))
    await using relay = await Relay.start({
      store: filled,
      sinks: sink,
      plan,
      services: service,
      ...from,
      log: () => {}
    })
    while (delivered.length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    assert.deepStrictEqual(delivered, [whole(1), whole(2)])
    assert.deepStrictEqual(relay.sinks, ["vendor"])
  })

  it("make a relay need the services of their loaders", () => {
    const store = Layer.succeed(OutboxStore.OutboxStore, {} as OutboxStore.Service)
    const { sink } = vendor()
    const program = Effect.scoped(Effect.provide(Relay.make(sink, { ...from, plan }), store))
    const layer = Layer.provide(Outbox.relay(sink, { ...from, plan }), store)
    // @ts-expect-error a relay whose plan's loaders need a service
    const unserved: Effect.Effect<unknown, unknown> = program
    // @ts-expect-error the layer of such a relay
    const unservedLayer: Layer.Layer<Relay.Relay, unknown> = layer
    // @ts-expect-error a relay with promises, without the service
    const start = () => Relay.start({ store, sinks: sink, plan, ...from })
    // @ts-expect-error a process, without the service
    const run = () => Relay.run({ store, sinks: sink, plan, ...from })
    const served: Effect.Effect<unknown, unknown> = Effect.provideService(program, Shop, tables())
    const others: Effect.Effect<unknown, unknown, OutboxStore.OutboxStore | Scope.Scope> = Relay.make(sink, {
      ...from,
      plan: Plan.make(TrackedEvent.make("now", { entities: { line: Line } }))
    })
    for (const one of [unserved, served, others]) assert.isTrue(Effect.isEffect(one))
    assert.isTrue(Layer.isLayer(unservedLayer))
    for (const one of [start, run]) assert.isFunction(one)
  })
})
