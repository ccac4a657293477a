import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import {
  Product,
  OrderLine,
  orderLine,
  collector,
  outcomes,
  quiet,
  tracked,
  violationsOf,
  pathsOf,
  propertiesOf,
  trackOne
} from "../test/tracker.ts"
import { Actor, Aggregate, Entity, Loader, Message, TrackedEvent, Tracker } from "./index.ts"

class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { id: Schema.Int }) {}
type Line = { readonly id: number; readonly qty: number; readonly productId: number }

describe("a relation that fails", () => {
  const resolvers: ReadonlyArray<readonly [string, unknown]> = [
    ["an Effect that fails", () => Effect.fail(new NotFound({ id: 1 }))],
    ["an Effect that dies", () => Effect.die("boom")],
    [
      "a function that throws",
      () => {
        throw new Error("secret@example.com")
      }
    ],
    ["a row that is none", () => "product"],
    ["an Effect of a row that is none", () => Effect.succeed(7)],
    [
      "a loader that fails",
      Loader.at(
        Loader.byKey({
          load: (_: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<{ readonly id: number }>, NotFound> =>
            Effect.fail(new NotFound({ id: 1 })),
          keyOf: (row) => row.id
        }),
        (line: Line) => line.productId
      )
    ],
    [
      "a loader whose key function throws",
      Loader.at(Loader.byKey({ load: () => Effect.succeed([]), keyOf: (row: { id: number }) => row.id }), () => {
        throw new Error("boom")
      })
    ],
    [
      "a required row that is missing",
      Loader.at(
        Loader.required(Loader.byKey({ load: () => Effect.succeed([]), keyOf: (row: { id: number }) => row.id })),
        (line: Line) => line.productId
      )
    ]
  ]
  for (const [what, resolve] of resolvers) {
    it.effect(`is left out and named, and the rest is sent: ${what}`, () =>
      Effect.gen(function* () {
        const Line = OrderLine.pipe(
          Entity.one("product", Product, resolve as any),
          Entity.computed("double", Schema.Int, (line: { readonly qty: number }) => line.qty * 2)
        )
        const event = TrackedEvent.make("e", { entities: { line: Line } })
        // At first, and when it is known what the resolver is like.
        for (const id of [1001, 1002]) {
          const { message } = yield* trackOne(event, { line: { id, qty: 3, productId: 1 } })
          assert.deepStrictEqual(propertiesOf(message), { OrderLine_id: id, OrderLine_qty: 3, OrderLine_double: 6 })
          assert.deepStrictEqual(pathsOf(message), ["OrderLine.product"])
          assert.notInclude(JSON.stringify(message), "secret")
        }
      })
    )
  }

  it.effect("is left out of a row beside relations that load", () =>
    Effect.gen(function* () {
      const products = Loader.byKey({
        load: (ids: ReadonlyArray<number>) => Effect.succeed(ids.map((id) => ({ id, name: `product ${id}` }))),
        keyOf: (row) => row.id
      })
      const broken = Loader.byKey({
        load: (
          _: ReadonlyArray<number>
        ): Effect.Effect<ReadonlyArray<{ readonly id: number; readonly name: string }>, string> => Effect.fail("down"),
        keyOf: (row) => row.id
      })
      const Line = OrderLine.pipe(
        Entity.one(
          "product",
          Product,
          Loader.at(products, (line: Line) => line.productId)
        ),
        Entity.one(
          "other",
          Product,
          Loader.at(broken, (line: Line) => line.productId),
          { prefix: "Other" }
        )
      )
      const event = TrackedEvent.make("e", { entities: { line: Line } })
      for (const qty of [3, 3.5]) {
        const { message } = yield* trackOne(event, { line: { id: 1001, qty, productId: 1 } })
        assert.deepStrictEqual(propertiesOf(message), {
          OrderLine_id: 1001,
          ...(qty === 3 ? { OrderLine_qty: 3 } : undefined),
          Product_id: 1,
          Product_name: "product 1"
        })
        assert.sameMembers([...pathsOf(message)], ["OrderLine.other", ...(qty === 3 ? [] : ["OrderLine.qty"])])
      }
    })
  )

  it.effect("is left out where it is to many rows, and their wrong values are", () =>
    Effect.gen(function* () {
      const lines = (resolve: (order: any) => any) =>
        TrackedEvent.make("e", {
          entities: {
            order: Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
              Entity.many(
                "lines",
                OrderLine,
                resolve,
                Aggregate.count,
                Aggregate.sum("qty"),
                Aggregate.list({ max: 2 })
              )
            )
          }
        })
      const failing = yield* trackOne(
        lines(() => Effect.fail("down")),
        { order: { id: 1 } }
      )
      assert.deepStrictEqual(propertiesOf(failing.message), { Order_id: 1 })
      assert.deepStrictEqual(pathsOf(failing.message), ["Order.lines"])
      const none = yield* trackOne(
        lines(() => undefined),
        { order: { id: 1 } }
      )
      assert.deepStrictEqual(propertiesOf(none.message), { Order_id: 1 })
      assert.deepStrictEqual(pathsOf(none.message), ["Order.lines"])
      const wrong = yield* trackOne(
        lines(() => [{ id: 1, qty: 2 }, { id: 2, qty: "x" }, null]),
        { order: { id: 1 } }
      )
      assert.strictEqual(propertiesOf(wrong.message)["Order_lines_count"], 3)
      assert.strictEqual(propertiesOf(wrong.message)["Order_lines_qty_sum"], 2)
      assert.includeMembers([...pathsOf(wrong.message)], ["Order.lines[1].qty", "Order.lines[2]"])
      const endless = yield* trackOne(
        lines(() => [{ id: 1, qty: Number.MAX_SAFE_INTEGER }]),
        { order: { id: 1 } }
      )
      assert.deepStrictEqual(pathsOf(endless.message), [])
    })
  )

  it.effect("leaves out a computed attribute that throws or fails", () =>
    Effect.gen(function* () {
      for (const compute of [
        () => {
          throw new Error("boom")
        },
        () => Effect.fail("down")
      ]) {
        const event = TrackedEvent.make("e", {
          entities: {
            line: OrderLine.pipe(Entity.computed("margin", Schema.Number, compute as unknown as () => number))
          }
        })
        const { message } = yield* trackOne(event, { line: orderLine })
        assert.deepStrictEqual(propertiesOf(message), { OrderLine_id: 1001, OrderLine_qty: 3 })
        assert.deepStrictEqual(pathsOf(message), ["OrderLine.margin"])
      }
    })
  )

  it.effect("fails the call where the event is made to fail", () =>
    Effect.gen(function* () {
      const event = TrackedEvent.make("e", {
        relations: "fail",
        entities: { line: OrderLine.pipe(Entity.one("product", Product, () => Effect.fail(new NotFound({ id: 1 })))) }
      })
      const kept = collector()
      const failure = yield* Effect.flip(tracked(kept.sink, {}, Tracker.track(event, { line: orderLine })))
      assert.strictEqual(failure._tag, "NotFound")
      assert.deepStrictEqual(kept.messages, [])
    })
  )

  it.effect("ends the caller where the tracker is made to fail", () =>
    Effect.gen(function* () {
      const event = TrackedEvent.make("e", {
        entities: { line: OrderLine.pipe(Entity.one("product", Product, () => Effect.fail(new NotFound({ id: 1 })))) }
      })
      const { exit, message } = yield* trackOne(event, { line: orderLine }, { relations: "fail" })
      assert.isTrue(Exit.hasDies(exit))
      assert.isUndefined(message)
      const own = TrackedEvent.make("e", { relations: "omit", entities: event.entities })
      assert.deepStrictEqual(pathsOf((yield* trackOne(own, { line: orderLine }, { relations: "fail" })).message), [
        "OrderLine.product"
      ])
    })
  )

  it.effect("is named by what its resolver failed with, whatever that is", () =>
    Effect.gen(function* () {
      const unreadable = {
        get _tag(): string {
          throw new Error("boom")
        }
      }
      for (const [failure, said] of [
        [new NotFound({ id: 1 }), "a failure of NotFound"],
        [new TypeError("secret@example.com"), "a failure of TypeError"],
        ["secret@example.com", "a failure of a string of length 18"],
        [unreadable, "a failure of an object"]
      ] as const) {
        const event = TrackedEvent.make("e", {
          entities: { line: OrderLine.pipe(Entity.one("product", Product, () => Effect.fail(failure))) }
        })
        const { message } = yield* trackOne(event, { line: orderLine })
        assert.deepStrictEqual(violationsOf(message), [
          { path: "OrderLine.product", expected: "a related row", actual: said }
        ])
      }
    })
  )

  it.effect("is left out level by level, and by each loader that fails", () =>
    Effect.gen(function* () {
      const load = (rows: ReadonlyArray<unknown>) =>
        Loader.byKey({
          load: (_: ReadonlyArray<number>) => Effect.succeed(rows as ReadonlyArray<{ readonly id: number }>),
          keyOf: (row) => row.id
        })
      const Maker = Entity.make("Maker", { key: "id", attributes: { id: Schema.Int } })
      const Made = Product.pipe(
        Entity.one(
          "maker",
          Maker,
          Loader.at(Loader.required(load([])), (product: any) => product.makerId)
        ),
        Entity.computed("label", Schema.String, (product: any) => product.label()),
        Entity.many("parts", Maker, (product: any) => product.parts, Aggregate.count)
      )
      const event = TrackedEvent.make("e", {
        entities: {
          line: OrderLine.pipe(
            Entity.one(
              "product",
              Made,
              Loader.at(load([{ id: 1, name: "tape", makerId: 2 }]), () => 1)
            ),
            Entity.one("odd", Maker, () => 7 as never, { prefix: "Odd" })
          )
        }
      })
      // At first, and when it is known what the resolvers are like.
      for (const id of [1001, 1002]) {
        const { message } = yield* trackOne(event, { line: { id, qty: 3 } })
        assert.deepStrictEqual(propertiesOf(message), {
          OrderLine_id: id,
          OrderLine_qty: 3,
          Product_id: 1,
          Product_name: "tape"
        })
        assert.sameMembers(
          [...pathsOf(message)],
          ["OrderLine.odd", "OrderLine.product.maker", "OrderLine.product.label", "OrderLine.product.parts"]
        )
      }
      assert.deepStrictEqual(pathsOf((yield* trackOne(event, { line: 7 })).message), ["OrderLine"])
    })
  )

  it.effect("does not hold back an interruption of the caller", () =>
    Effect.gen(function* () {
      const event = TrackedEvent.make("e", {
        entities: { line: OrderLine.pipe(Entity.one("product", Product, () => Effect.never)) }
      })
      const kept = collector()
      yield* tracked(
        kept.sink,
        {},
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Tracker.track(event, { line: orderLine }))
          yield* Effect.yieldNow
          yield* Fiber.interrupt(fiber)
          assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
        })
      )
      assert.deepStrictEqual(kept.messages, [])
    })
  )
})

