import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import {
  Actor,
  Aggregate,
  DefinitionError,
  Entity,
  EventSink,
  Loader,
  Message,
  Pii,
  Plan,
  Receipt,
  SendError,
  TrackedEvent,
  Tracker
} from "./index.ts"

const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { orderLine: OrderLine },
  properties: { action: Schema.Literal("orderLineUpdated") }
})
const orderLine = { id: 1001, qty: 3 }
const update = { orderLine, properties: { action: "orderLineUpdated" } } as const
const Ping = TrackedEvent.make("ping", { properties: { n: Schema.Int } })

/** A sink that keeps the batches that it is given. */
const collector = (name = "memory", limits?: Partial<EventSink.Limits>) => {
  const batches: Array<ReadonlyArray<Message.Message>> = []
  return {
    batches,
    get messages() {
      return batches.flat()
    },
    sink: EventSink.make({
      name,
      limits: limits ?? {},
      send: (batch) =>
        Effect.sync(() => {
          batches.push(batch)
          return batch.map(() => Receipt.delivered)
        })
    })
  }
}

const down = (name = "down") =>
  EventSink.make({ name, send: () => Effect.fail(new SendError.Unavailable({ reason: "down" })) })
const hanging = (name = "hanging") => EventSink.make({ name, send: () => Effect.never })

const outcomes = (receipts: ReadonlyArray<Receipt.Receipt>): ReadonlyArray<string> =>
  receipts.map(({ outcome }) => outcome._tag)

const quiet = Logger.layer([])

/** Runs with a tracker of its own, which is closed before this ends. */
const tracked = <A, E, R>(
  sink: EventSink.EventSink<never, never>,
  options: Tracker.Options,
  effect: Effect.Effect<A, E, R | Tracker.Tracker>
) => Effect.provide(effect, Tracker.layer(sink, options)).pipe(Effect.provide(quiet))

const ping = (n: number) => Tracker.track(Ping, { properties: { n } })
const pings = (count: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, n) => n),
    ping
  )
const ns = (messages: ReadonlyArray<Message.Message>) =>
  messages.map((message) => (message as Message.Track).properties["n"])

describe("a tracker", () => {
  it.effect("gives every sink the message of an event: its properties, its entities' values, who acts, and when", () =>
    Effect.gen(function* () {
      const [a, b] = [collector("a"), collector("b")]
      const one = yield* tracked(
        EventSink.fanOut(a.sink, b.sink),
        {},
        Tracker.track(OrderLineUpdated, update, { context: { page: "cart" }, integrations: { Mixpanel: false } }).pipe(
          Actor.as({ userId: "u-1", anonymousId: "a-1", context: { ip: "10.0.0.1" } })
        )
      )
      assert.deepStrictEqual(a.messages, b.messages)
      assert.deepStrictEqual(a.messages, [
        {
          type: "track",
          event: "orderLineUpdated",
          properties: { action: "orderLineUpdated", OrderLine_id: 1001, OrderLine_qty: 3 },
          messageId: one.messageId,
          timestamp: "1970-01-01T00:00:00.000Z",
          userId: "u-1",
          anonymousId: "a-1",
          context: { ip: "10.0.0.1", page: "cart" },
          integrations: { Mixpanel: false }
        }
      ])
      assert.deepStrictEqual(
        Object.keys((a.messages[0] as Message.Track).properties),
        TrackedEvent.keys(OrderLineUpdated)
      )
      assert.deepStrictEqual(yield* one.receipts, [
        { messageId: one.messageId, sink: "a", outcome: Receipt.delivered, attempts: 1, at: 0 },
        { messageId: one.messageId, sink: "b", outcome: Receipt.delivered, attempts: 1, at: 0 }
      ])
    })
  )

  it.effect("can be another one, which a service makes itself", () =>
    Effect.gen(function* () {
      const own = yield* Tracker.make(collector().sink)
      const names: Array<string> = []
      const another: Tracker.Service = Object.assign({ ...own }, {
        track: (event: TrackedEvent.Any) => Effect.sync(() => void names.push(event.name)),
        call: (type: Message.Message["type"]) => Effect.sync(() => void names.push(type))
      } as object)
      yield* Effect.provideService(ping(1), Tracker.Tracker, another)
      yield* Effect.provideService(Tracker.identify({}), Tracker.Tracker, another)
      assert.deepStrictEqual(names, ["ping", "identify"])
    })
  )

  it.effect("has the other five calls of the Segment Spec", () =>
    Effect.gen(function* () {
      const kept = collector()
      yield* tracked(
        kept.sink,
        {},
        Effect.gen(function* () {
          yield* Tracker.identify({ plan: "pro" })
          yield* Tracker.group("g-1", { seats: 3 })
          yield* Tracker.alias("u-0")
          yield* Tracker.page("Home", { category: "Shop", properties: { path: "/" } })
          yield* Tracker.screen(undefined)
        }).pipe(Actor.as({ userId: "u-1" }))
      )
      const bare = kept.messages.map(({ messageId: _, timestamp: __, ...message }) => message)
      assert.deepStrictEqual(bare as ReadonlyArray<unknown>, [
        { type: "identify", traits: { plan: "pro" }, userId: "u-1" },
        { type: "group", groupId: "g-1", traits: { seats: 3 }, userId: "u-1" },
        { type: "alias", previousId: "u-0", userId: "u-1" },
        { type: "page", name: "Home", category: "Shop", properties: { path: "/" }, userId: "u-1" },
        { type: "screen", properties: {}, userId: "u-1" }
      ])
      for (const message of kept.messages) assert.isTrue(Schema.is(Message.Message)(message))
    })
  )

  it.effect("takes the id and the time that a call gives", () =>
    Effect.gen(function* () {
      const { batches, sink } = collector()
      const one = yield* tracked(
        sink,
        {},
        Tracker.track(OrderLineUpdated, update, { messageId: "order-line-1001", timestamp: new Date(86_400_000) })
      )
      assert.strictEqual(one.messageId, "order-line-1001")
      assert.strictEqual(batches[0]![0]!.timestamp, "1970-01-02T00:00:00.000Z")
    })
  )

  it.effect("does not follow what its callers change later", () =>
    Effect.gen(function* () {
      const kept = collector()
      const traits = { tags: ["a"] }
      yield* tracked(
        kept.sink,
        {},
        Effect.gen(function* () {
          yield* Tracker.identify(traits)
          traits.tags.push("b")
        })
      )
      assert.deepStrictEqual((kept.messages[0] as Message.Identify).traits, { tags: ["a"] })
    })
  )

  it.effect("sends a message that was made before, and refuses what is none", () =>
    Effect.gen(function* () {
      const kept = collector()
      const message: Message.Message = {
        type: "track",
        event: "ping",
        properties: {},
        messageId: "m-1",
        timestamp: "2026-01-01T00:00:00.000Z"
      }
      yield* tracked(
        kept.sink,
        {},
        Effect.gen(function* () {
          yield* Tracker.send(message)
          for (const bad of [null, 1, {}, { ...message, type: "tracked" }]) {
            const failure = yield* Effect.flip(Tracker.send(bad as any))
            assert.strictEqual(failure._tag, "SchemaError")
          }
        })
      )
      assert.deepStrictEqual(kept.messages, [message])
    })
  )

  it.effect("has receipts at once where there are no sinks", () =>
    Effect.gen(function* () {
      const receipts = yield* tracked(
        EventSink.fanOut(),
        {},
        Effect.flatMap(ping(1), ({ receipts }) => receipts)
      )
      assert.deepStrictEqual(receipts, [])
    })
  )

  it.effect("fails to start with what a sink fails to open with", () =>
    Effect.gen(function* () {
      const shut = EventSink.make({ name: "shut", open: () => Effect.fail("no key" as const) })
      const failure = yield* Effect.flip(Effect.scoped(Tracker.make(shut)))
      assert.strictEqual(failure, "no key")
    })
  )

  it("refuses a buffer that holds nothing", async () => {
    for (const options of [{ capacity: 0 }, { capacity: 1.5 }, { concurrency: 0 }, { whenFull: "burst" as any }]) {
      const exit = await Effect.runPromiseExit(Effect.scoped(Tracker.make(collector().sink, options)))
      assert.isTrue(Exit.isFailure(exit) && String(Cause.squash(exit.cause)).includes("Tracker"))
    }
    assert.throws(() => collector().sink.pipe(EventSink.buffered({ capacity: -1 })), /capacity/)
  })

  it.effect.each<readonly [options: unknown, said: string]>([
    [{ plan: Ping }, "its plan is none"],
    [{ plan: [Ping] }, "its plan is none"],
    [{ closeWithin: "20 secs" }, "closeWithin is a number of milliseconds"],
    [{ closeWithin: -1 }, "closeWithin is a number of milliseconds"],
    [{ resolveWithin: Number.NaN }, "resolveWithin is a number of milliseconds"],
    [{ withoutConsent: "keep" }, "the number of messages held is a whole number"],
    [{ withoutConsent: { hold: -1 } }, "the number of messages held is a whole number"],
    [{ relations: "drop" }, 'relations is "omit" or "fail", not drop'],
    [{ validation: "warn" }, 'validation is "strip"']
  ])("refuses options that cannot be: %o", ([options, said]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.scoped(Tracker.make(collector().sink, options as Tracker.Options)))
      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.instanceOf(error, DefinitionError.DefinitionError)
      assert.include(error.message, said)
    })
  )

  it.effect("refuses what is no sink, and an event that is none", () =>
    Effect.gen(function* () {
      const causeOf = (effect: Effect.Effect<unknown, unknown>) =>
        Effect.map(Effect.exit(effect), (exit) => (Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined))
      for (const none of [undefined, {}, "segment"]) {
        const error = yield* causeOf(Effect.scoped(Tracker.make(none as never)))
        assert.instanceOf(error, DefinitionError.DefinitionError)
        assert.throws(() => EventSink.fanOut(none as never), /one of the sinks is none/)
      }
      for (const none of [undefined, "ping"]) {
        const error = yield* causeOf(tracked(collector().sink, {}, Tracker.track(none as never, {} as never)))
        assert.include(String(error), "an event of TrackedEvent.make")
      }
    })
  )
})

