import { EventSink, type Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Fault from "../../Fault.ts"
import * as assert from "../suite/assert.ts"
import { batch, count } from "./world.ts"
import type { Tests } from "./tests.ts"

/** A service that tracks too much at once, is interrupted, or closes. */
export const service = <R>(name: string, { describe, test }: Tests<R>): void => {
  describe(`${name}, when the service`, () => {
    for (const whenFull of ["wait", "refuse", "dropOldest"] as const) {
      test(`tracks ten times the buffer's capacity at once: obeys "${whenFull}"`, { capacity: 50, whenFull }, (world) =>
        Effect.gen(function* () {
          const { server, settled, track, tracker } = world
          yield* server.misbehave(() => Fault.delay("1 second"))
          const bound = Effect.map(tracker.metrics, ([metrics]) =>
            assert.holds(metrics!.buffered <= 50, `${metrics!.buffered} messages are in a buffer with a capacity of 50`)
          )
          const callers = yield* Effect.forEach(Array.from({ length: 500 }), () => Effect.forkChild(track(1)))
          const tracked = (yield* Effect.forEach(callers, (caller) => Effect.tap(Fiber.join(caller), bound))).flat()
          const receipts = yield* settled(tracked)
          if (whenFull === "wait") assert.outcomes(receipts, { Delivered: 500 })
          else {
            assert.areAll(receipts, "Delivered", "Dropped", "Expired")
            assert.atLeast(receipts, { Delivered: 50, Dropped: 1 })
            const kept = whenFull === "refuse" ? receipts.slice(0, 50) : receipts.slice(-50 + batch)
            assert.outcomes(kept, { Delivered: kept.length })
          }
        })
      )
    }

    test(
      "interrupts a call of track: drops only its message",
      { capacity: batch },
      ({ server, settled, track, tracker }) =>
        Effect.gen(function* () {
          yield* server.misbehave([[Fault.hang, 1]])
          const tracked = yield* track(batch)
          const waiting = yield* Effect.forkChild(track(1))
          yield* server.awaitRequests(1)
          yield* Fiber.interrupt(waiting)
          assert.outcomes(yield* settled(tracked), { Delivered: batch })
          const [metrics] = yield* tracker.metrics
          const { delivered, dropped } = metrics!
          assert.holds(
            delivered === batch && dropped === 1,
            `The metrics count ${delivered} delivered and ${dropped} dropped messages, not ${batch} and 1`
          )
        })
    )

    test(
      "tracks while its tracker closes, and later: drops late messages",
      { capacity: 50 },
      ({ close, server, settled, track }) =>
        Effect.gen(function* () {
          yield* server.misbehave(() => Fault.delay("1 second"))
          const callers = yield* Effect.forEach(Array.from({ length: 20 }), () =>
            Effect.forkChild(Effect.forEach(Array.from({ length: 20 }), () => Effect.delay(track(1), "300 millis")))
          )
          yield* server.awaitRequests(1)
          yield* close
          const tracked = (yield* Effect.forEach(callers, Fiber.join)).flat(2)
          const receipts = yield* settled(tracked)
          assert.areAll(receipts, "Delivered", "Dropped", "Expired")
          assert.atLeast(receipts, { Delivered: 1, Dropped: 1 })
          assert.outcomes(yield* settled(yield* track(1)), { Dropped: 1 })
        })
    )

    test("closes while the server does not respond: closes in time", { closeWithin: "5 seconds", rate: 20 }, (world) =>
      Effect.gen(function* () {
        const { clock, close, server, settled, track } = world
        yield* server.misbehave(() => Fault.hang)
        const tracked = yield* track(count)
        yield* server.awaitRequests(1)
        const began = clock.currentTimeMillisUnsafe()
        yield* close
        const took = clock.currentTimeMillisUnsafe() - began
        assert.holds(took <= 30_000, `Closing took ${took} ms, although closeWithin is 5000 ms`)
        const receipts = yield* settled(tracked)
        assert.outcomes(receipts, { Expired: batch, Dropped: count - batch })
      })
    )

    test("receives a signal to end during a send: delivers all", {}, ({ close, server, settled, track }) =>
      Effect.gen(function* () {
        yield* server.misbehave([[Fault.delay("1 second"), 2]])
        let tracked: ReadonlyArray<Tracker.Tracked> = []
        // The signal that ends a process interrupts its main fiber, and then the scope is closed.
        const main = yield* Effect.forkChild(
          Effect.ensuring(
            Effect.andThen(
              Effect.map(track(count), (all) => void (tracked = all)),
              Effect.never
            ),
            close
          )
        )
        yield* server.awaitRequests(1)
        yield* Fiber.interrupt(main)
        assert.outcomes(yield* settled(tracked), { Delivered: count })
      })
    )

    const throwing = EventSink.make({
      name: "throwing",
      send: () => {
        throw new Error("a defect of the sink")
      }
    })
    test(
      "has another sink whose code throws: delivers all, and only the other sink rejects",
      { around: (sink) => EventSink.fanOut(throwing, sink) },
      ({ settled, track }) =>
        Effect.gen(function* () {
          const tracked = yield* track(count)
          assert.outcomes(yield* settled(tracked), { Delivered: count })
          const receipts = (yield* Effect.forEach(tracked, (one) => one.receipts)).flat()
          const others = receipts.filter(({ sink }) => sink === "throwing")
          assert.outcomes(others, { Rejected: count })
        })
    )
    test(
      "wraps the sink in code that throws for some messages: rejects only those",
      {
        around: (sink) =>
          EventSink.map(sink, (message) => {
            if (message.type === "track" && message.properties["OrderLine_id"] === 3) throw new Error("a defect")
            return message
          })
      },
      ({ settled, track }) =>
        Effect.gen(function* () {
          const receipts = yield* settled(yield* track(count))
          assert.outcomes(receipts, { Delivered: count - 1, Rejected: 1 })
          assert.areAll(receipts.slice(3, 4), "Rejected")
        })
    )
  })
}