describe("a relation that does not answer", () => {
  const hangs = () => Effect.never as Effect.Effect<{ readonly id: number; readonly name: string }>
  const Hanging = OrderLine.pipe(
    Entity.one("product", Product, hangs),
    Entity.one("other", Product, () => ({ id: 1, name: "one" }), { prefix: "Other" })
  )
  const things = Loader.byKey({
    name: "things",
    load: (_: ReadonlyArray<number>) => hangs().pipe(Effect.map((row) => [row])),
    keyOf: ({ id }) => id
  })
  const Loading = OrderLine.pipe(
    Entity.one(
      "product",
      Product,
      Loader.at(things, (row: { readonly id: number }) => row.id)
    )
  )
  const events = [Hanging, Loading].map((entity) => TrackedEvent.make("hangs", { entities: { orderLine: entity } }))
  const Strict = TrackedEvent.make("strict", { entities: { orderLine: Loading }, relations: "fail" })
  const promise = new Promise<{ readonly id: number; readonly name: string }>(() => {})
  const Promising = TrackedEvent.make("hangs", {
    entities: { orderLine: OrderLine.pipe(Entity.one("product", Product, () => promise)) }
  })

  const violationsOf = ({ message }: Tracker.Tracked) => message.context?.["violations"]
  const inTime = [
    { path: "OrderLine.product", expected: "a related row", actual: "nothing: it did not answer within 5s" }
  ]

  it.effect("in time is left out, and all else of the event goes", () =>
    Effect.gen(function* () {
      const memory = collector()
      const program = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          Effect.forEach([...events, Promising], (event) => Tracker.track(event, { orderLine }), {
            concurrency: "unbounded"
          }),
          { startImmediately: true }
        )
        yield* TestClock.adjust("4 seconds")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 second")
        return yield* Fiber.join(fiber)
      })
      const all = yield* tracked(memory.sink, { resolveWithin: "5 seconds" }, program)
      assert.deepStrictEqual(all.map(violationsOf), [inTime, inTime, inTime])
      assert.deepStrictEqual(
        all.map(({ message }) => (message as Message.Track).properties),
        [
          { OrderLine_id: 1001, OrderLine_qty: 3, Other_id: 1, Other_name: "one" },
          { OrderLine_id: 1001, OrderLine_qty: 3 },
          { OrderLine_id: 1001, OrderLine_qty: 3 }
        ]
      )
      assert.lengthOf(memory.messages, 3)
    })
  )

  it.effect("in time fails an event that is made to fail, typed, and says what to do", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.flip(Tracker.track(Strict, { orderLine })), {
          startImmediately: true
        })
        yield* TestClock.adjust("5 seconds")
        return yield* Fiber.join(fiber)
      })
      const error = yield* tracked(collector().sink, { resolveWithin: 5_000 }, program)
      assert.strictEqual(
        error.message,
        "OrderLine.product did not answer within 5s. Make it faster, or raise resolveWithin or closeWithin."
      )
    })
  )

  it.effect("each has its own time, and one that answers leaves no timer behind", () =>
    Effect.gen(function* () {
      const Slow = TrackedEvent.make("slow", {
        entities: {
          orderLine: OrderLine.pipe(
            Entity.one("product", Product, () => Effect.delay(Effect.succeed({ id: 1, name: "one" }), "3 seconds"))
          )
        }
      })
      const program = Effect.gen(function* () {
        const start = (event: typeof Slow | (typeof events)[0]) =>
          Effect.forkChild(Tracker.track(event as typeof Slow, { orderLine }), { startImmediately: true })
        const first = yield* start(events[0]!)
        yield* TestClock.adjust("2 seconds")
        const slow = yield* start(Slow)
        const last = yield* start(events[1]!)
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(violationsOf(yield* Fiber.join(first)), inTime as never)
        assert.isUndefined(violationsOf(yield* Fiber.join(slow)))
        assert.isUndefined(last.pollUnsafe())
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(violationsOf(yield* Fiber.join(last)), inTime as never)
      })
      yield* tracked(collector().sink, { resolveWithin: "5 seconds" }, program)
    })
  )

  it.effect("takes no timer of its own where another event was waited for just before, and leaves none for long", () =>
    Effect.gen(function* () {
      const Promised = TrackedEvent.make("promised", {
        entities: { orderLine: OrderLine.pipe(Entity.one("product", Product, async () => ({ id: 1, name: "one" }))) }
      })
      const clock = yield* Clock.Clock
      let timers = 0
      const sleep: Clock.Clock["sleep"] = (duration) => {
        if (Duration.toMillis(duration) === 90) timers++
        return clock.sleep(duration)
      }
      const program = Effect.gen(function* () {
        for (let i = 0; i < 3; i++) {
          yield* Tracker.track(Promised, { orderLine })
          yield* Effect.yieldNow
        }
        assert.strictEqual(timers, 1)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(timers, 1)
        yield* Tracker.track(Promised, { orderLine })
        assert.strictEqual(timers, 2)
      })
      yield* Effect.provideService(
        tracked(collector().sink, { resolveWithin: 90 }, program),
        Clock.Clock,
        Object.assign(Object.create(clock) as Clock.Clock, { sleep })
      )
    })
  )

  it.effect("is given no time where there is none, each time", () =>
    Effect.gen(function* () {
      const Slow = TrackedEvent.make("slow", {
        entities: { orderLine: OrderLine.pipe(Entity.one("product", Product, () => promise)) }
      })
      const program = Effect.gen(function* () {
        for (let i = 0; i < 3; i++) {
          const fiber = yield* Effect.forkChild(Tracker.track(Slow, { orderLine }), { startImmediately: true })
          yield* TestClock.adjust(0)
          assert.isDefined(violationsOf(yield* Fiber.join(fiber)))
        }
      })
      yield* tracked(collector().sink, { resolveWithin: 0 }, program)
    })
  )

  it.effect("can be waited for, and a call that dies afterwards is waited for no more", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<null | undefined>()
      const Ad = TrackedEvent.make("ad", {
        purposes: ["ads"],
        entities: {
          orderLine: OrderLine.pipe(Entity.one("product", Product, () => Deferred.await(asked), { optional: true }))
        }
      })
      const tracker = yield* Tracker.make(collector().sink)
      yield* Tracker.resolved(tracker)
      const call = yield* tracker.track(Ad, { orderLine }).pipe(
        Actor.as({
          consent: {
            has: () => {
              throw new Error("no")
            }
          } as never
        }),
        Effect.forkChild({ startImmediately: true })
      )
      const waiting = yield* Effect.forkChild(Tracker.resolved(tracker), { startImmediately: true })
      const tired = yield* Effect.forkChild(Tracker.resolved(tracker), { startImmediately: true })
      yield* Fiber.interrupt(tired)
      const later = yield* Effect.forkChild(tracker.track(events[0]!, { orderLine }), { startImmediately: true })
      assert.isUndefined(waiting.pollUnsafe())
      yield* Deferred.succeed(asked, undefined)
      assert.isTrue(Exit.isFailure(yield* Fiber.await(call)))
      yield* Fiber.join(waiting)
      yield* Fiber.interrupt(later)
      yield* Tracker.resolved({ ...tracker })
    })
  )

  it.effect("before the tracker closes is left out, and the message delivered", () =>
    Effect.gen(function* () {
      const memory = collector()
      const scope = yield* Scope.make()
      const tracker = yield* Scope.provide(Tracker.make(memory.sink), scope)
      const fibers = yield* Effect.forEach([...events, Promising], (event) =>
        Effect.forkChild(tracker.track(event, { orderLine }), { startImmediately: true })
      )
      yield* Scope.close(scope, Exit.void)
      const all = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(
        all.map(violationsOf),
        all.map(() => [
          {
            path: "OrderLine.product",
            expected: "a related row",
            actual: "nothing: it did not answer before the tracker closed"
          }
        ]) as never
      )
      assert.lengthOf(memory.messages, 3)
      const late = yield* tracker.track(events[0]!, { orderLine })
      assert.deepStrictEqual(outcomes(yield* late.receipts), ["Dropped"])
    }).pipe(Effect.provide(quiet))
  )
})