/** What a tracked event says of what was wrong with it. */
const violationsOf = (message: Message.Message | undefined): ReadonlyArray<TrackedEvent.Violation> =>
  (message?.context?.["violations"] ?? []) as unknown as ReadonlyArray<TrackedEvent.Violation>
const pathsOf = (message: Message.Message | undefined): ReadonlyArray<string> =>
  violationsOf(message).map(({ path }) => path)
const propertiesOf = (message: Message.Message | undefined) => (message as Message.Track).properties

class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { id: Schema.Int }) {}
type Line = { readonly id: number; readonly qty: number; readonly productId: number }

const trackOne = (event: TrackedEvent.Any, input: unknown, options: Tracker.Options = {}) =>
  Effect.gen(function* () {
    const kept = collector()
    const exit = yield* Effect.exit(
      tracked(
        kept.sink,
        options,
        Tracker.track(event as any, input as any) as Effect.Effect<Tracker.Tracked, unknown, Tracker.Tracker>
      )
    )
    return { exit, message: kept.messages[0] }
  })

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
        "OrderLine.product did not answer within 5s. Have it answer sooner, or give it longer: resolveWithin, closeWithin."
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
      const asked = yield* Deferred.make<undefined>()
      const Ad = TrackedEvent.make("ad", {
        purposes: ["ads"],
        entities: { orderLine: OrderLine.pipe(Entity.one("product", Product, () => Deferred.await(asked))) }
      })
      const tracker = yield* Tracker.make(collector().sink)
      yield* Tracker.resolved(tracker)
      const call = yield* tracker
        .track(Ad, { orderLine })
        .pipe(Actor.as({ consent: ["ads"] as never }), Effect.forkChild({ startImmediately: true }))
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

describe("without a fiber", () => {
  it.effect("an event is tracked at once, and what is to be waited for is an Effect", () =>
    Effect.gen(function* () {
      const memory = collector()
      const tracker = yield* Tracker.make(memory.sink)
      const context = Context.make(Actor.Actor, { userId: "u-1" })
      const now = Tracker.trackUnsafe(tracker, context, Ping, { properties: { n: 1 } })
      assert.isTrue(Exit.isExit(now))
      const Later = TrackedEvent.make("later", {
        entities: { orderLine: OrderLine.pipe(Entity.one("product", Product, async () => ({ id: 1, name: "one" }))) }
      })
      const later = Tracker.trackUnsafe(tracker, context, Later, { orderLine })
      assert.isFalse(Exit.isExit(later))
      yield* later
      yield* tracker.flush
      assert.deepStrictEqual(
        memory.messages.map(({ userId }) => userId),
        ["u-1", "u-1"]
      )
      const another = { ...tracker, track: tracker.track } as Tracker.Service
      yield* Tracker.trackUnsafe(another, context, Ping, { properties: { n: 2 } })
    })
  )

  it.effect("a tracker ends at once: what has no receipt has one then, and is given to the dead letters", () =>
    Effect.gen(function* () {
      const letters = collector("letters")
      const tracker = yield* Tracker.make(
        hanging().pipe(EventSink.batched({ messages: 1 }), EventSink.deadLetter(letters.sink)),
        {
          withoutConsent: { hold: 1 }
        }
      )
      const context = Context.make(Actor.Actor, { userId: "u-1", consent: new Set<string>() })
      const Ad = TrackedEvent.make("ad", { purposes: ["ads"] })
      const Hanging = TrackedEvent.make("hangs", {
        entities: { orderLine: OrderLine.pipe(Entity.one("product", Product, () => new Promise<undefined>(() => {}))) }
      })
      const [sent, waiting, held] = [
        yield* Tracker.trackUnsafe(tracker, context, Ping, { properties: { n: 1 } }),
        yield* Tracker.trackUnsafe(tracker, context, Ping, { properties: { n: 2 } }),
        yield* Tracker.trackUnsafe(tracker, context, Ad, {})
      ]
      const resolving = yield* Effect.forkChild(tracker.track(Hanging, { orderLine }), { startImmediately: true })
      yield* Effect.yieldNow
      Tracker.endUnsafe(tracker)
      assert.deepStrictEqual(
        letters.messages.map(({ messageId }) => messageId).toSorted(),
        [sent.messageId, waiting.messageId, (yield* Fiber.join(resolving)).messageId].toSorted()
      )
      assert.deepStrictEqual(outcomes(yield* held.receipts), ["Skipped"])
      const late = yield* tracker.track(Ping, { properties: { n: 3 } })
      assert.deepStrictEqual(outcomes(yield* late.receipts), ["Dropped"])
      Tracker.endUnsafe({ ...tracker })
    }).pipe(Effect.provide(quiet))
  )
})

