import { EventSink, type Message, type Observer, type Receipt, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as assert from "../suite/assert.ts"
import { counted } from "../suite/metrics.ts"
import type { Suite } from "../suite/runner.ts"
import { calls, message, messages } from "./messages.ts"
import type { Options } from "./model.ts"

/** Tests a sink behind a tracker. */
export const tracked = <R>(name: string, { describe, it }: Suite, { layer, make, many = 250 }: Options<R>): void => {
  /** A tracker with a new subject as its sink, and the effect that closes it. */
  const begin = (settings?: Tracker.Options) =>
    Effect.gen(function* () {
      const { received, records, sink } = yield* make
      const told: Array<Receipt.Receipt> = []
      const tapped = EventSink.tap(sink, (_, receipt) => Effect.sync(() => void told.push(receipt)))
      const scope = yield* Scope.fork(yield* Effect.scope)
      const tracker = yield* Effect.orDie(Scope.provide(Tracker.make(tapped, settings), scope))
      const send = (one: Message.Message) => Effect.orDie(tracker.send(one))
      return { close: Scope.close(scope, Exit.void), received, records, send, sink, told, tracker }
    })
  const test = (title: string, body: Effect.Effect<void, never, R | Scope.Scope>): void =>
    it(title, () => body.pipe(Effect.scoped, Effect.provide([layer, Logger.layer([])]), Effect.runPromise))

  describe(`${name}, behind a tracker`, () => {
    const given = messages(many)

    test(
      "returns one receipt per message after a flush, and keeps the ids",
      Effect.gen(function* () {
        const { received, send, sink, tracker } = yield* begin()
        const sent = yield* Effect.forEach(given, send)
        yield* tracker.flushWithin(Infinity)
        const receipts = yield* Effect.forEach(sent, (one) => one.receipts)
        for (const [index, own] of receipts.entries()) assert.receipts(sink.names, [given[index]!], own)
        assert.areAll(receipts.flat(), "Delivered")
        assert.arrivedOnce(receipts.flat(), yield* received)
        for (const metrics of yield* tracker.metrics) {
          const { buffered, delivered } = metrics
          assert.holds(
            delivered === many && counted(metrics) === many && buffered === 0,
            `After ${many} messages the metrics count ${delivered} as delivered, ${counted(metrics)} in all, and ${buffered} as buffered`
          )
        }
      })
    )

    test(
      "delivers everything through a buffer that is too small for all messages",
      Effect.gen(function* () {
        const { received, send } = yield* begin({ capacity: Math.ceil(many / 10), waitWithin: Infinity })
        const sent = yield* Effect.forEach(given, send, { concurrency: "unbounded" })
        const receipts = (yield* Effect.forEach(sent, (one) => one.receipts)).flat()
        assert.areAll(receipts, "Delivered")
        assert.arrivedOnce(receipts, yield* received)
      })
    )

    test(
      "delivers everything if its tracker closes at once, and drops later messages",
      Effect.gen(function* () {
        const { close, received, send, sink } = yield* begin()
        const sent = yield* Effect.forEach(given, send)
        yield* close
        const receipts = (yield* Effect.forEach(sent, (one) => one.receipts)).flat()
        assert.areAll(receipts, "Delivered")
        assert.arrivedOnce(receipts, yield* received)

        const late = message(many)
        const dropped = yield* (yield* send(late)).receipts
        assert.receipts(sink.names, [late], dropped)
        assert.areAll(dropped, "Dropped")
        assert.arrivedOnce([...receipts, ...dropped], yield* received)
      })
    )

    test(
      "reports to observers exactly the records that it sends",
      Effect.gen(function* () {
        const { records, send, tracker } = yield* begin()
        const attempts: Array<Observer.Attempt> = []
        const observation: Observer.Observation = {
          resolved: () => {},
          tracked: () => {},
          sent: (attempt) => void attempts.push(attempt),
          received: () => {}
        }
        yield* tracker.observe({ observe: () => observation })
        yield* Effect.forEach(calls(), send)
        yield* tracker.flushWithin(Infinity)
        const told = (yield* Effect.forEach(attempts, (attempt) => attempt.records)).flat()
        assert.holds(told.length > 0, "The sink reported no records to the observer")
        if (records === undefined) return
        const sent = texts(yield* records)
        const said = texts(told.map(({ record }) => record))
        assert.none(without(said, sent).map(short), "The sink reported records to the observer that it did not send")
        assert.none(without(sent, said).map(short), "The sink sent records that it did not report to the observer")
      })
    )

    test(
      "returns a receipt for messages of interrupted callers",
      Effect.gen(function* () {
        const { close, received, send, sink, told, tracker } = yield* begin({ capacity: 2, waitWithin: Infinity })
        const callers = yield* Effect.forEach(given, (one) => Effect.forkChild(send(one)))
        yield* Effect.yieldNow
        yield* Effect.forEach(callers, Fiber.interrupt, { concurrency: "unbounded" })
        yield* close
        const metrics = yield* tracker.metrics
        for (const sinkName of sink.names) {
          const own = told.filter((receipt) => receipt.sink === sinkName)
          assert.receipts(
            [sinkName],
            [...new Set(assert.idsOf(own))].map((messageId) => ({ messageId })),
            own
          )
          assert.areAll(own, "Delivered", "Dropped")
          const count = metrics.filter((one) => one.sink === sinkName).reduce((sum, one) => sum + counted(one), 0)
          assert.holds(count === own.length, `The metrics of "${sinkName}" count ${count} of ${own.length} receipts`)
        }
        assert.arrivedOnce(told, yield* received)
      })
    )
  })
}

const texts = (values: ReadonlyArray<unknown>): ReadonlyArray<string> => values.map((value) => JSON.stringify(value))

const short = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text)

/** The texts of `some` without those of `others`, counting duplicates. */
const without = (some: ReadonlyArray<string>, others: ReadonlyArray<string>): ReadonlyArray<string> => {
  const left = [...others]
  return some.filter((one) => {
    const index = left.indexOf(one)
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
}
