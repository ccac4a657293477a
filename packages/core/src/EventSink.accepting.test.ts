import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { EventSink, Receipt, Tracker } from "./index.ts"

/** Stands for a transaction: what a caller has, and other fibers do not. */
const Transaction = Context.Reference<ReadonlyArray<string> | undefined>("test/Transaction", {
  defaultValue: () => undefined
})

const identified = Tracker.identify({ userId: "user-1" })

/** A sink that accepts messages in a transaction, and the messages that it has accepted and sent. */
const sinkOf = (settled: (settle: EventSink.Acceptance["settle"]) => Effect.Effect<void>) => {
  const accepted: Array<EventSink.Acceptance> = []
  const sent: Array<string> = []
  const sink = EventSink.accepting({
    name: "outbox",
    open: () =>
      Effect.succeed({
        accept: (message) =>
          Effect.flatMap(Transaction, (transaction) => {
            if (transaction === undefined) return Effect.succeed(false)
            accepted.push(message)
            return Effect.as(settled(message.settle), true)
          }),
        awaited: () =>
          Effect.flatMap(Transaction, (transaction) =>
            transaction === undefined ? Effect.void : Effect.die("await them after the transaction")
          ),
        send: (batch) =>
          Effect.sync(() => {
            sent.push(...batch.messages.map(({ messageId }) => messageId))
            return batch.all(Receipt.delivered)
          })
      })
  })
  return { accepted, sent, sink }
}

const inTransaction = Effect.provideService(Transaction, [])
const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome)

