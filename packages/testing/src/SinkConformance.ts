/**
 * What holds for every sink, as a suite of tests that any sink's own tests call.
 *
 * A sink that is written with `EventSink.make` keeps most of these laws without doing anything for them. What is its own to
 * keep: it tells one outcome for each message, in the batch's order; `Receipt.delivered` is said of what has arrived, and of
 * nothing else; what it will never take, whatever its text, is `Receipt.rejected` with a reason, which is for people and
 * without personal data; what may go better later fails with `SendError.Unavailable`; a message's id is the same on every
 * attempt; and where its effect is interrupted, it stops.
 *
 * `SinkFaults` has what holds of a sink over HTTP when its server misbehaves.
 *
 * @module
 */
import { EventSink, Message, type Observer, type Receipt, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as HttpClient from "effect/http/HttpClient"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

/**
 * A sink under test, and the ids of the messages that its destination has received so far. Opening the sink must not fail:
 * a sink whose settings can be wrong is given right ones, and `E` is cast away or dies.
 */
export interface Subject<R> {
  readonly sink: EventSink.EventSink<any, R>
  readonly received: Effect.Effect<ReadonlyArray<string>>
  /** What has arrived so far, where the sink tells what it sends (`EventSink.Records`): it is then what it tells. */
  readonly records?: Effect.Effect<ReadonlyArray<unknown>> | undefined
}

/** How the suite gets its subjects: a new one for each test, in that test's scope. */
export interface Options<R> {
  readonly make: Effect.Effect<Subject<R>, never, Scope.Scope>
  /** What the sink needs. */
  readonly layer: Layer.Layer<R>
  /** Messages that are given at once: more than go into one batch of the destination. 250 unless told. */
  readonly many?: number | undefined
}

/** A sink under test, without Effect, and the ids of the messages that its destination has received so far. */
export interface AsyncSubject {
  readonly sink: EventSink.EventSink<any, HttpClient.HttpClient>
  readonly received: () => ReadonlyArray<string> | PromiseLike<ReadonlyArray<string>>
  /** Ends what was made for the test. */
  readonly close?: (() => unknown) | undefined
}

/** How the suite gets its subjects without Effect: a new one for each test. */
export interface AsyncOptions {
  readonly make: () => AsyncSubject | PromiseLike<AsyncSubject>
  readonly many?: number | undefined
}

const fromAsync = ({ make, many }: AsyncOptions): Options<HttpClient.HttpClient> => ({
  layer: FetchHttpClient.layer,
  many,
  make: Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => make()),
      ({ close }) => Effect.promise(async () => close?.())
    ),
    ({ received, sink }) => ({ sink, received: Effect.promise(async () => received()) })
  )
})

const message = (index: number, properties: Message.Track["properties"] = { OrderLine_id: 1001 }): Message.Track => ({
  type: "track",
  event: "orderLineUpdated",
  properties,
  messageId: Message.nextId(1_767_225_600_000 + index),
  timestamp: "2026-01-01T00:00:00.000Z",
  userId: "user-1"
})

const calls = (): ReadonlyArray<Message.Message> => {
  const { messageId, timestamp, userId } = message(0)
  const common = { timestamp, userId: userId! }
  return [
    message(1),
    { type: "identify", traits: { plan: "pro" }, messageId, ...common },
    { type: "group", groupId: "group-1", traits: {}, messageId: Message.nextId(2), ...common },
    { type: "alias", previousId: "user-0", messageId: Message.nextId(3), ...common },
    { type: "page", name: "Home", properties: {}, messageId: Message.nextId(4), ...common },
    { type: "screen", name: "Home", properties: {}, messageId: Message.nextId(5), ...common }
  ]
}

const idsOf = (messages: ReadonlyArray<{ readonly messageId: string }>): ReadonlyArray<string> =>
  messages.map(({ messageId }) => messageId)

/** One receipt for each message from each destination, in the order of the messages. */
const assertReceipts = (
  sink: EventSink.Any,
  messages: ReadonlyArray<Message.Message>,
  receipts: ReadonlyArray<Receipt.Receipt>
): void => {
  assert.deepStrictEqual(
    receipts.map(({ messageId, sink }) => [sink, messageId]),
    sink.names.flatMap((name) => idsOf(messages).map((id) => [name, id]))
  )
}

const sorted = (values: ReadonlyArray<unknown>): ReadonlyArray<string> =>
  values.map((value) => JSON.stringify(value)).toSorted()

const counted = ({ delivered, dropped, expired, rejected, skipped }: Tracker.SinkMetrics): number =>
  delivered + dropped + expired + rejected + skipped