describe("a value that its schema refuses", () => {
  const wrong = { orderLine: { id: 1001, qty: "three" }, properties: { action: "else", colour: "red" } }
  const paths = ["orderLineUpdated.properties.action", "orderLineUpdated.properties.colour", "OrderLine.qty"]

  it.effect("is left out and named, by its kind alone", () =>
    Effect.gen(function* () {
      const { message } = yield* trackOne(OrderLineUpdated, wrong)
      assert.deepStrictEqual(propertiesOf(message), { OrderLine_id: 1001 })
      assert.deepStrictEqual(pathsOf(message), paths)
      assert.notMatch(JSON.stringify(message), /three|else|red/)
    })
  )

  it.effect("is sent and named where the tracker annotates", () =>
    Effect.gen(function* () {
      const { message } = yield* trackOne(OrderLineUpdated, wrong, { validation: "annotate" })
      assert.deepStrictEqual(propertiesOf(message), {
        action: "else",
        colour: "red",
        OrderLine_id: 1001,
        OrderLine_qty: "three"
      })
      assert.deepStrictEqual(pathsOf(message), paths)
      const noJson = { orderLine: { id: 1n, qty: Number.NaN }, properties: { action: () => {} } }
      assert.deepStrictEqual(
        propertiesOf((yield* trackOne(OrderLineUpdated, noJson, { validation: "annotate" })).message),
        {}
      )
    })
  )

  it.effect("has the message go to the dead letters, and to no sink", () =>
    Effect.gen(function* () {
      const [kept, letters] = [collector(), collector("letters")]
      const one = yield* tracked(
        kept.sink.pipe(EventSink.deadLetter(letters.sink)),
        { validation: "deadLetter" },
        Effect.tap(Tracker.track(OrderLineUpdated, wrong as any), ({ receipts }) => receipts)
      )
      const [receipt] = yield* one.receipts
      assert.strictEqual(receipt!.outcome._tag, "Rejected")
      assert.include(JSON.stringify(receipt), "orderLineUpdated.properties.action")
      assert.deepStrictEqual(kept.messages, [])
      assert.deepStrictEqual(pathsOf(letters.messages[0]), paths)
    })
  )

  it.effect("fails the call where the event is made to fail", () =>
    Effect.gen(function* () {
      const Strict = TrackedEvent.make("strict", { validation: "fail", properties: { n: Schema.Int } })
      const failure = yield* Effect.flip(
        tracked(collector().sink, {}, Tracker.track(Strict, { properties: { n: 1.5 } }))
      )
      assert.deepStrictEqual([failure._tag, failure.path], ["InvalidRow", "strict.properties.n"])
    })
  )

  it.effect("ends the caller where the tracker is made to fail", () =>
    Effect.gen(function* () {
      const { exit, message } = yield* trackOne(OrderLineUpdated, wrong, { validation: "fail" })
      assert.isTrue(Exit.hasDies(exit))
      assert.isUndefined(message)
    })
  )

  it.effect("is not looked at where the tracker does not validate", () =>
    Effect.gen(function* () {
      const { message } = yield* trackOne(OrderLineUpdated, wrong, { validation: "off" })
      assert.deepStrictEqual(propertiesOf(message), { action: "else", OrderLine_id: 1001, OrderLine_qty: "three" })
      assert.deepStrictEqual(pathsOf(message), [])
    })
  )

  it.effect("is a row that is none, or no rows, too", () =>
    Effect.gen(function* () {
      for (const [input, path] of [
        [null, "orderLineUpdated"],
        [{ properties: update.properties }, "OrderLine"],
        [{ ...update, orderLine: 7 }, "OrderLine"],
        [{ orderLine }, "orderLineUpdated.properties"]
      ] as const) {
        assert.include(pathsOf((yield* trackOne(OrderLineUpdated, input)).message), path)
      }
      const hostile = {
        get orderLine(): never {
          throw new Error("boom")
        },
        get properties(): never {
          throw new Error("boom")
        }
      }
      assert.deepStrictEqual(propertiesOf((yield* trackOne(OrderLineUpdated, hostile)).message), {})
    })
  )

  it.effect("is none where the event's own properties are as they should be", () =>
    Effect.gen(function* () {
      const Own = TrackedEvent.make("own", {
        properties: {
          at: Schema.Date,
          note: Schema.optionalKey(Schema.String),
          coupon: Schema.Option(Schema.String),
          kind: Schema.Literals(["a", "b"])
        }
      })
      const at = new Date(0)
      for (const validation of ["strip", "off"] as const) {
        for (const [properties, sent] of [
          [
            { at, coupon: Option.none(), kind: "a" },
            { at: at.toISOString(), kind: "a" }
          ],
          [
            { at, note: undefined, coupon: Option.some("x"), kind: "b" },
            { at: at.toISOString(), coupon: "x", kind: "b" }
          ],
          [
            { at, note: "n", coupon: Option.none(), kind: "a" },
            { at: at.toISOString(), note: "n", kind: "a" }
          ]
        ] as const) {
          const { message } = yield* trackOne(Own, { properties }, { validation })
          assert.deepStrictEqual(propertiesOf(message), sent)
          assert.deepStrictEqual(pathsOf(message), [])
        }
      }
      const { message } = yield* trackOne(Own, { properties: { at: "then", coupon: 1, kind: "c" } })
      assert.deepStrictEqual(pathsOf(message), ["own.properties.at", "own.properties.coupon", "own.properties.kind"])
      const Late = TrackedEvent.make("late", {
        properties: { n: Schema.Int },
        entities: {
          line: OrderLine.pipe(Entity.one("product", Product, () => Effect.succeed({ id: 1, name: "tape" })))
        }
      })
      for (const validation of ["strip", "off"] as const) {
        const { message } = yield* trackOne(Late, { line: orderLine, properties: { n: 1 } }, { validation })
        assert.deepStrictEqual(Object.keys(propertiesOf(message)), TrackedEvent.keys(Late))
      }
    })
  )

  it.effect("is what has no JSON, wherever it is", () =>
    Effect.gen(function* () {
      const cycle: Record<string, unknown> = {}
      cycle["self"] = cycle
      const kept = collector()
      const throwing = {
        toJSON: () => {
          throw new Error("boom")
        }
      }
      yield* tracked(
        kept.sink,
        {},
        Effect.gen(function* () {
          yield* Tracker.identify({ a: 1, big: 1n, cycle, throwing, fn: () => {}, gone: undefined } as any, {
            timestamp: new Date(Number.NaN)
          })
          yield* Tracker.track(Ping, { properties: { n: 1 } }, { context: { cycle } as any })
          yield* Tracker.track(Ping, { properties: { n: 1 } }).pipe(
            Actor.as({ userId: 7n as any, context: { cycle } as any })
          )
        })
      )
      const [identify, ping, acted] = kept.messages
      assert.deepStrictEqual((identify as Message.Identify).traits, { a: 1 })
      assert.sameMembers(
        [...pathsOf(identify)],
        [
          "identify.traits.big",
          "identify.traits.cycle",
          "identify.traits.throwing",
          "identify.traits.fn",
          "identify.timestamp"
        ]
      )
      assert.deepStrictEqual(pathsOf(ping), ["ping.context.cycle"])
      assert.sameMembers([...pathsOf(acted)], ["ping.context.cycle", "ping.userId"])
      for (const message of kept.messages) assert.isTrue(Schema.is(Message.Message)(message))
    })
  )

  it.effect("is an event that is not in the plan", () =>
    Effect.gen(function* () {
      const plan = Plan.make(OrderLineUpdated)
      assert.deepStrictEqual(pathsOf((yield* trackOne(Ping, { properties: { n: 1 } }, { plan })).message), ["ping"])
      assert.deepStrictEqual(pathsOf((yield* trackOne(OrderLineUpdated, update, { plan })).message), [])
      assert.deepStrictEqual(
        pathsOf((yield* trackOne(Ping, { properties: { n: 1 } }, { plan, validation: "off" })).message),
        []
      )
      assert.isTrue(Exit.hasDies((yield* trackOne(Ping, { properties: { n: 1 } }, { plan, validation: "fail" })).exit))
    })
  )

  it.effect("is counted and logged", () =>
    Effect.gen(function* () {
      const lines: Array<unknown> = []
      const logger = Logger.layer([Logger.make(({ message }) => void lines.push(message))])
      yield* Tracker.track(OrderLineUpdated, wrong as any).pipe(
        Effect.provide(Tracker.layer(collector().sink)),
        Effect.provide(logger)
      )
      assert.strictEqual(lines.length, 1)
      assert.match(
        String(lines[0]),
        /orderLineUpdated: .*properties\.action: expected "orderLineUpdated", got a string/
      )
      const counted = (yield* Metric.snapshot).find(({ id }) => id === "trackmap_violations")
      assert.deepStrictEqual(counted?.attributes, { event: "orderLineUpdated" })
      assert.propertyVal(counted?.state, "count", 3)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})

describe("a buffer", () => {
  it.effect("closes a batch on its number of messages, its bytes, or the age of the oldest", () =>
    Effect.gen(function* () {
      const byCount = collector("count", { messages: 3 })
      const byBytes = collector("bytes", { bytes: 400 })
      const byAge = collector("age")
      yield* tracked(
        EventSink.fanOut(byCount.sink, byBytes.sink, byAge.sink.pipe(EventSink.batched({ age: "1 second" }))),
        {},
        Effect.gen(function* () {
          yield* pings(7)
          yield* TestClock.adjust("1 millis")
          assert.deepStrictEqual(
            byCount.batches.map((batch) => batch.length),
            [3, 3]
          )
          assert.isTrue(byBytes.batches.every((batch) => batch.length === 2 || batch.length === 3))
          assert.deepStrictEqual(byAge.batches.length, 0)
          yield* TestClock.adjust("100 millis")
          assert.deepStrictEqual(
            byCount.batches.map((batch) => batch.length),
            [3, 3, 1]
          )
          yield* TestClock.adjust("899 millis")
          assert.deepStrictEqual(
            byAge.batches.map((batch) => batch.length),
            [7]
          )
          yield* ping(8)
          yield* TestClock.adjust("999 millis")
          assert.strictEqual(byAge.batches.length, 1)
          yield* TestClock.adjust("1 millis")
          assert.strictEqual(byAge.batches.length, 2)
        })
      )
      for (const { messages } of [byCount, byBytes, byAge]) assert.strictEqual(new Set(messages).size, messages.length)
    })
  )

  it.effect("has room for so many messages, those that are being sent included, and has the caller wait", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const kept = collector()
      const slow = EventSink.make({
        name: "slow",
        limits: { messages: 2 },
        send: (batch) =>
          Effect.andThen(
            Deferred.await(gate),
            Effect.sync(() => {
              kept.batches.push(batch)
              return batch.map(() => Receipt.delivered)
            })
          )
      })
      yield* tracked(
        slow,
        { capacity: 3 },
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(pings(6))
          yield* TestClock.adjust("1 minute")
          assert.strictEqual((yield* Tracker.metrics)[0]!.buffered, 3)
          assert.isUndefined(fiber.pollUnsafe())
          yield* Deferred.succeed(gate, undefined)
          assert.strictEqual((yield* Fiber.join(fiber)).length, 6)
          yield* Tracker.flush
          assert.deepStrictEqual(ns(kept.messages), [0, 1, 2, 3, 4, 5])
        })
      )
    })
  )

  it.effect("refuses the newest, or drops the oldest, and says so", () =>
    Effect.gen(function* () {
      for (const whenFull of ["refuse", "dropOldest"] as const) {
        const letters = collector("letters")
        const stuck = hanging().pipe(EventSink.batched({ messages: 1 }), EventSink.deadLetter(letters.sink))
        yield* tracked(
          stuck,
          { capacity: 3, whenFull, closeWithin: 0 },
          Effect.gen(function* () {
            yield* ping(0)
            yield* Effect.yieldNow
            const more = yield* Effect.forEach([1, 2, 3, 4, 5, 6], ping)
            assert.strictEqual((yield* Tracker.metrics)[0]!.buffered, 3)
            assert.strictEqual((yield* Tracker.metrics)[0]!.dropped, 4)
            const dropped = whenFull === "refuse" ? [3, 4, 5, 6] : [1, 2, 3, 4]
            assert.deepStrictEqual(ns(letters.messages), dropped)
            for (const n of dropped) {
              const [receipt] = yield* more[n - 1]!.receipts
              assert.deepStrictEqual(receipt!.outcome, Receipt.dropped("the buffer is full"))
            }
          })
        )
        assert.sameMembers(ns(letters.messages), [0, 1, 2, 3, 4, 5, 6])
      }
    })
  )

  it.effect("refuses where all that it has is being sent, even if the oldest is to be dropped", () =>
    Effect.gen(function* () {
      yield* tracked(
        hanging(),
        { capacity: 1, whenFull: "dropOldest", closeWithin: 0 },
        Effect.gen(function* () {
          yield* ping(0)
          yield* TestClock.adjust("1 second")
          const [receipt] = yield* (yield* ping(1)).receipts
          assert.strictEqual(receipt!.outcome._tag, "Dropped")
        })
      )
    })
  )

  it.effect("is a sink's own where the sink says so", () =>
    Effect.gen(function* () {
      yield* tracked(
        EventSink.fanOut(hanging("a").pipe(EventSink.buffered({ capacity: 1, whenFull: "refuse" })), hanging("b")),
        { capacity: 2, closeWithin: 0 },
        Effect.gen(function* () {
          yield* pings(2)
          const [a, b] = yield* Tracker.metrics
          assert.deepStrictEqual([a!.buffered, a!.dropped, b!.buffered, b!.dropped], [1, 1, 2, 0])
        })
      )
    })
  )

  it.effect("sends several batches at a time where the sink says so", () =>
    Effect.gen(function* () {
      let at = 0
      let most = 0
      const sink = EventSink.make({
        name: "parallel",
        limits: { messages: 1 },
        send: (batch) =>
          Effect.gen(function* () {
            most = Math.max(most, ++at)
            yield* Effect.sleep("1 second")
            at--
            return batch.map(() => Receipt.delivered)
          })
      }).pipe(EventSink.buffered({ concurrency: 3 }))
      yield* tracked(sink, {}, Effect.andThen(pings(7), Effect.andThen(TestClock.adjust("10 seconds"), Tracker.flush)))
      assert.strictEqual(most, 3)
    })
  )

  it.effect("gives a healthy sink its messages at once, however sick another is", () =>
    Effect.gen(function* () {
      const healthy = collector("healthy")
      const throwing = EventSink.make({
        name: "throwing",
        send: () => {
          throw new Error("boom")
        }
      })
      const retrying = down().pipe(EventSink.retried())
      yield* tracked(
        EventSink.fanOut(hanging(), healthy.sink, retrying, throwing),
        { capacity: 5, whenFull: "refuse", closeWithin: 0 },
        Effect.gen(function* () {
          for (let round = 0; round < 4; round++) {
            yield* pings(5)
            yield* TestClock.adjust("100 millis")
          }
          assert.strictEqual(healthy.messages.length, 20)
        })
      )
    })
  )

  it.effect("gives the message to the sinks that have room while its caller waits for another", () =>
    Effect.gen(function* () {
      const healthy = collector("healthy")
      yield* tracked(
        EventSink.fanOut(hanging(), healthy.sink),
        { capacity: 1, closeWithin: 0 },
        Effect.gen(function* () {
          yield* ping(0)
          yield* TestClock.adjust("1 second")
          const fiber = yield* Effect.forkChild(ping(1))
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(ns(healthy.messages), [0, 1])
          yield* Fiber.interrupt(fiber)
        })
      )
    })
  )

  it.effect("drops the message of a caller that is interrupted while it waits for room, with a receipt", () =>
    Effect.gen(function* () {
      yield* tracked(
        hanging(),
        { capacity: 1, closeWithin: 0 },
        Effect.gen(function* () {
          const seen = yield* Effect.forkChild(Stream.runCollect(Stream.take(Tracker.receipts, 1)))
          yield* Effect.yieldNow
          yield* ping(0)
          const fiber = yield* Effect.forkChild(ping(1))
          yield* TestClock.adjust("1 second")
          yield* Fiber.interrupt(fiber)
          const [receipt] = yield* Fiber.join(seen)
          assert.deepStrictEqual([receipt!.outcome._tag, receipt!.attempts], ["Dropped", 0])
        })
      )
    })
  )

  it.live("goes on where the clock is set, forwards or back", () =>
    Effect.gen(function* () {
      const kept = collector()
      const clock = yield* Clock.Clock
      let skew = 0
      const now = (): number => clock.currentTimeMillisUnsafe() + skew
      const skewed: Clock.Clock = {
        currentTimeMillisUnsafe: now,
        currentTimeMillis: Effect.sync(now),
        currentTimeNanosUnsafe: () => BigInt(now()) * 1_000_000n,
        currentTimeNanos: Effect.sync(() => BigInt(now()) * 1_000_000n),
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        sleep: (duration) => clock.sleep(duration)
      }
      yield* tracked(
        kept.sink.pipe(EventSink.batched({ age: "20 millis" })),
        {},
        Effect.gen(function* () {
          for (const hours of [0, -2, 5]) {
            yield* ping(hours)
            skew = hours * 3_600_000
            yield* ping(hours)
            yield* Effect.sleep("100 millis")
          }
          assert.strictEqual(kept.messages.length, 6)
          assert.isTrue(kept.messages.every(({ messageId }, i, all) => i === 0 || all[i - 1]!.messageId < messageId))
        })
      ).pipe(Effect.provideService(Clock.Clock, skewed))
    })
  )
})

