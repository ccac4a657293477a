/**
 * What holds for every sink, as a suite of tests that any sink's own tests call.
 *
 * @module
 */
import { EventSink, Message, type Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"

/** A sink under test, and the ids of the messages that its destination has received so far. */
export interface Subject<R> {
  readonly sink: EventSink.EventSink<never, R>
  readonly received: Effect.Effect<ReadonlyArray<string>>
}

/** How the suite gets its subjects: a new one for each test, in that test's scope. */
export interface Options<R> {
  readonly make: Effect.Effect<Subject<R>, never, Scope.Scope>
  /** What the sink needs. */
  readonly layer: Layer.Layer<R>
  /** Messages that are given at once: more than go into one batch of the destination. 250 unless told. */
  readonly many?: number | undefined
}

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

const delivered = (receipts: ReadonlyArray<Receipt.Receipt>): ReadonlyArray<string> =>
  idsOf(receipts.filter(({ outcome }) => outcome._tag === "Delivered"))

/**
 * Runs the laws that every sink keeps, as tests of vitest: one receipt a message, in order; what is said to be delivered has
 * arrived, once; every kind of message, any JSON and any text has an answer and none is an exception.
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
 */
export const suite = <R>(name: string, options: Options<R>): void => {
  const many = options.many ?? 250
  /** Gives messages to a new subject. */
  const give = (messages: ReadonlyArray<Message.Message>) =>
    Effect.gen(function* () {
      const { received, sink } = yield* options.make
      const receipts = yield* EventSink.deliver(sink, messages)
      assertReceipts(sink, messages, receipts)
      return { receipts, arrived: yield* received }
    }).pipe(Effect.scoped, Effect.provide(options.layer), Effect.runPromise)

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
}
