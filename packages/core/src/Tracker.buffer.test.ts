import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { collector, down, hanging, outcomes, tracked, ping, pings, ns } from "../test/tracker.ts"
import { EventSink, Receipt, Tracker } from "./index.ts"

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
              kept.batches.push(batch.messages)
              return batch.map(() => Receipt.delivered)
            })
          )
      })
      yield* tracked(
        slow,
        { capacity: 3, waitWithin: Infinity },
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

  it.effect("has a caller wait for room no longer than waitWithin, and then drops the message, with a receipt", () =>
    Effect.gen(function* () {
      const healthy = collector("healthy")
      const stuck = hanging("stuck")
      for (const [waitWithin, millis] of [
        [undefined, 1_000],
        ["5 seconds", 5_000],
        [20, 20]
      ] as const) {
        yield* tracked(
          EventSink.fanOut(stuck, healthy.sink),
          { capacity: 2, closeWithin: 0, waitWithin },
          Effect.gen(function* () {
            yield* pings(2)
            const fibers = yield* Effect.forEach([2, 3], (n) => Effect.forkChild(ping(n)))
            yield* TestClock.adjust(millis - 1)
            assert.isUndefined(fibers[0]!.pollUnsafe())
            yield* TestClock.adjust(1)
            for (const one of yield* Effect.forEach(fibers, Fiber.join)) {
              const [dropped, delivered] = yield* one.receipts
              assert.strictEqual(dropped!.outcome._tag, "Dropped")
              assert.match(String("reason" in dropped!.outcome && dropped!.outcome.reason), /^the buffer was full for /)
              assert.strictEqual(delivered!.outcome._tag, "Delivered")
            }
          })
        )
      }
    })
  )

  it.effect("lets in callers in their order as soon as there is room, and the others go on at their time", () =>
    Effect.gen(function* () {
      const kept = collector()
      const slow = EventSink.make({
        name: "slow",
        limits: { messages: 1 },
        send: (batch) =>
          Effect.andThen(
            Effect.sleep("600 millis"),
            Effect.sync(() => {
              kept.batches.push(batch.messages)
              return batch.all(Receipt.delivered)
            })
          )
      })
      yield* tracked(
        slow,
        { capacity: 1 },
        Effect.gen(function* () {
          const fibers = yield* Effect.forEach([0, 1], (n) => Effect.forkChild(ping(n)))
          yield* TestClock.adjust("600 millis")
          fibers.push(yield* Effect.forkChild(ping(2)))
          yield* TestClock.adjust("600 millis")
          fibers.push(yield* Effect.forkChild(ping(3)), yield* Effect.forkChild(ping(4)))
          yield* TestClock.adjust("3 seconds")
          const all = yield* Effect.forEach(fibers, Fiber.join)
          const receipts = yield* Effect.forEach(all, (one) => one.receipts)
          assert.deepStrictEqual(outcomes(receipts.flat()), [
            "Delivered",
            "Delivered",
            "Delivered",
            "Delivered",
            "Dropped"
          ])
          assert.deepStrictEqual(ns(kept.messages), [0, 1, 2, 3])
        })
      )
    })
  )

  it.effect("lets as many callers wait as it has room for, and refuses others at once, so that memory is bounded", () =>
    tracked(
      hanging(),
      { capacity: 10, closeWithin: 0 },
      Effect.gen(function* () {
        const fibers = yield* Effect.forEach(
          Array.from({ length: 1_000 }, (_, n) => n),
          (n) => Effect.forkChild(ping(n), { startImmediately: true })
        )
        yield* Effect.yieldNow
        const waiting = fibers.filter((fiber) => fiber.pollUnsafe() === undefined)
        assert.lengthOf(waiting, 10)
        const { buffered, dropped } = (yield* Tracker.metrics)[0]!
        assert.deepStrictEqual([buffered, dropped], [10, 980])
        const last = yield* Fiber.join(fibers.at(-1)!)
        assert.deepStrictEqual((yield* last.receipts)[0]!.outcome, Receipt.dropped("the buffer is full"))
      })
    )
  )

  it.effect("does not wait at all with a limit of 0", () =>
    tracked(
      hanging(),
      { capacity: 1, closeWithin: 0, waitWithin: 0 },
      Effect.gen(function* () {
        const [, one] = yield* pings(2)
        assert.deepStrictEqual((yield* one!.receipts)[0]!.outcome, Receipt.dropped("the buffer is full"))
      })
    )
  )

  it.effect("has nobody wait once the process has been told to end: what waits keeps its place", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const gated = EventSink.make({
        name: "gated",
        limits: { messages: 1 },
        send: (batch) => Effect.as(Deferred.await(gate), batch.all(Receipt.delivered))
      })
      yield* tracked(
        gated,
        { capacity: 2 },
        Effect.gen(function* () {
          yield* pings(2)
          const waiting = yield* Effect.forkChild(ping(2), { startImmediately: true })
          assert.isUndefined(waiting.pollUnsafe())
          Tracker.stopWaitingUnsafe(yield* Tracker.Tracker)
          const first = yield* Fiber.join(waiting)
          const second = yield* ping(3)
          const refused = yield* ping(4)
          assert.deepStrictEqual(outcomes(yield* refused.receipts), ["Dropped"])
          // They wait for room without their callers, however long it takes.
          yield* TestClock.adjust("1 hour")
          yield* Deferred.succeed(gate, undefined)
          assert.deepStrictEqual(outcomes(yield* first.receipts), ["Delivered"])
          assert.deepStrictEqual(outcomes(yield* second.receipts), ["Delivered"])
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
            yield* TestClock.adjust("1 second")
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
              kept.batches.push(batch.messages)
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

  it.effect("has nothing to wait for where there is nothing", () =>
    tracked(
      collector().sink,
      {},
      Effect.map(Tracker.flush, (flushed) => assert.deepStrictEqual(flushed, { left: 0, sinks: { memory: 0 } }))
    )
  )

  it.effect("waits no longer than its limit, and then says what is left, by sink: receipts that still come", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const gated = EventSink.make({
        name: "gated",
        limits: { messages: 2 },
        send: (batch) => Effect.as(Deferred.await(gate), batch.all(Receipt.delivered))
      }).pipe(EventSink.buffered({ capacity: 3, waitWithin: Infinity }))
      yield* tracked(
        EventSink.fanOut(gated, collector("healthy").sink),
        { flushWithin: "5 seconds" },
        Effect.gen(function* () {
          const all = yield* pings(3)
          // One is being sent, one is in the buffer, and one waits for room.
          const waiting = yield* Effect.forkChild(ping(3), { startImmediately: true })
          const left = { left: 4, sinks: { gated: 4, healthy: 0 } }
          const flushing = yield* Effect.forkChild(Tracker.flush, { startImmediately: true })
          const sooner = yield* Effect.forkChild(Tracker.flushWithin(100), { startImmediately: true })
          yield* TestClock.adjust(100)
          assert.deepStrictEqual(yield* Fiber.join(sooner), left)
          yield* TestClock.adjust("4899 millis")
          assert.isUndefined(flushing.pollUnsafe())
          yield* TestClock.adjust(1)
          assert.deepStrictEqual(yield* Fiber.join(flushing), left)
          assert.deepStrictEqual(yield* Tracker.flushWithin(0), left)
          const forever = yield* Effect.forkChild(Tracker.flushWithin(Infinity), { startImmediately: true })
          yield* TestClock.adjust("1 hour")
          assert.isUndefined(forever.pollUnsafe())
          yield* Deferred.succeed(gate, undefined)
          assert.strictEqual((yield* Fiber.join(forever)).left, 0)
          for (const one of [...all, yield* Fiber.join(waiting)]) {
            assert.deepStrictEqual(outcomes(yield* one.receipts), ["Delivered", "Delivered"])
          }
        })
      )
    })
  )

  it.effect("refuses a limit that is none", () =>
    tracked(
      collector().sink,
      {},
      Effect.gen(function* () {
        const tracker = yield* Tracker.Tracker
        assert.throws(() => tracker.flushWithin("soon" as never), /within must be a number of milliseconds/)
        assert.throws(() => tracker.flushWithin(Number.NaN), /within must be a number of milliseconds/)
      })
    )
  )

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