describe("flush", () => {
  it.effect("sends what there is at once and waits for its receipts, and for nothing later", () =>
    Effect.gen(function* () {
      const kept = collector("slow")
      const slow = EventSink.make({
        name: "slow",
        send: (batch) =>
          Effect.andThen(
            Effect.sleep("1 second"),
            Effect.sync(() => {
              kept.batches.push(batch)
              return batch.map(() => Receipt.delivered)
            })
          )
      })
      yield* tracked(
        slow.pipe(EventSink.batched({ age: "1 hour" })),
        {},
        Effect.gen(function* () {
          yield* pings(2)
          const fiber = yield* Effect.forkChild(Tracker.flush)
          yield* Effect.yieldNow
          yield* ping(2)
          yield* TestClock.adjust("999 millis")
          assert.isUndefined(fiber.pollUnsafe())
          yield* TestClock.adjust("1 millis")
          yield* Fiber.join(fiber)
          assert.deepStrictEqual(ns(kept.messages), [0, 1])
          yield* TestClock.adjust("1 minute")
          assert.strictEqual(kept.messages.length, 2)
          const last = yield* Effect.forkChild(Tracker.flush)
          yield* TestClock.adjust("1 second")
          yield* Fiber.join(last)
        })
      )
    })
  )

  it.effect("has nothing to wait for where there is nothing", () => tracked(collector().sink, {}, Tracker.flush))

  it.effect("can be given up", () =>
    tracked(
      hanging(),
      { closeWithin: 0 },
      Effect.gen(function* () {
        yield* ping(0)
        const fiber = yield* Effect.forkChild(Tracker.flush)
        yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
      })
    )
  )
})

