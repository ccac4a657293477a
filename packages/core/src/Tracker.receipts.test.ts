import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Ping, collector, down, outcomes, tracked, ping, pings, ns, pathsOf } from "../test/tracker.ts"
import { EventSink, Message, Receipt, SendError, Tracker } from "./index.ts"

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
            [3, 1]
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
            oldest: 0,
            settling: 0
          })
        })
      )
      const counts = Object.fromEntries(
        (yield* Metric.snapshot).map(({ attributes, id, state }) => [
          `${id} ${attributes?.["trackmap.outcome"] ?? ""}`.trim(),
          "count" in state ? Number(state.count) : state
        ])
      )
      assert.deepStrictEqual(counts, {
        "trackmap.messages delivered": 2,
        "trackmap.messages rejected": 1,
        "trackmap.messages skipped": 1,
        "trackmap.attempts": 9,
        "trackmap.batch.messages": 1,
        "trackmap.delivery.duration": 3
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
        const line = "vendor: down; its messages wait and will be retried"
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
      const both = yield* read
      assert.deepStrictEqual([both["trackmap.buffer.messages"], both["trackmap.buffer.oldest"]], [2, 0.05])
      yield* Scope.close(first, Exit.void)
      assert.strictEqual((yield* read)["trackmap.buffer.messages"], 1)
      yield* Scope.close(second, Exit.void)
      const closed = yield* read
      assert.strictEqual(closed["trackmap.delivery.duration"], 2)
      assert.notProperty(closed, "trackmap.buffer.messages")
      const third = yield* Scope.make()
      const c = yield* open(third)
      yield* c.track(Ping, { properties: { n: 3 } })
      assert.strictEqual((yield* read)["trackmap.buffer.messages"], 1)
      yield* Scope.close(third, Exit.void)
      assert.strictEqual((yield* read)["trackmap.delivery.duration"], 3)
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
        "down: 3 messages were lost (expired: down): ping",
        "down: 3 messages were lost (expired: down): ping"
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
        "down: a message was lost (expired: down): ping",
        "down: 2 messages were lost (expired: down): ping"
      ])
    })
  )

  it.effect("a rejection of the message alone for which a sink's code throws, where the sink is retried", () =>
    Effect.gen(function* () {
      const picky = EventSink.make({
        name: "picky",
        send: (batch) =>
          Effect.sync(() => {
            if (ns(batch.messages).includes(1)) throw new Error("boom")
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
