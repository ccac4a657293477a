import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  Product,
  OrderLine,
  OrderLineUpdated,
  orderLine,
  update,
  Ping,
  collector,
  tracked,
  pathsOf,
  propertiesOf,
  trackOne
} from "../test/tracker.ts"
import { Actor, Entity, EventSink, Message, Plan, TrackedEvent, Tracker } from "./index.ts"

describe("a value that its schema refuses", () => {
  const wrong = { orderLine: { id: 1001, qty: "three" }, properties: { action: "else", colour: "red" } }
  const paths = ["orderLineUpdated.properties.action", "orderLineUpdated.properties", "OrderLine.qty"]

  it.effect("is left out and named, by its kind alone", () =>
    Effect.gen(function* () {
      const { message } = yield* trackOne(OrderLineUpdated, wrong)
      assert.deepStrictEqual(propertiesOf(message), { OrderLine_id: 1001 })
      assert.deepStrictEqual(pathsOf(message), paths)
      assert.notMatch(JSON.stringify(message), /three|else|colour|red/)
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
      const counted = (yield* Metric.snapshot).find(({ id }) => id === "trackmap.violations")
      assert.deepStrictEqual(counted?.attributes, { "trackmap.event": "orderLineUpdated", unit: "{violation}" })
      assert.propertyVal(counted?.state, "count", 3)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})