/** Runs with a tracker whose scope is closed by hand. */
const closing = (sink: EventSink.EventSink, options: Tracker.Options = {}) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const tracker = yield* Scope.provide(Tracker.make(sink, options), scope)
    return {
      tracker,
      close: Scope.close(scope, Exit.void),
      ping: (n: number) => tracker.track(Ping, { properties: { n } })
    }
  }).pipe(Effect.provide(quiet))

describe("closing", () => {
  it.effect("delivers what is buffered", () =>
    Effect.gen(function* () {
      const kept = collector()
      const one = yield* tracked(kept.sink.pipe(EventSink.batched({ age: "1 hour" })), {}, pings(250))
      assert.strictEqual(kept.messages.length, 250)
      for (const { receipts } of one) assert.deepStrictEqual(outcomes(yield* receipts), ["Delivered"])
    })
  )

  it.effect(
    "gives up after its deadline: what was sent has expired, what was not is dropped, and dead letters get both",
    () =>
      Effect.gen(function* () {
        const letters = collector("letters")
        const { close, ping } = yield* closing(
          hanging().pipe(EventSink.batched({ messages: 2 }), EventSink.deadLetter(letters.sink)),
          { closeWithin: "5 seconds" }
        )
        const all = yield* Effect.forEach([0, 1, 2, 3, 4], ping)
        yield* Effect.yieldNow
        const fiber = yield* Effect.forkChild(close)
        yield* TestClock.adjust("4999 millis")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        yield* Fiber.join(fiber)
        const receipts = yield* Effect.forEach(all, (one) => one.receipts)
        assert.deepStrictEqual(outcomes(receipts.flat()), ["Expired", "Expired", "Dropped", "Dropped", "Dropped"])
        assert.sameMembers(ns(letters.messages), [0, 1, 2, 3, 4])
      })
  )

  it.effect("does not wait out a retry that would come after its deadline", () =>
    Effect.gen(function* () {
      let up = false
      const kept = collector()
      const flaky = EventSink.make({
        name: "flaky",
        send: (batch) =>
          Effect.suspend(() => {
            if (!up) return Effect.fail(new SendError.Unavailable({ reason: "down" }))
            kept.batches.push(batch)
            return Effect.succeed(batch.map(() => Receipt.delivered))
          })
      }).pipe(EventSink.retried({ schedule: Schedule.spaced("1 minute") }))
      const { close, ping } = yield* closing(flaky, { closeWithin: "10 seconds" })
      yield* ping(0)
      yield* TestClock.adjust("1 second")
      const fiber = yield* Effect.forkChild(close)
      yield* TestClock.adjust("5 seconds")
      up = true
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(ns(kept.messages), [0])
    })
  )

  it.effect("waits as long as the vendor asks, where that is before its deadline", () =>
    Effect.gen(function* () {
      const at: Array<number> = []
      const busy = EventSink.make({
        name: "busy",
        send: (batch) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) =>
            at.push(now) === 1
              ? Effect.fail(new SendError.Unavailable({ reason: "busy", retryAfter: 4_000 }))
              : Effect.succeed(batch.map(() => Receipt.delivered))
          )
      }).pipe(EventSink.retried({ schedule: Schedule.spaced("1 second") }))
      const { close, ping } = yield* closing(busy)
      yield* ping(0)
      const fiber = yield* Effect.forkChild(close)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(at, [0, 4_000])
    })
  )

  it.effect("lets in who waits for room, as long as there is time", () =>
    Effect.gen(function* () {
      const kept = collector()
      const slow = EventSink.make({
        name: "slow",
        limits: { messages: 1 },
        send: (batch) =>
          Effect.andThen(
            Effect.sleep("1 second"),
            Effect.sync(() => {
              kept.batches.push(batch)
              return batch.map(() => Receipt.delivered)
            })
          )
      })
      const { close, ping } = yield* closing(slow, { capacity: 1, closeWithin: "2500 millis" })
      const fibers = yield* Effect.forEach([0, 1, 2, 3], (n) => Effect.forkChild(ping(n)))
      yield* Effect.yieldNow
      const fiber = yield* Effect.forkChild(close)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      const all = yield* Effect.forEach(fibers, Fiber.join)
      const receipts = yield* Effect.forEach(all, (one) => one.receipts)
      assert.deepStrictEqual(ns(kept.messages), [0, 1])
      assert.deepStrictEqual(outcomes(receipts.flat()), ["Delivered", "Delivered", "Expired", "Dropped"])
    })
  )

  it.effect("has later messages dropped, with receipts", () =>
    Effect.gen(function* () {
      const letters = collector("letters")
      const { close, ping, tracker } = yield* closing(collector().sink.pipe(EventSink.deadLetter(letters.sink)))
      yield* close
      const [receipt] = yield* (yield* ping(0)).receipts
      assert.deepStrictEqual(receipt!.outcome, Receipt.dropped("the tracker is closed"))
      assert.deepStrictEqual(letters.messages, [])
      assert.strictEqual((yield* tracker.metrics)[0]!.dropped, 1)
      yield* tracker.flush
      yield* close
    })
  )

  it.effect("has messages that come while it closes dropped, and given to the dead letters", () =>
    Effect.gen(function* () {
      const letters = collector("letters")
      const { close, ping } = yield* closing(hanging().pipe(EventSink.deadLetter(letters.sink)), {
        closeWithin: "1 second"
      })
      yield* ping(0)
      const fiber = yield* Effect.forkChild(close)
      yield* Effect.yieldNow
      const [receipt] = yield* (yield* ping(1)).receipts
      assert.strictEqual(receipt!.outcome._tag, "Dropped")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(ns(letters.messages), [1, 0])
    })
  )

  it.effect("is not held up by a sink, or a dead letter, that cannot be interrupted", () =>
    Effect.gen(function* () {
      const stuck = EventSink.make({ name: "stuck", send: () => Effect.uninterruptible(Effect.never) })
      const { close, ping } = yield* closing(stuck.pipe(EventSink.deadLetter(hanging("letters"))), {
        closeWithin: "1 second"
      })
      const one = yield* ping(0)
      yield* Effect.yieldNow
      const fiber = yield* Effect.forkChild(close)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(outcomes(yield* one.receipts), ["Expired"])
    })
  )

  it.effect("opens sinks before, and closes them after, everything else", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const sink = EventSink.make({
        name: "scoped",
        open: () =>
          Effect.as(
            Effect.acquireRelease(
              Effect.sync(() => void events.push("open")),
              () => Effect.sync(() => void events.push("close"))
            ),
            (batch: ReadonlyArray<Message.Message>) =>
              Effect.sync(() => {
                events.push(`send ${batch.length}`)
                return batch.map(() => Receipt.delivered)
              })
          )
      })
      yield* tracked(sink, {}, pings(3))
      assert.deepStrictEqual(events, ["open", "send 3", "close"])
    })
  )
})

