import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Actor, EventSink, Message, Receipt, TrackedEvent, Tracker } from "../src/index.ts"
import { collector, down, hanging, ns, outcomes, Ping, ping, pings, tracked } from "../test/tracker.ts"

/** A destination that is well, but for some messages. */
const refusing = (isBad: (n: number) => boolean) => {
  const kept = collector("vendor")
  const sink = EventSink.make({
    name: "vendor",
    send: (batch) =>
      Effect.sync(() => {
        kept.batches.push(batch.messages)
        return batch.map((message) => (isBad(ns([message])[0] as number) ? Receipt.rejected("bad") : Receipt.delivered))
      })
  })
  return { kept, sink }
}

/** The log lines of an effect. */
const logged = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  return Effect.map(Effect.provide(effect, Logger.layer([logger])), () => lines)
}

/** Lets time pass until something holds. */
const until = (holds: () => boolean) =>
  Effect.gen(function* () {
    for (let i = 0; i < 500 && !holds(); i++) yield* TestClock.adjust("1 millis")
  })

const forever = () => new Promise<never>(() => {})

describe("dead letters", () => {
  it.effect("are all written by a sink that writes at once, even if closing may take no time", () =>
    Effect.gen(function* () {
      const letters = collector("letters", { messages: 10 })
      yield* tracked(down().pipe(EventSink.deadLetter(letters.sink)), { closeWithin: 0 }, pings(5_000))
      assert.lengthOf(letters.messages, 5_000)
    })
  )

  it.effect("hold up neither their sink nor a caller, though theirs never answers", () =>
    Effect.gen(function* () {
      for (const letters of [hanging("letters"), EventSink.make({ name: "letters", send: forever })]) {
        const { kept, sink } = refusing((n) => n === 0)
        yield* tracked(
          sink.pipe(EventSink.batched({ messages: 10, age: 1 }), EventSink.deadLetter(letters)),
          { closeWithin: 0 },
          Effect.gen(function* () {
            const [refused] = yield* pings(1_001)
            yield* until(() => kept.messages.length === 1_001)
            assert.deepStrictEqual(outcomes(yield* refused!.receipts), ["Rejected"])
            assert.lengthOf(kept.messages, 1_001)
            const [{ buffered, delivered, settling }] = (yield* Tracker.metrics) as [Tracker.SinkMetrics]
            assert.deepStrictEqual([buffered, delivered, settling], [0, 1_000, 1])
          })
        )
      }
    })
  )

  it.effect("make no caller wait at a full buffer, and go in a few batches", () =>
    Effect.gen(function* () {
      for (const whenFull of ["refuse", "dropOldest"] as const) {
        const sizes: Array<number> = []
        const slow = EventSink.make({
          name: "letters",
          limits: { messages: 1_000 },
          send: (batch) =>
            Effect.as(
              Effect.andThen(
                Effect.sync(() => sizes.push(batch.length)),
                Effect.sleep("1 second")
              ),
              batch.all(Receipt.delivered)
            )
        })
        yield* tracked(
          hanging().pipe(EventSink.deadLetter(slow)),
          { capacity: 1, whenFull, closeWithin: 0 },
          Effect.gen(function* () {
            const before = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
            yield* pings(5_001)
            assert.strictEqual(yield* Effect.clockWith((clock) => clock.currentTimeMillis), before)
            yield* TestClock.adjust("15 seconds")
            assert.isAtMost(sizes.length, 12)
            assert.strictEqual(
              sizes.reduce((a, b) => a + b, 0),
              5_000
            )
          })
        )
      }
    })
  )

  it.effect(
    "are sent for a limited time, and tried again if their sink says so; what is lost is logged with its cause",
    () =>
      Effect.gen(function* () {
        let calls = 0
        const letters = EventSink.make({
          name: "letters",
          send: (batch) => (++calls % 2 === 1 ? Effect.never : Effect.succeed(batch.all(Receipt.delivered)))
        })
        const { sink } = refusing(() => true)
        const lines = yield* logged(
          Effect.provide(
            Effect.gen(function* () {
              yield* pings(2)
              yield* TestClock.adjust("12 seconds")
              assert.strictEqual(calls, 1)
              assert.strictEqual((yield* Tracker.metrics)[0]!.settling, 0)
              yield* pings(2)
              yield* TestClock.adjust("1 second")
              assert.strictEqual(calls, 2)
            }),
            Tracker.layer(sink.pipe(EventSink.deadLetter(letters)))
          )
        )
        assert.deepInclude(
          lines,
          "vendor: 2 dead letters were lost (expired: letters did not answer within 10000 ms): ping"
        )
        calls = 0
        const again = yield* logged(
          Effect.provide(
            Effect.gen(function* () {
              yield* pings(2)
              yield* TestClock.adjust("1 minute")
              assert.strictEqual(calls, 2)
            }),
            Tracker.layer(sink.pipe(EventSink.deadLetter(EventSink.retried(letters), { within: "1 second" })))
          )
        )
        assert.isEmpty(again.filter((line) => line.includes("dead letters")))
      })
  )

  it.effect("have a buffer of their own, and what does not fit is logged, at most once a second", () =>
    Effect.gen(function* () {
      const { sink } = refusing(() => true)
      const letters = hanging("letters").pipe(EventSink.buffered({ capacity: 2 }), EventSink.batched({ messages: 1 }))
      const lines = yield* logged(
        Effect.provide(
          Effect.gen(function* () {
            for (let n = 0; n < 50; n++) {
              yield* ping(n)
              yield* TestClock.adjust("100 millis")
            }
          }),
          Tracker.layer(sink.pipe(EventSink.deadLetter(letters)), { closeWithin: 0 })
        )
      )
      const told = lines.filter((line) => line.includes("dead letter"))
      assert.isAtMost(told.length, 7)
      assert.strictEqual(
        told[0],
        "vendor: a dead letter was lost (dropped: too many dead letters wait for their sink): ping"
      )
      const sum = told.reduce((all, line) => all + Number(/(\d+) dead letters/.exec(line)?.[1] ?? 1), 0)
      assert.strictEqual(sum, 50)
    })
  )

  it.effect("are waited for by a flush and by closing, which has them sent at once", () =>
    Effect.gen(function* () {
      const { sink } = refusing(() => true)
      const letters = collector("letters")
      const slow = EventSink.make({
        name: "slow",
        send: (batch) =>
          Effect.delay(
            Effect.sync(() => (letters.batches.push(batch.messages), batch.all(Receipt.delivered))),
            "5 millis"
          )
      }).pipe(EventSink.batched({ age: "1 hour" }))
      const scope = yield* Scope.make()
      const tracker = yield* Effect.provideService(
        Tracker.make(sink.pipe(EventSink.deadLetter(slow))),
        Scope.Scope,
        scope
      )
      yield* tracker.track(Ping, { properties: { n: 1 } })
      const flushed = yield* Effect.forkChild(tracker.flush)
      yield* TestClock.adjust("5 millis")
      assert.deepStrictEqual(ns(letters.messages), [1])
      assert.isDefined(flushed.pollUnsafe())
      yield* tracker.track(Ping, { properties: { n: 2 } })
      const closed = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("5 millis")
      assert.deepStrictEqual(ns(letters.messages), [1, 2])
      assert.isDefined(closed.pollUnsafe())
    })
  )

  it.effect("get nothing of an actor who has not consented, whatever is wrong with the message", () =>
    Effect.gen(function* () {
      const Seen = TrackedEvent.make("seen", { purposes: ["advertising"], properties: { n: Schema.Int } })
      const letters = collector("letters")
      const wrong = { properties: { n: "peach@toadtown.example" } } as never
      yield* tracked(
        EventSink.fanOut(
          collector("a").sink.pipe(EventSink.deadLetter(letters.sink)),
          collector("b", { messageBytes: 1 }).sink.pipe(EventSink.deadLetter(letters.sink)),
          collector("c").sink.pipe(EventSink.consented("ads"), EventSink.deadLetter(letters.sink))
        ),
        { validation: "deadLetter" },
        Effect.gen(function* () {
          const none = Actor.as({ userId: "u", consent: new Set<string>() })
          const call = yield* none(Tracker.track(Seen, wrong))
          assert.deepStrictEqual(outcomes(yield* call.receipts), ["Skipped", "Skipped", "Skipped"])
          const some = yield* Actor.as({ userId: "u", consent: new Set(["advertising"]) })(Tracker.track(Seen, wrong))
          assert.deepStrictEqual(outcomes(yield* some.receipts), ["Rejected", "Rejected", "Skipped"])
        })
      )
      assert.lengthOf(letters.messages, 2)
    })
  )

  it.effect("have every lost message once, over all outcomes", () =>
    Effect.gen(function* () {
      const all: ReadonlyArray<Receipt.Outcome> = [
        Receipt.delivered,
        Receipt.rejected("r"),
        Receipt.expired("e"),
        Receipt.dropped("d"),
        Receipt.skipped("s")
      ]
      for (let seed = 1; seed <= 40; seed++) {
        const outcomeOf = (n: number): Receipt.Outcome => all[(n * seed * 7 + seed) % all.length]!
        const letters = collector("letters", { messages: 1 + (seed % 7) })
        const sink = EventSink.make({
          name: "any",
          limits: { messages: 1 + (seed % 5) },
          send: (batch) =>
            Effect.delay(
              Effect.sync(() => batch.map((message) => outcomeOf(ns([message])[0] as number))),
              seed % 3
            )
        })
        const count = 20 + seed
        const receipts = yield* Effect.gen(function* () {
          const calls = yield* pings(count)
          yield* TestClock.adjust("1 minute")
          return (yield* Effect.forEach(calls, (call) => call.receipts)).flat()
        }).pipe((effect) => tracked(sink.pipe(EventSink.deadLetter(letters.sink)), {}, effect))
        const lost = receipts.filter(({ outcome }) => Receipt.isLost(outcome)).map(({ messageId }) => messageId)
        assert.deepStrictEqual(
          letters.messages.map(({ messageId }) => messageId),
          lost
        )
      }
    })
  )
})

