import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Receipt from "../../Receipt.ts"
import { Published } from "./published.ts"

const receiptOf = (messageId: string): Receipt.Receipt => ({
  messageId,
  sink: "a",
  outcome: Receipt.delivered,
  attempts: 1,
  at: 0
})

const idsOf = (published: Published) =>
  Effect.map(Stream.runCollect(published.stream), (receipts) => receipts.map(({ messageId }) => messageId))

describe("published receipts", () => {
  it.effect("reach every subscriber from its start on, until the end", () =>
    Effect.gen(function* () {
      const published = new Published()
      published.publish(receiptOf("1"))
      const first = yield* Effect.forkChild(idsOf(published), { startImmediately: true })
      published.publish(receiptOf("2"))
      const second = yield* Effect.forkChild(idsOf(published), { startImmediately: true })
      published.publish(receiptOf("3"))
      yield* published.end()
      assert.deepStrictEqual(yield* Fiber.join(first), ["2", "3"])
      assert.deepStrictEqual(yield* Fiber.join(second), ["3"])
    })
  )

  it.effect("end at once for a subscriber that comes after the end", () =>
    Effect.gen(function* () {
      const published = new Published()
      yield* published.end()
      assert.deepStrictEqual(yield* idsOf(published), [])
      assert.deepStrictEqual(yield* idsOf(published), [])
    })
  )
})