describe("beside a loader", () => {
  const things = Loader.byKey({
    load: (ids: ReadonlyArray<number>) => ids.map((id) => ({ id })),
    keyOf: ({ id }) => id
  })
  const Thing = Entity.make("Thing", { key: "id", attributes: { id: Schema.Int } })
  const no = (): never => {
    throw new Error("no")
  }
  const throwing = new Proxy({}, { has: (_, key) => key === "then", get: no })
  const besides = OrderLine.pipe(
    Entity.one(
      "thing",
      Thing,
      Loader.at(things, ({ id }: { readonly id: number }) => id)
    )
  )
  const beside = (loader: typeof things) =>
    besides.pipe(
      Entity.one(
        "product",
        Thing,
        Loader.at(loader, ({ id }: { readonly id: number }) => id),
        { prefix: "Product" }
      )
    )

  it.effect.each([
    [
      "a resolver gives what throws when it is asked what it is",
      besides.pipe(Entity.one("product", Product, () => throwing as never))
    ],
    [
      "the hash of a loader throws",
      beside(
        Loader.byKey({
          load: (ids: ReadonlyArray<number>) => ids.map((id) => ({ id })),
          keyOf: ({ id }) => id,
          hash: no
        })
      )
    ],
    ["what groups a loader throws", beside(Loader.groupedBy(things, no))]
  ] as ReadonlyArray<readonly [string, Entity.Any]>)("%s, and nothing else is left out", ([, entity]) =>
    Effect.gen(function* () {
      const event = TrackedEvent.make("e", { entities: { line: entity } })
      for (let i = 0; i < 2; i++) {
        const { message } = yield* trackOne(event, { line: orderLine })
        assert.deepStrictEqual(propertiesOf(message), { OrderLine_id: 1001, OrderLine_qty: 3, Thing_id: 1001 })
        assert.deepStrictEqual(pathsOf(message), ["OrderLine.product"])
      }
    })
  )
})