describe("a sink that accepts messages while they are tracked", () => {
  it.live("has a message before track returns, with all that is known about it", () => {
    const { accepted, sent, sink } = sinkOf((settle) => Effect.sync(() => settle(Receipt.delivered)))
    return Effect.gen(function* () {
      const tracked = yield* inTransaction(identified)
      assert.lengthOf(accepted, 1)
      assert.strictEqual(accepted[0]!.messageId, tracked.messageId)
      assert.deepInclude(accepted[0]!.envelope, { format: 1, message: tracked.message, consent: "all" })
      assert.deepStrictEqual(outcomesOf(yield* tracked.receipts), [Receipt.delivered])
      assert.deepStrictEqual(sent, [])
    }).pipe(Effect.provide(Tracker.layer(sink)))
  })

  it.live("gets the others through its buffer", () => {
    const { accepted, sent, sink } = sinkOf(() => Effect.void)
    return Effect.gen(function* () {
      const tracked = yield* identified
      assert.deepStrictEqual(outcomesOf(yield* tracked.receipts), [Receipt.delivered])
      assert.deepStrictEqual([accepted.length, sent], [0, [tracked.messageId]])
    }).pipe(Effect.provide(Tracker.layer(sink)))
  })

  it.live("gives the receipt later, and only once; taps and flushes wait for it", () => {
    const { accepted, sink } = sinkOf(() => Effect.void)
    const tapped: Array<string> = []
    const tapping = sink.pipe(EventSink.tap((_, { outcome }) => void tapped.push(outcome._tag)))
    return Effect.gen(function* () {
      const { receipts } = yield* inTransaction(identified)
      assert.strictEqual((yield* Tracker.flushWithin(5)).left, 1)
      accepted[0]!.settle(Receipt.skipped("rolled back"))
      accepted[0]!.settle(Receipt.delivered)
      assert.deepStrictEqual(outcomesOf(yield* receipts), [Receipt.skipped("rolled back")])
      yield* Tracker.flush
      assert.deepStrictEqual(tapped, ["Skipped"])
    }).pipe(Effect.provide(Tracker.layer(tapping)))
  })

  it.live("can refuse to let a fiber wait for a receipt that cannot come while it waits", () => {
    const { accepted, sink } = sinkOf(() => Effect.void)
    return Effect.gen(function* () {
      const { receipts } = yield* inTransaction(identified)
      const exit = yield* Effect.exit(inTransaction(receipts))
      assert.match(String(exit), /await them after the transaction/)
      accepted[0]!.settle(Receipt.delivered)
      assert.deepStrictEqual(outcomesOf(yield* receipts), [Receipt.delivered])
    }).pipe(Effect.provide(Tracker.layer(sink)))
  })

  it.live("can fail the call", () => {
    const { sink } = sinkOf((settle) =>
      Effect.andThen(
        Effect.sync(() => settle(Receipt.dropped("the insert failed"))),
        Effect.die("the insert failed")
      )
    )
    return Effect.gen(function* () {
      assert.match(String(yield* Effect.exit(inTransaction(identified))), /the insert failed/)
    }).pipe(Effect.provide(Tracker.layer(sink)))
  })

  it.live("leaves no message without a receipt, whatever accept does in place of an answer", () => {
    const misdeeds: Readonly<Record<string, readonly [accept: (message: EventSink.Acceptance) => any, said: RegExp]>> =
      {
        throws: [() => assert.fail("no"), /accept threw AssertionError/],
        dies: [() => Effect.die(new TypeError("no")), /accept threw TypeError/],
        fails: [() => Effect.fail(new RangeError("no")), /accept threw RangeError/],
        rejects: [() => Promise.reject(new SyntaxError("no")), /accept threw SyntaxError/],
        "is interrupted": [() => Effect.interrupt, /accept was interrupted/],
        "settles with a text": [
          ({ settle }) =>
            Effect.as(
              Effect.sync(() => settle("Delivered" as never)),
              true
            ),
          /settled with something that is not an outcome/
        ],
        "returns nothing": [() => Effect.void, /accept threw DefinitionError/],
        "returns a text": [() => "yes", /accept threw DefinitionError/]
      }
    return Effect.forEach(Object.entries(misdeeds), ([misdeed, [accept, said]]) =>
      Effect.gen(function* () {
        const sink = EventSink.accepting({
          name: "outbox",
          open: () => Effect.succeed({ accept, send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })
        })
        const reasons: Array<string> = []
        const tapped = EventSink.tap(
          sink,
          (_, { outcome }) => void reasons.push("reason" in outcome ? outcome.reason : outcome._tag)
        )
        yield* Effect.gen(function* () {
          const exit = yield* Effect.exit(identified)
          assert.strictEqual(Exit.isFailure(exit), misdeed !== "settles with a text", misdeed)
          assert.deepStrictEqual((yield* Tracker.flush).left, 0, misdeed)
        }).pipe(Effect.provide(Tracker.layer(tapped)))
        assert.match(reasons.join(), said, misdeed)
      })
    )
  })

  it.live("has no part in messages that combinators exclude, and delays no other sink", () => {
    const { accepted, sink } = sinkOf(() => Effect.never)
    const none = sink.pipe(EventSink.filter(() => false))
    return Effect.gen(function* () {
      const received = yield* Deferred.make<void>()
      const other = EventSink.make({
        name: "other",
        send: (batch) => Effect.as(Deferred.succeed(received, undefined), batch.all(Receipt.delivered))
      })
      yield* Effect.gen(function* () {
        const { receipts } = yield* inTransaction(identified)
        assert.deepStrictEqual(outcomesOf(yield* receipts)[0]!._tag, "Skipped")
        assert.lengthOf(accepted, 0)
      }).pipe(Effect.provide(Tracker.layer(none)))
      yield* Effect.gen(function* () {
        yield* Effect.forkChild(inTransaction(identified))
        yield* Deferred.await(received)
      }).pipe(Effect.provide(Tracker.layer(EventSink.fanOut(sink, other), { closeWithin: 20 })))
    })
  })

  it("must return both functions", async () => {
    const sink = EventSink.accepting({ name: "outbox", open: () => Effect.succeed({} as EventSink.Acceptor) })
    const exit = await Effect.runPromiseExit(Effect.scoped(Tracker.make(sink)))
    assert.match(String(exit), /return the functions send and accept/)
  })
})
