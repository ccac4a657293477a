import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Ping, collector, down, hanging, outcomes, quiet, tracked, pings, ns } from "../test/tracker.ts"
import { EventSink, Receipt, SendError, Tracker } from "./index.ts"

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
        // A fifth of the time is for the dead letters.
        yield* TestClock.adjust("3999 millis")
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
            kept.batches.push(batch.messages)
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

  it.effect("lets callers go on that wait for room, and delivers their messages as long as there is time", () =>
    Effect.gen(function* () {
      const kept = collector()
      const slow = EventSink.make({
        name: "slow",
        limits: { messages: 1 },
        send: (batch) =>
          Effect.andThen(
            Effect.sleep("1 second"),
            Effect.sync(() => {
              kept.batches.push(batch.messages)
              return batch.map(() => Receipt.delivered)
            })
          )
      })
      const { close, ping } = yield* closing(slow, { capacity: 1, closeWithin: "3 seconds", waitWithin: Infinity })
      const fibers = yield* Effect.forEach([0, 1, 2, 3], (n) => Effect.forkChild(ping(n)))
      yield* Effect.yieldNow
      assert.isUndefined(fibers[1]!.pollUnsafe())
      const fiber = yield* Effect.forkChild(close)
      // No time passes.
      const all = yield* Effect.forEach(fibers, Fiber.join)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
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

  it.effect("takes no longer than its limit, whatever the vendor and the dead letters do", () =>
    Effect.gen(function* () {
      const sink = EventSink.fanOut(
        hanging("a").pipe(EventSink.deadLetter(hanging("letters of a"))),
        down("b").pipe(
          EventSink.retried(),
          EventSink.tap(() => Effect.never)
        ),
        EventSink.make({
          name: "c",
          send: () => Effect.fail(new SendError.Unavailable({ reason: "busy", retryAfter: 3_600_000 }))
        }).pipe(EventSink.retried())
      )
      const { close, ping } = yield* closing(sink, { closeWithin: "10 seconds", capacity: 1, waitWithin: Infinity })
      const fibers = yield* Effect.forEach([0, 1, 2], (n) => Effect.forkChild(ping(n)))
      yield* TestClock.adjust("1 second")
      const fiber = yield* Effect.forkChild(close)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(fiber)
      for (const one of yield* Effect.forEach(fibers, Fiber.join)) assert.lengthOf(yield* one.receipts, 3)
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
            (batch: EventSink.Batch) =>
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
