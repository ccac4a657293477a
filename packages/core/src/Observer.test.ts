import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import {
  Aggregate,
  Entity,
  EventSink,
  Lineage,
  Loader,
  type Message,
  type Observer,
  Receipt,
  RowError,
  SendError,
  TrackedEvent,
  Tracker
} from "./index.ts"

interface Row {
  readonly id: number
}
const byId = <A extends Row>(name: string, rows: ReadonlyArray<A>, millis: number) =>
  Loader.byKey({
    name,
    load: (ids: ReadonlyArray<number>) =>
      Effect.delay(Effect.succeed(rows.filter(({ id }) => ids.includes(id))), millis),
    keyOf: (row: A) => row.id
  })

const Manufacturer = Entity.make("Manufacturer", { key: "id", attributes: { id: Schema.Int } })
const manufacturers = byId("manufacturers", [{ id: 789 }], 5)
const products = byId<{ readonly id: number; readonly manufacturerId: number | null }>(
  "products",
  [
    { id: 123, manufacturerId: 789 },
    { id: 124, manufacturerId: null }
  ],
  2
)
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one(
    "manufacturer",
    Manufacturer,
    Loader.at(manufacturers, (product: { readonly manufacturerId: number | null }) => product.manufacturerId)
  )
)
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })
const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one(
    "product",
    Product,
    Loader.at(products, (line: { readonly productId: number }) => line.productId)
  ),
  Entity.one("order", Order, (line: { readonly order: Row | undefined }) => line.order, { optional: true })
)
const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })
const line = { id: 1001, productId: 123, order: { id: 357 } }

const BasketPlaced = TrackedEvent.make("basketPlaced", {
  entities: {
    basket: Entity.make("Basket", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.many(
        "lines",
        OrderLine,
        (basket: { readonly lines: ReadonlyArray<typeof line> }) => basket.lines,
        Aggregate.list({ max: 5 })
      )
    )
  }
})
const Ping = TrackedEvent.make("ping", { properties: { n: Schema.Int } })

const memory = EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) })

/** The notifications of an observer of every call, by message. */
const watch = (which: (call: Observer.Call) => boolean = () => true) => {
  const seen: Array<{
    readonly resolutions: Array<Lineage.Resolution>
    readonly messages: Array<Message.Message>
    readonly attempts: Array<Observer.Attempt>
    readonly receipts: Array<Receipt.Receipt>
    readonly order: Array<string>
  }> = []
  const observer: Observer.Observer = {
    observe: (call) => {
      if (!which(call)) return undefined
      const one: (typeof seen)[number] = { resolutions: [], messages: [], attempts: [], receipts: [], order: [] }
      seen.push(one)
      return {
        resolved: (resolution) => void (one.resolutions.push(resolution), one.order.push("resolved")),
        tracked: (message) => void (one.messages.push(message), one.order.push("tracked")),
        sent: (attempt) => void (one.attempts.push(attempt), one.order.push("sent")),
        received: (receipt) => void (one.receipts.push(receipt), one.order.push("received"))
      }
    }
  }
  return { observer, seen }
}

const quiet = Logger.layer([])
const tracked = <A, E, R>(
  effect: Effect.Effect<A, E, R | Tracker.Tracker>,
  sink: EventSink.EventSink = memory,
  options?: Tracker.Options
) => Effect.scoped(effect).pipe(Effect.provide(Tracker.layer(sink, options)), Effect.provide(quiet))

const byPath = (resolutions: ReadonlyArray<Lineage.Resolution>) =>
  Object.fromEntries(resolutions.map(({ path, ...rest }) => [path, rest]))
const alone = { keys: 1, callers: 1 }

