import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import {
  Product,
  OrderLine,
  OrderLineUpdated,
  orderLine,
  update,
  Ping,
  collector,
  hanging,
  outcomes,
  quiet,
  tracked,
  ping
} from "../test/tracker.ts"
import { Actor, DefinitionError, Entity, EventSink, Message, Receipt, TrackedEvent, Tracker } from "./index.ts"

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
          const takes = "send takes a message of the Segment Spec, or an envelope, "
          const types = "a message has one of the types track, identify, group, alias, page, screen"
          const { properties: _, ...without } = message
          const bad: ReadonlyArray<readonly [unknown, string]> = [
            [null, `not null: ${types}`],
            [1, `not an integer: ${types}`],
            [{}, `not an object: ${types}`],
            [{ ...message, type: "a secret" }, `not an object: ${types}`],
            [without, 'and this track message is wrong at "properties": pass a whole one'],
            [{ ...message, properties: 5 }, 'and this track message is wrong at "properties": pass a whole one'],
            [
              { ...message, context: { secret: 1n } },
              'and this track message is wrong at "context.secret": pass a whole one'
            ],
            [
              { ...message, properties: { "peach@toadtown.example": [1n] } },
              'and this track message is wrong at "properties.*": pass a whole one'
            ]
          ]
          for (const [given, wrong] of bad) {
            const failure = yield* Effect.flip(Tracker.send(given as any))
            assert.strictEqual(failure._tag, "SchemaError")
            assert.strictEqual(failure.message, takes + wrong)
          }
        })
      )
      assert.deepStrictEqual(kept.messages, [message])
    })
  )

  it.effect("is refused without sinks, and the remedy works: one that is filtered", () =>
    Effect.gen(function* () {
      assert.throws(() => EventSink.fanOut(), /EventSink: there are no sinks: pass at least one/)
      const kept = collector()
      const nowhere = kept.sink.pipe(EventSink.filter(() => false))
      const receipts = yield* tracked(
        nowhere,
        {},
        Effect.flatMap(ping(1), ({ receipts }) => receipts)
      )
      assert.deepStrictEqual([outcomes(receipts), kept.messages], [["Skipped"], []])
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
    [{ plan: Ping }, "plan is not a plan"],
    [{ plan: [Ping] }, "plan is not a plan"],
    [{ closeWithin: "20 secs" }, "closeWithin must be a number of milliseconds"],
    [{ closeWithin: -1 }, "closeWithin must be a number of milliseconds"],
    [{ resolveWithin: Number.NaN }, "resolveWithin must be a number of milliseconds"],
    [{ withoutConsent: "keep" }, "the number of messages held must be a whole number"],
    [{ withoutConsent: { hold: -1 } }, "the number of messages held must be a whole number"],
    [{ relations: "drop" }, 'relations must be "omit" or "fail", not a string of length 4'],
    [{ validation: "warn" }, 'validation must be "strip"'],
    [{ whenFull: "drop" }, 'whenFull must be "wait" or "refuse" or "dropOldest"']
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
        assert.throws(() => EventSink.fanOut(none as never), /one of the sinks is not a sink/)
      }
      for (const none of [undefined, "ping"]) {
        const error = yield* causeOf(tracked(collector().sink, {}, Tracker.track(none as never, {} as never)))
        assert.include(String(error), "an event of TrackedEvent.make")
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
        entities: { orderLine: OrderLine.pipe(Entity.one("product", Product, () => new Promise<null>(() => {}))) }
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