const delivered = (receipts: ReadonlyArray<Receipt.Receipt>): ReadonlyArray<string> =>
  idsOf(receipts.filter(({ outcome }) => outcome._tag === "Delivered"))

/**
 * Runs the laws that every sink keeps, as tests of vitest, once without and once through a tracker: one receipt a message, in
 * order; what is said to be delivered has arrived, once; every kind of message, any JSON and any text has an answer and none is
 * an exception; closing delivers what was tracked, and what is tracked after that, or by a caller that is interrupted, has its
 * receipt too.
 *
 * @example
 * ```ts
 * import { InMemory } from "@trackmap/testing"
 * import * as SinkConformance from "@trackmap/testing/SinkConformance"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * export const run = () =>
 *   SinkConformance.suite("the in-memory sink", {
 *     layer: Layer.empty,
 *     make: Effect.map(InMemory.make(), ({ messages, sink }) => ({
 *       sink,
 *       received: Effect.map(messages, (kept) => kept.map(({ messageId }) => messageId))
 *     }))
 *   })
 * ```
 *
 * @example
 * ```ts
 * import { EventSink, Receipt } from "@trackmap/core"
 * import * as SinkConformance from "@trackmap/testing/SinkConformance"
 *
 * export const run = () =>
 *   SinkConformance.suite("a sink that gives promises", {
 *     make: () => {
 *       const ids: Array<string> = []
 *       const sink = EventSink.make({
 *         name: "memory",
 *         send: async (batch) => batch.map(({ messageId }) => (ids.push(messageId), Receipt.delivered))
 *       })
 *       return { sink, received: () => ids }
 *     }
 *   })
 * ```
 */
export const suite: {
  (name: string, options: AsyncOptions): void
  <R>(name: string, options: Options<R>): void
} = (name: string, options: AsyncOptions | Options<any>): void =>
  define(name, "layer" in options ? options : fromAsync(options))