describe("consent", () => {
  const Viewed = TrackedEvent.make("viewed", { properties: { n: Schema.Int }, purposes: ["analytics"] })
  const viewed = (n: number, actor: Actor.Actor) => Tracker.track(Viewed, { properties: { n } }).pipe(Actor.as(actor))
  const none: ReadonlySet<string> = new Set()
  const analytics: ReadonlySet<string> = new Set(["analytics"])

  it.effect("is asked for what the event and the sink are for; who has not given it has the message skipped", () =>
    Effect.gen(function* () {
      const [all, ads] = [collector("all"), collector("ads")]
      yield* tracked(
        EventSink.fanOut(all.sink, ads.sink.pipe(EventSink.consented("ads"))),
        {},
        Effect.gen(function* () {
          const denied = yield* viewed(0, { userId: "u", consent: none })
          assert.deepStrictEqual(
            (yield* denied.receipts).map(({ outcome }) => outcome),
            [Receipt.skipped("no consent to analytics"), Receipt.skipped("no consent to analytics")]
          )
          yield* viewed(1, { userId: "u", consent: analytics })
          yield* viewed(2, { userId: "u" })
        })
      )
      assert.deepStrictEqual([ns(all.messages), ns(ads.messages)], [[1, 2], [2]])
    })
  )

  it.effect("is waited for, where messages are held, and lets go what was for it", () =>
    Effect.gen(function* () {
      const [all, ads] = [collector("all"), collector("ads")]
      yield* tracked(
        EventSink.fanOut(all.sink, ads.sink.pipe(EventSink.consented("ads"))),
        { withoutConsent: { hold: 100 } },
        Effect.gen(function* () {
          yield* viewed(0, { userId: "u", consent: none })
          yield* viewed(1, { anonymousId: "a", consent: none })
          yield* viewed(2, { userId: "u", consent: analytics })
          yield* Tracker.flush
          assert.deepStrictEqual([ns(all.messages), ns(ads.messages)], [[2, 0], []])
          yield* Tracker.release.pipe(
            Actor.as({ userId: "u", anonymousId: "a", consent: new Set(["ads", "analytics"]) })
          )
          yield* Tracker.flush
          assert.deepStrictEqual(
            [ns(all.messages), ns(ads.messages)],
            [
              [2, 0, 1],
              [0, 1, 2]
            ]
          )
        })
      )
    })
  )

  it.effect("is not waited for by more messages than told, after the tracker has closed, or of nobody", () =>
    Effect.gen(function* () {
      const kept = collector()
      const held = yield* tracked(
        kept.sink,
        { withoutConsent: { hold: 2 } },
        Effect.gen(function* () {
          const nobody = yield* viewed(9, { consent: none })
          assert.deepStrictEqual(outcomes(yield* nobody.receipts), ["Skipped"])
          const held = yield* Effect.forEach([0, 1, 2], (n) => viewed(n, { userId: `u-${n}`, consent: none }))
          assert.deepStrictEqual(outcomes(yield* held[0]!.receipts), ["Skipped"])
          return held
        })
      )
      for (const { receipts } of held) assert.deepStrictEqual(outcomes(yield* receipts), ["Skipped"])
      assert.deepStrictEqual(kept.messages, [])
    })
  )
})

