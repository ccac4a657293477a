import { EventSink, Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { assert, describe, it } from "@effect/vitest"
import * as InMemory from "./InMemory.ts"
import * as SinkConformance from "./SinkConformance.ts"

SinkConformance.suite("the in-memory sink", {
  layer: Layer.empty,
  make: Effect.map(InMemory.make(), ({ messages, sink }) => ({
    sink: sink.pipe(EventSink.batched({ messages: 100 })),
    received: Effect.map(messages, (kept) => kept.map(({ messageId }) => messageId)),
    records: messages
  }))
})

SinkConformance.suite("a sink that gives promises", {
  many: 60,
  make: async () => {
    let ids: ReadonlyArray<string> = []
    const sink = EventSink.make({
      name: "async",
      limits: { messages: 50 },
      open: async () => async (batch) => {
        ids = [...new Set([...ids, ...batch.map(({ messageId }) => messageId)])]
        return batch.map(() => Receipt.delivered)
      }
    })
    return { sink, received: async () => ids, close: () => (ids = []) }
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
