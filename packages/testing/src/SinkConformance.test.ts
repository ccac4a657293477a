import { EventSink, type Message, Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { assert, describe, it } from "@effect/vitest"
import { failures } from "../test/collect.ts"
import * as InMemory from "./InMemory.ts"
import * as SinkConformance from "./SinkConformance.ts"

SinkConformance.suite("the in-memory sink", {
  runner: { describe, it },
  layer: Layer.empty,
  make: Effect.map(InMemory.make(), ({ messages, sink }) => ({
    sink: sink.pipe(EventSink.batched({ messages: 100 })),
    received: Effect.map(messages, (kept) => kept.map(({ messageId }) => messageId)),
    records: messages
  }))
})

SinkConformance.suite("a sink that gives promises", {
  runner: { describe, it },
  many: 60,
  make: async () => {
    const kept = new Map<string, Message.Message>()
    const sink = EventSink.make({
      name: "async",
      limits: { messages: 50 },
      open: async () => async (batch) => {
        for (const message of batch) kept.set(message.messageId, message)
        return batch.map(() => Receipt.delivered)
      }
    })
    return {
      sink,
      received: async () => [...kept.keys()],
      records: async () => [...kept.values()],
      close: () => kept.clear()
    }
  }
})

describe("the in-memory sink", () => {
  it.effect("keeps what it is given until it is told to forget it", () =>
    Effect.gen(function* () {
      const memory = yield* InMemory.make({ name: "other" })
      assert.deepStrictEqual(memory.sink.names, ["other"])
      const message = { type: "track", event: "e", properties: {}, messageId: "m", timestamp: "t" } as const
      yield* EventSink.deliver(memory.sink, [message])
      assert.deepStrictEqual(yield* memory.messages, [message])
      yield* memory.clear
      assert.deepStrictEqual(yield* memory.messages, [])
    })
  )
})

describe("a run that fails", () => {
  const id = "[0-9a-f-]{36}"
  const title = "returns one receipt per message, in order, and has delivered what its receipts claim"
  const printed = (
    outcome: (index: number) => Receipt.Outcome,
    keeps: (index: number) => boolean,
    ...titles: ReadonlyArray<string>
  ) =>
    failures(
      (runner) =>
        SinkConformance.suite("a broken sink", {
          runner,
          many: 20,
          make: () => {
            const ids: Array<string> = []
            const records = [{ sent: "x".repeat(400) }]
            const sink = EventSink.make({
              name: "broken",
              send: async (batch) => {
                ids.push(...batch.messages.filter((_, index) => keeps(index)).map(({ messageId }) => messageId))
                return batch.map((_, index) => outcome(index))
              }
            })
            return { sink, received: () => ids, records: () => records }
          }
        }),
      ...titles
    )

  it.live("names messages that are said to be delivered, and did not arrive", () =>
    Effect.gen(function* () {
      const [failure] = yield* Effect.promise(() =>
        printed(
          () => Receipt.delivered,
          (index) => index >= 8,
          title
        )
      )
      const line = `\n  ${id}: Delivered by "broken" after 1 attempt`
      const text = `^8 of 20 messages did not arrive, although their receipts say that they did:(${line}){5}\n  … and 3 more$`
      assert.match(failure![1], new RegExp(text))
    })
  )

  it.live("names messages with another outcome, and its reason", () =>
    Effect.gen(function* () {
      const outcome = (index: number) => (index < 18 ? Receipt.delivered : Receipt.rejected("no such table"))
      const [failure] = yield* Effect.promise(() => printed(outcome, () => true, title))
      const line = `\n  ${id}: Rejected by "broken" after 1 attempt: no such table`
      assert.match(failure![1], new RegExp(`^2 of 20 receipts are not Delivered:(${line}){2}$`))
    })
  )

  it.live("shows what a sink tells an observer, and has not sent", () =>
    Effect.gen(function* () {
      const told = "reports to observers exactly the records that it sends"
      const [failure] = yield* Effect.promise(() =>
        printed(
          () => Receipt.delivered,
          () => true,
          told
        )
      )
      assert.match(
        failure![1],
        /^The sink reported records to the observer that it did not send:(\n  \{.*\}){5}\n  … and 1 more$/
      )
    })
  )

  it.live("names a message that is given twice and does not arrive", () =>
    Effect.gen(function* () {
      const twice = "keeps the id of a message that it receives twice"
      const [failure] = yield* Effect.promise(() =>
        printed(
          () => Receipt.rejected("no such table"),
          () => false,
          twice
        )
      )
      const line = `\n  ${id}: Rejected by "broken" after 1 attempt: no such table`
      assert.match(failure![1], new RegExp(`^The message did not arrive:(${line}){2}$`))
    })
  )
})