describe("personal data", () => {
  const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, email: Pii.personal(Schema.String) } })
  const SignedIn = TrackedEvent.make("signedIn", { entities: { buyer: Buyer } })
  const input = { buyer: { id: 1, email: "a@example.com" } }
  const hash = { hash: Redacted.make("key") }

  it.live("is hidden from the sinks that are not to have it, by the plan", () =>
    Effect.gen(function* () {
      const [open, dropped, hashed] = [collector("open"), collector("dropped"), collector("hashed")]
      yield* tracked(
        EventSink.fanOut(
          open.sink,
          dropped.sink.pipe(EventSink.redact("drop")),
          hashed.sink.pipe(EventSink.redact(hash))
        ),
        { plan: Plan.make(SignedIn) },
        Effect.forEach([1, 2, 3], () => Tracker.track(SignedIn, input))
      )
      assert.deepStrictEqual(propertiesOf(open.messages[0]), { Buyer_id: 1, Buyer_email: "a@example.com" })
      assert.deepStrictEqual(propertiesOf(dropped.messages[0]), { Buyer_id: 1 })
      assert.match(String(propertiesOf(hashed.messages[2])["Buyer_email"]), /^[0-9a-f]{64}$/)
    })
  )

  it.live("leaves no message without a receipt where the caller is interrupted while it is hidden", () =>
    Effect.gen(function* () {
      const kept = collector()
      yield* tracked(
        kept.sink.pipe(EventSink.redact(hash)),
        { plan: Plan.make(SignedIn) },
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Tracker.track(SignedIn, input), { startImmediately: true })
          yield* Fiber.interrupt(fiber)
          const [{ delivered, dropped }] = yield* Tracker.metrics as Effect.Effect<any>
          assert.strictEqual(delivered + dropped, 1)
        })
      )
    })
  )
})