describe("a tap", () => {
  it.effect("that never settles holds up nothing, and is given up", () =>
    Effect.gen(function* () {
      for (const stuck of [forever, () => Effect.never]) {
        const seen: Array<unknown> = []
        const { kept, sink } = refusing((n) => n === 0)
        const tapped = sink.pipe(
          EventSink.batched({ messages: 10, age: 1 }),
          EventSink.tap((message): any => (seen.push(ns([message])[0]), seen.length === 1 ? stuck() : undefined))
        )
        const lines = yield* logged(
          Effect.provide(
            Effect.gen(function* () {
              const [refused] = yield* pings(1_001)
              yield* until(() => kept.messages.length === 1_001)
              assert.deepStrictEqual(outcomes(yield* refused!.receipts), ["Rejected"])
              assert.lengthOf(kept.messages, 1_001)
              assert.deepStrictEqual(seen, [0])
              yield* TestClock.adjust("10 seconds")
              assert.deepStrictEqual(seen, [...Array(1_001).keys()])
            }),
            Tracker.layer(tapped)
          )
        )
        assert.include(lines, "vendor: tap did not answer within 10000 ms")
      }
    })
  )

  it.effect("that is too slow misses messages beyond its buffer, which is logged", () =>
    Effect.gen(function* () {
      const kept = collector("vendor")
      const tapped = kept.sink.pipe(EventSink.tap(() => Effect.never))
      const lines = yield* logged(
        Effect.provide(
          Effect.gen(function* () {
            for (let i = 0; i < 21; i++) {
              yield* pings(500)
              yield* until(() => kept.messages.length === 500 * (i + 1))
            }
            assert.lengthOf(kept.messages, 10_500)
          }),
          Tracker.layer(tapped, { closeWithin: 0 })
        )
      )
      assert.include(lines.join("\n"), "messages were not given to tap (dropped: too many wait for it): ping")
    })
  )
})

describe("mapReceipt", () => {
  it.effect("leaves a receipt as it is if the function gives none", () =>
    Effect.gen(function* () {
      const message: Message.Message = { type: "alias", previousId: "p", messageId: "m", timestamp: "2026-01-01" }
      const sink = collector().sink.pipe(EventSink.mapReceipt(() => undefined as never))
      const lines = yield* logged(
        Effect.map(Effect.scoped(EventSink.deliver(sink, [message])), (receipts) =>
          assert.deepStrictEqual(outcomes(receipts), ["Delivered"])
        )
      )
      assert.deepStrictEqual(lines, ["memory: mapReceipt returned something that is not a receipt"])
    })
  )
})