describe("an observer", () => {
  it.effect(
    "is told how each relation of an event was resolved, how long it took, and what the loader was asked with it",
    () =>
      Effect.gen(function* () {
        const { observer, seen } = watch()
        yield* tracked(
          Effect.gen(function* () {
            yield* Tracker.observe(observer)
            const lines = [line, { ...line, id: 1002, productId: 124, order: undefined }, { ...line, productId: 999 }]
            yield* Effect.all(
              [
                Effect.forEach(lines, (orderLine) => Tracker.track(OrderLineUpdated, { orderLine }), {
                  concurrency: "unbounded"
                }),
                TestClock.adjust(100)
              ],
              { concurrency: "unbounded" }
            )
          })
        )
        const both = { keys: 3, callers: 3 }
        assert.deepStrictEqual(byPath(seen[0]!.resolutions), {
          "OrderLine.order": { outcome: "resolved", milliseconds: 0, batch: undefined, cached: false },
          "OrderLine.product": { outcome: "resolved", milliseconds: 2, batch: both, cached: false },
          "OrderLine.product.manufacturer": { outcome: "resolved", milliseconds: 5, batch: alone, cached: false }
        })
        assert.deepStrictEqual(byPath(seen[1]!.resolutions), {
          "OrderLine.order": { outcome: "missing", milliseconds: 0, batch: undefined, cached: false },
          "OrderLine.product": { outcome: "resolved", milliseconds: 2, batch: both, cached: false },
          "OrderLine.product.manufacturer": { outcome: "missing", milliseconds: 0, batch: undefined, cached: false }
        })
        assert.deepStrictEqual(byPath(seen[2]!.resolutions)["OrderLine.product"], {
          outcome: "missing",
          milliseconds: 2,
          batch: both,
          cached: false
        })
        assert.notProperty(byPath(seen[2]!.resolutions), "OrderLine.product.manufacturer")
      })
  )

  it.effect("is told that a row was cached, and that a resolver failed or threw", () =>
    Effect.gen(function* () {
      const { observer, seen } = watch()
      const cached = products.pipe(Loader.cached({ capacity: 10, timeToLive: "1 minute" }))
      const failing = Loader.byKey({
        name: "orders",
        load: (ids: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<Row>, RowError.MissingRow> =>
          Effect.fail(new RowError.MissingRow({ path: "nowhere", key: ids[0]! })),
        keyOf: (row: Row) => row.id
      })
      const Bare = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
      const Line = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
        Entity.one(
          "product",
          Bare,
          Loader.at(cached, (row: { readonly productId: number }) => row.productId)
        ),
        Entity.one(
          "order",
          Order,
          Loader.at(failing, (row: { readonly id: number }) => row.id)
        ),
        Entity.one("buyer", Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int } }), (_: Row): Row => {
          throw new Error("no buyer")
        })
      )
      const Seen = TrackedEvent.make("seen", { entities: { line: Line } })
      yield* tracked(
        Effect.gen(function* () {
          yield* Tracker.observe(observer)
          for (let i = 0; i < 2; i++) {
            yield* Effect.all([Tracker.track(Seen, { line: { id: 1, productId: 123 } }), TestClock.adjust(10)], {
              concurrency: "unbounded"
            })
          }
        })
      )
      const [first, second] = seen.map(({ resolutions }) => byPath(resolutions))
      assert.isFalse(first!["OrderLine.product"]!.cached)
      assert.isTrue(second!["OrderLine.product"]!.cached)
      assert.strictEqual(second!["OrderLine.product"]!.milliseconds, 0)
      assert.strictEqual(first!["OrderLine.order"]!.outcome, "failed")
      assert.deepStrictEqual(first!["OrderLine.order"]!.batch, alone)
      assert.strictEqual(first!["OrderLine.buyer"]!.outcome, "failed")
    })
  )

  it.effect("is told of what stands in lists by the paths that the lineage of the event has", () =>
    Effect.gen(function* () {
      const { observer, seen } = watch()
      yield* tracked(
        Effect.gen(function* () {
          yield* Tracker.observe(observer)
          const basket = { id: 1, lines: [line, { ...line, productId: 124 }] }
          yield* Effect.all([Tracker.track(BasketPlaced, { basket }), TestClock.adjust(100)], {
            concurrency: "unbounded"
          })
        })
      )
      const resolutions = byPath(seen[0]!.resolutions)
      assert.deepStrictEqual(Object.keys(resolutions).toSorted(), [
        "Basket.lines",
        "Basket.lines[].order",
        "Basket.lines[].product",
        "Basket.lines[].product.manufacturer"
      ])
      assert.deepStrictEqual(resolutions["Basket.lines[].product"], {
        outcome: "resolved",
        milliseconds: 2,
        batch: { keys: 2, callers: 1 },
        cached: false
      })
      const paths = Lineage.of(BasketPlaced).map(({ path }) => path)
      for (const path of Object.keys(resolutions)) assert.include(paths, path)
    })
  )

  it.effect("is told of every attempt with its result, and what stands for the message in the sink's requests", () =>
    Effect.gen(function* () {
      const { observer, seen } = watch()
      let times = 0
      const flaky = EventSink.make({
        name: "flaky",
        records: (message) => Effect.succeed([{ to: "POST /flaky", record: { id: message.messageId } }]),
        send: (batch) =>
          Effect.delay(
            ++times < 3
              ? Effect.fail(new SendError.Unavailable({ reason: "down", retryAfter: 1_000 }))
              : Effect.succeed(batch.map(() => Receipt.rejected("too late"))),
            7
          )
      }).pipe(EventSink.retried({ schedule: Schedule.spaced("1 second") }))
      yield* tracked(
        Effect.gen(function* () {
          yield* Tracker.observe(observer)
          yield* Effect.all([
            Tracker.track(Ping, { properties: { n: 1 } }),
            Tracker.track(Ping, { properties: { n: 2 } })
          ])
          yield* Effect.all([Tracker.flush, TestClock.adjust("10 seconds")], { concurrency: "unbounded" })
        }),
        flaky
      )
      for (const { attempts, messages, order, receipts } of seen) {
        assert.deepStrictEqual(
          attempts.map(({ result }) => result._tag),
          ["Unavailable", "Unavailable", "Rejected"]
        )
        assert.deepStrictEqual(
          attempts.map(({ at }) => at),
          [0, 1_007, 2_014]
        )
        for (const attempt of attempts) {
          assert.deepStrictEqual([attempt.sink, attempt.messages, attempt.milliseconds], ["flaky", 2, 7])
          assert.deepStrictEqual(yield* attempt.records, [
            { to: "POST /flaky", record: { id: messages[0]!.messageId } }
          ])
        }
        assert.deepStrictEqual(receipts, [
          {
            messageId: messages[0]!.messageId,
            sink: "flaky",
            outcome: Receipt.rejected("too late"),
            attempts: 3,
            at: 2_021
          }
        ])
        assert.deepStrictEqual(order, ["tracked", "sent", "sent", "sent", "received"])
      }
    })
  )

  it.effect(
    "is told the message as the sink has it, and not what the sink throws while it is asked what it sends",
    () =>
      Effect.gen(function* () {
        const { observer, seen } = watch()
        const throwing = EventSink.make({
          name: "throwing",
          records: () => {
            throw new Error("no records")
          },
          send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered))
        })
        const renamed = EventSink.rename(memory, { ping: "Ping!" })
        yield* tracked(
          Effect.gen(function* () {
            yield* Tracker.observe(observer)
            yield* Tracker.track(Ping, { properties: { n: 1 } })
            yield* Effect.all([Tracker.flush, TestClock.adjust(100)], { concurrency: "unbounded" })
          }),
          EventSink.fanOut(throwing, renamed)
        )
        const [first, second] = seen[0]!.attempts.toSorted((a, b) => b.sink.localeCompare(a.sink))
        assert.deepStrictEqual(yield* first!.records, [])
        const [record] = yield* second!.records
        assert.strictEqual(record!.to, "memory")
        assert.deepInclude(record!.record as object, { event: "Ping!", properties: { n: 1 } })
      })
  )

  it.effect("chooses what it observes, is told of the calls that have no event, and of what never leaves", () =>
    Effect.gen(function* () {
      const { observer, seen } = watch(({ event, type }) => event === Ping || type === "identify")
      yield* tracked(
        Effect.gen(function* () {
          yield* Tracker.observe(observer)
          yield* Tracker.identify({ plan: "pro" })
          yield* Tracker.track(BasketPlaced, { basket: { id: 1, lines: [] } })
          yield* Tracker.track(Ping, { properties: { n: 1 } })
          yield* Tracker.page("Home")
          yield* Tracker.flush.pipe(Effect.race(TestClock.adjust(100).pipe(Effect.andThen(Effect.never))))
        }),
        memory.pipe(EventSink.filter(({ type }) => type !== "identify"))
      )
      assert.deepStrictEqual(
        seen.map(({ messages, order, receipts }) => [messages[0]!.type, receipts[0]!.outcome._tag, order.join(" ")]),
        [
          ["identify", "Skipped", "tracked received"],
          ["track", "Delivered", "tracked sent received"]
        ]
      )
    })
  )

  it.effect("looks on until its scope closes, and sees the end of what it has begun to observe", () =>
    Effect.gen(function* () {
      const { observer, seen } = watch()
      yield* tracked(
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          yield* Tracker.observe(observer).pipe(Scope.provide(scope))
          yield* Tracker.track(Ping, { properties: { n: 1 } })
          yield* Scope.close(scope, Exit.void)
          yield* Tracker.track(Ping, { properties: { n: 2 } })
        })
      )
      assert.deepStrictEqual(
        seen.map(({ order }) => order),
        [["tracked", "sent", "received"]]
      )
    })
  )

  it.effect("that throws disturbs neither the service, nor the tracker, nor another observer", () =>
    Effect.gen(function* () {
      const { observer, seen } = watch()
      const told: Array<unknown> = []
      const logger = Logger.make(({ message }) => void told.push(message))
      const boom = (): never => {
        throw new Error("boom")
      }
      const receipts = yield* Effect.gen(function* () {
        for (const member of ["resolved", "tracked", "sent", "received"] as const) {
          yield* Tracker.observe({
            observe: () => ({
              resolved: () => {},
              tracked: () => {},
              sent: () => {},
              received: () => {},
              [member]: boom
            })
          })
        }
        yield* Tracker.observe({ observe: boom })
        yield* Tracker.observe(null as never)
        yield* Tracker.observe({ observe: boom })
        yield* Tracker.observe(observer)
        const tracking = Tracker.track(OrderLineUpdated, { orderLine: { ...line, productId: 0 } }).pipe(
          Effect.race(TestClock.adjust(100).pipe(Effect.andThen(Effect.never)))
        )
        const sent = yield* Effect.andThen(tracking, tracking)
        return yield* sent.receipts.pipe(Effect.race(TestClock.adjust(100).pipe(Effect.andThen(Effect.never))))
      }).pipe(Effect.scoped, Effect.provide(Tracker.layer(memory)), Effect.provide(Logger.layer([logger])))
      assert.deepStrictEqual(
        receipts.map(({ outcome }) => outcome),
        [Receipt.delivered]
      )
      assert.deepStrictEqual(seen[0]!.order, ["resolved", "resolved", "tracked", "sent", "received"])
      // Those that throw when they are asked are asked once, and the others are of another message.
      assert.lengthOf(told, 4 + 3 + 4)
    })
  )

  it.effect("changes nothing of what is tracked", () =>
    Effect.gen(function* () {
      const events = yield* Effect.forEach(Array.from({ length: 50 }), () =>
        Effect.gen(function* () {
          const productId = yield* Random.choice([123, 124, 999, "123", null, undefined] as ReadonlyArray<any>)
          const order = yield* Random.choice([{ id: 1 }, { id: "x" }, undefined, 7] as ReadonlyArray<any>)
          return { id: yield* Random.choice([1, 1.5, "1"] as ReadonlyArray<any>), productId, order }
        })
      )
      const run = (observed: boolean) => {
        const sent: Array<unknown> = []
        const kept = EventSink.tap(memory, (message) =>
          Effect.sync(() => void sent.push([(message as Message.Track).properties, message.context]))
        )
        return tracked(
          Effect.gen(function* () {
            if (observed) yield* Tracker.observe(watch().observer)
            for (const orderLine of events) {
              yield* Effect.all([Tracker.track(OrderLineUpdated, { orderLine }), TestClock.adjust(10)], {
                concurrency: "unbounded"
              })
              yield* Tracker.track(BasketPlaced, { basket: { id: 1, lines: [] } })
            }
          }),
          kept
        ).pipe(Effect.as(sent))
      }
      assert.deepStrictEqual(yield* run(true), yield* run(false))
    })
  )
})