describe("what is told of delivery", () => {
  it.effect("receipts, as a stream", () =>
    Effect.gen(function* () {
      const kept = collector()
      const receipts = yield* tracked(
        kept.sink,
        {},
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Stream.runCollect(Tracker.receipts))
          yield* Effect.yieldNow
          yield* pings(3)
          yield* Tracker.flush
          return fiber
        })
      ).pipe(Effect.flatMap(Fiber.join))
      assert.deepStrictEqual(outcomes(receipts), ["Delivered", "Delivered", "Delivered"])
    })
  )

  it.effect("metrics, by sink", () =>
    Effect.gen(function* () {
      const flaky = { left: 2 }
      const sink = EventSink.make({
        name: "flaky",
        limits: { bytes: 10_000 },
        send: (batch) =>
          flaky.left-- > 0
            ? Effect.fail(new SendError.Unavailable({ reason: "not now" }))
            : Effect.succeed(batch.map((_, i) => (i === 0 ? Receipt.rejected("bad") : Receipt.delivered)))
      }).pipe(
        EventSink.retried({ schedule: Schedule.spaced("1 second") }),
        EventSink.filter((message) => ns([message])[0] !== 3)
      )
      yield* tracked(
        sink,
        {},
        Effect.gen(function* () {
          yield* pings(4)
          yield* TestClock.adjust("1 second")
          const [during] = yield* Tracker.metrics
          assert.deepStrictEqual([during!.buffered, during!.oldest, during!.skipped], [3, 1000, 1])
          const gauges = (yield* Metric.snapshot).filter(({ type }) => type === "Gauge")
          assert.deepStrictEqual(
            gauges.map(({ state }) => (state as { readonly value?: number }).value),
            [3, 1000]
          )
          yield* TestClock.adjust("2 seconds")
          const [{ bytes, ...after }] = (yield* Tracker.metrics) as [Tracker.SinkMetrics]
          assert.isAbove(bytes, 200)
          assert.deepStrictEqual(after, {
            sink: "flaky",
            delivered: 2,
            rejected: 1,
            expired: 0,
            dropped: 0,
            skipped: 1,
            attempts: 9,
            buffered: 0,
            oldest: 0
          })
        })
      )
      const counts = Object.fromEntries(
        (yield* Metric.snapshot).map(({ attributes, id, state }) => [
          `${id} ${attributes?.["outcome"] ?? ""}`.trim(),
          "count" in state ? Number(state.count) : state
        ])
      )
      assert.deepStrictEqual(counts, {
        "trackmap_messages delivered": 2,
        "trackmap_messages rejected": 1,
        "trackmap_messages skipped": 1,
        trackmap_attempts: 9,
        trackmap_batch_messages: 1,
        trackmap_latency_ms: 3
      })
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("a line in the log where a destination does not answer and is tried again, at most once a minute", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
      const sinks = EventSink.fanOut(
        down("vendor").pipe(EventSink.retried({ schedule: Schedule.spaced("1 second") })),
        EventSink.make({
          name: "refusing",
          send: () => Effect.fail(new SendError.Refused({ reason: "no" }))
        }).pipe(EventSink.retried())
      )
      yield* Effect.gen(function* () {
        yield* ping(1)
        yield* TestClock.adjust("50 seconds")
        const line = "vendor: down; its messages wait, and are tried again"
        const told = () => lines.filter((one) => one === line).length
        assert.strictEqual(told(), 1)
        yield* TestClock.adjust("60 seconds")
        assert.strictEqual(told(), 2)
        assert.lengthOf(
          lines.filter((one) => one.startsWith("refusing") && one.includes("tried again")),
          0
        )
      }).pipe(Effect.provide(Tracker.layer(sinks, { closeWithin: 0 })), Effect.provide(logger))
    })
  )

  it.effect("in one metric of all destinations of a name: those of several trackers, and of one after another", () =>
    Effect.gen(function* () {
      const read = Effect.map(Metric.snapshot, (metrics) =>
        Object.fromEntries(
          metrics.map(({ id, state }) => [
            id,
            "value" in state ? state.value : "count" in state ? Number(state.count) : 0
          ])
        )
      )
      const [first, second] = [yield* Scope.make(), yield* Scope.make()]
      const open = (scope: Scope.Closeable) => Scope.provide(Tracker.make(collector().sink), scope)
      const [a, b] = [yield* open(first), yield* open(second)]
      yield* a.track(Ping, { properties: { n: 1 } })
      yield* TestClock.adjust("50 millis")
      yield* b.track(Ping, { properties: { n: 2 } })
      const { trackmap_buffer_messages, trackmap_buffer_oldest_ms } = yield* read
      assert.deepStrictEqual([trackmap_buffer_messages, trackmap_buffer_oldest_ms], [2, 50])
      yield* Scope.close(first, Exit.void)
      assert.strictEqual((yield* read)["trackmap_buffer_messages"], 1)
      yield* Scope.close(second, Exit.void)
      const closed = yield* read
      assert.strictEqual(closed["trackmap_latency_ms"], 2)
      assert.notProperty(closed, "trackmap_buffer_messages")
      const third = yield* Scope.make()
      const c = yield* open(third)
      yield* c.track(Ping, { properties: { n: 3 } })
      assert.strictEqual((yield* read)["trackmap_buffer_messages"], 1)
      yield* Scope.close(third, Exit.void)
      assert.strictEqual((yield* read)["trackmap_latency_ms"], 3)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("a line in the log where messages are lost, at most once a second", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
      yield* Effect.gen(function* () {
        yield* pings(3)
        yield* Tracker.flush
        yield* pings(2)
        yield* Tracker.flush
        yield* TestClock.adjust("1 second")
        yield* ping(9)
        yield* Tracker.flush
      }).pipe(Effect.provide(Tracker.layer(down())), Effect.provide(logger))
      assert.deepStrictEqual(lines, [
        "down: 3 messages were lost (expired: down)",
        "down: 3 messages were lost (expired: down)"
      ])
    })
  )

  it.effect("a receipt for every message of a sink whose combinators throw", () =>
    Effect.gen(function* () {
      const boom = (): never => {
        throw new Error("boom")
      }
      for (const sink of [
        collector().sink.pipe(EventSink.tap((): Effect.Effect<void> => boom())),
        collector().sink.pipe(EventSink.mapReceipt(boom)),
        collector().sink.pipe(EventSink.filter(boom)),
        collector().sink.pipe(EventSink.deadLetter(down("letters")), EventSink.map(boom))
      ]) {
        const all = yield* tracked(sink, {}, pings(3))
        assert.strictEqual((yield* Effect.forEach(all, ({ receipts }) => receipts)).flat().length, 3)
      }
    })
  )

  it.effect("the losses of the last second when the tracker closes", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
      yield* Effect.andThen(ping(1), Effect.andThen(Tracker.flush, pings(2))).pipe(
        Effect.provide(Tracker.layer(down())),
        Effect.provide(logger)
      )
      assert.deepStrictEqual(lines, [
        "down: a message was lost (expired: down)",
        "down: 2 messages were lost (expired: down)"
      ])
    })
  )

  it.effect("a rejection of the message alone for which a sink's code throws, where the sink is retried", () =>
    Effect.gen(function* () {
      const picky = EventSink.make({
        name: "picky",
        send: (batch) =>
          Effect.sync(() => {
            if (ns(batch).includes(1)) throw new Error("boom")
            return batch.map(() => Receipt.delivered)
          })
      }).pipe(EventSink.retried())
      const all = yield* tracked(picky, {}, pings(4))
      const receipts = yield* Effect.forEach(all, ({ receipts }) => receipts)
      assert.deepStrictEqual(outcomes(receipts.flat()), ["Delivered", "Rejected", "Delivered", "Delivered"])
    })
  )

  it.effect("a rejection where a message nests deeper than JSON can be written", () =>
    Effect.gen(function* () {
      let deep: Schema.Json = 1
      for (let i = 0; i < 20_000; i++) deep = [deep]
      const kept = collector("memory", { bytes: 1_000 })
      yield* tracked(
        kept.sink,
        {},
        Effect.gen(function* () {
          const one = yield* Tracker.identify({ plan: "pro", deep })
          yield* Tracker.flush
          assert.deepStrictEqual(pathsOf(one.message), ["identify.traits.deep"])
        })
      )
      assert.deepStrictEqual((kept.messages[0] as Message.Identify).traits, { plan: "pro" })
    })
  )

  it.effect("a receipt to each who asks for it, and to nobody who has gone", () =>
    tracked(
      collector().sink,
      {},
      Effect.gen(function* () {
        const one = yield* ping(0)
        const gone = yield* Effect.forkChild(one.receipts)
        const [a, b] = [yield* Effect.forkChild(one.receipts), yield* Effect.forkChild(one.receipts)]
        yield* Effect.yieldNow
        yield* Fiber.interrupt(gone)
        yield* Tracker.flush
        assert.deepStrictEqual(yield* Fiber.join(a), yield* Fiber.join(b))
      })
    )
  )
})

describe("the layer of a tracker", () => {
  class Clock2 extends Context.Service<Clock2, { readonly now: number }>()("Clock2") {}

  it.effect("gives sinks and taps the services that they need, wherever they run", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const sink = EventSink.make({
        name: "needy",
        limits: { messageBytes: 300 },
        send: (batch) => Effect.map(Clock2, ({ now }) => batch.map(() => (seen.push(now), Receipt.delivered)))
      }).pipe(EventSink.tap(() => Effect.map(Clock2, ({ now }) => void seen.push(-now))))
      const layer = Tracker.layer(sink).pipe(Layer.provide(Layer.succeed(Clock2, { now: 7 })))
      yield* Effect.andThen(ping(1), Tracker.identify({ long: "x".repeat(400) })).pipe(
        Effect.provide(layer),
        Effect.provide(quiet)
      )
      assert.deepStrictEqual(seen, [-7, 7, -7])
    })
  )

  it.effect("can choose its sinks when it starts", () =>
    Effect.gen(function* () {
      const kept = collector()
      yield* Effect.provide(ping(1), Tracker.layerEffect(Effect.succeed(kept.sink), {}))
      assert.strictEqual(kept.messages.length, 1)
    })
  )
})