const define = <R>(name: string, options: Options<R>): void => {
  const many = options.many ?? 250
  /** Gives messages to a new subject. */
  const give = (messages: ReadonlyArray<Message.Message>) =>
    Effect.gen(function* () {
      const { received, sink } = yield* options.make
      const receipts = yield* Effect.orDie(EventSink.deliver(sink, messages))
      assertReceipts(sink, messages, receipts)
      return { receipts, arrived: yield* received }
    }).pipe(Effect.scoped, Effect.provide(options.layer), Effect.runPromise)

  /** A tracker before a new subject, and what closes it. */
  const begin = (settings?: Tracker.Options) =>
    Effect.gen(function* () {
      const { received, records, sink } = yield* options.make
      const told: Array<Receipt.Receipt> = []
      const tapped = EventSink.tap(sink, (_, receipt) => Effect.sync(() => void told.push(receipt)))
      const scope = yield* Scope.fork(yield* Effect.scope)
      const tracker = yield* Effect.orDie(Scope.provide(Tracker.make(tapped, settings), scope))
      return { close: Scope.close(scope, Exit.void), received, records, sink, told, tracker }
    })
  const run = <A>(test: Effect.Effect<A, never, R | Scope.Scope>): Promise<A> =>
    test.pipe(Effect.scoped, Effect.provide([options.layer, Logger.layer([])]), Effect.runPromise)

  describe(`${name}, as every sink`, () => {
    it("gives one receipt for each message, in order, and has delivered what it says", async () => {
      const messages = Array.from({ length: many }, (_, index) => message(index))
      const { arrived, receipts } = await give(messages)
      assert.deepStrictEqual(delivered(receipts), idsOf(messages))
      assert.deepStrictEqual(arrived.toSorted(), idsOf(messages).toSorted())
    })

    it("has nothing to say of no messages", async () => {
      const { arrived, receipts } = await give([])
      assert.deepStrictEqual([arrived, receipts], [[], []])
    })

    it("has an answer to each of the six calls", async () => {
      for (const { outcome } of (await give(calls())).receipts) {
        assert.oneOf(outcome._tag, ["Delivered", "Rejected", "Skipped"])
      }
    })

    it("keeps the id of a message that is given twice", async () => {
      const twice = message(1)
      const { arrived } = await give([twice, twice])
      assert.deepStrictEqual([...new Set(arrived)], [twice.messageId])
    })

    it("has an answer to any JSON and any text, and what it delivers arrives", async () => {
      const anything = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" }), {
        maxKeys: 5
      })
      await fc.assert(
        fc.asyncProperty(fc.array(anything, { maxLength: 10 }), async (values) => {
          const messages = values.map((properties, index) => message(index, properties as Message.Track["properties"]))
          const { arrived, receipts } = await give(messages)
          assert.includeMembers([...arrived], [...delivered(receipts)])
          for (const { outcome } of receipts) assert.oneOf(outcome._tag, ["Delivered", "Rejected", "Skipped"])
        }),
        { numRuns: 50 }
      )
    })
  })

  describe(`${name}, as every sink behind a tracker`, () => {
    const messages = Array.from({ length: many }, (_, index) => message(index))

    it("gives one receipt for each message once it is flushed, and keeps the ids", () =>
      run(
        Effect.gen(function* () {
          const { received, sink, tracker } = yield* begin()
          const tracked = yield* Effect.orDie(Effect.forEach(messages, (one) => tracker.send(one)))
          yield* tracker.flush
          const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
          receipts.forEach((own, index) => assertReceipts(sink, [messages[index]!], own))
          assert.deepStrictEqual(delivered(receipts.flat()), receipts.flatMap(idsOf))
          assert.deepStrictEqual((yield* received).toSorted(), idsOf(messages).toSorted())
          for (const metrics of yield* tracker.metrics) {
            assert.deepStrictEqual([metrics.delivered, counted(metrics), metrics.buffered], [many, many, 0])
          }
        })
      ))

    it("delivers everything through a buffer that is smaller than what comes", () =>
      run(
        Effect.gen(function* () {
          const { received, tracker } = yield* begin({ capacity: Math.ceil(many / 10) })
          const send = (one: Message.Message) => Effect.orDie(tracker.send(one))
          const tracked = yield* Effect.forEach(messages, send, { concurrency: "unbounded" })
          const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
          assert.deepStrictEqual(delivered(receipts.flat()), receipts.flatMap(idsOf))
          assert.deepStrictEqual((yield* received).toSorted(), idsOf(messages).toSorted())
        })
      ))

    it("delivers everything where it is closed as soon as it is tracked, and drops what is tracked after that", () =>
      run(
        Effect.gen(function* () {
          const { close, received, sink, tracker } = yield* begin()
          const tracked = yield* Effect.orDie(Effect.forEach(messages, (one) => tracker.send(one)))
          yield* close
          const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
          assert.deepStrictEqual(delivered(receipts.flat()), receipts.flatMap(idsOf))
          assert.deepStrictEqual((yield* received).toSorted(), idsOf(messages).toSorted())

          const late = message(many)
          const dropped = yield* (yield* Effect.orDie(tracker.send(late))).receipts
          assertReceipts(sink, [late], dropped)
          for (const { outcome } of dropped) assert.strictEqual(outcome._tag, "Dropped")
          assert.notInclude([...(yield* received)], late.messageId)
        })
      ))

    it("tells whoever looks on what it sends, word for word", () =>
      run(
        Effect.gen(function* () {
          const { records, tracker } = yield* begin()
          const attempts: Array<Observer.Attempt> = []
          const observation: Observer.Observation = {
            resolved: () => {},
            tracked: () => {},
            sent: (attempt) => void attempts.push(attempt),
            received: () => {}
          }
          yield* tracker.observe({ observe: () => observation })
          yield* Effect.orDie(Effect.forEach(calls(), (one) => tracker.send(one)))
          yield* tracker.flush
          const told = (yield* Effect.forEach(attempts, (attempt) => attempt.records)).flat()
          assert.isNotEmpty(told)
          if (records === undefined) return
          assert.deepStrictEqual(sorted(told.map(({ record }) => record)), sorted(yield* records))
        })
      ))

    it("has a receipt for what a caller tracked before it was interrupted", () =>
      run(
        Effect.gen(function* () {
          const { close, received, sink, told, tracker } = yield* begin({ capacity: 2 })
          const callers = yield* Effect.forEach(messages, (one) => Effect.forkChild(Effect.orDie(tracker.send(one))))
          yield* Effect.yieldNow
          yield* Effect.forEach(callers, Fiber.interrupt, { concurrency: "unbounded" })
          yield* close
          for (const sinkName of sink.names) {
            const own = told.filter((receipt) => receipt.sink === sinkName)
            assert.deepStrictEqual([...new Set(idsOf(own))], idsOf(own))
            for (const { outcome } of own) assert.oneOf(outcome._tag, ["Delivered", "Dropped"])
            assert.strictEqual(
              (yield* tracker.metrics)
                .filter(({ sink }) => sink === sinkName)
                .reduce((sum, one) => sum + counted(one), 0),
              own.length
            )
          }
          assert.deepStrictEqual((yield* received).toSorted(), [...new Set(delivered(told))].toSorted())
        })
      ))
  })
}
