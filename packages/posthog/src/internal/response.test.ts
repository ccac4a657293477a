import { assert, it } from "@effect/vitest"
import { EventSink, Message, Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { id } from "../../test/against.ts"
import { interpret } from "./response.ts"

const of = (text: string) => ({ status: 200, headers: {}, text })

it.effect("a response that is plain success needs no messages, and any other does", () =>
  Effect.gen(function* () {
    for (const count of [1, 2, 100]) {
      const results = Object.fromEntries(Array.from({ length: count }, (_, index) => [id(index), { result: "ok" }]))
      const messages = Object.keys(results).map((messageId): Message.Message => ({
        type: "track",
        event: "orderPlaced",
        properties: {},
        messageId,
        timestamp: "2026-01-01T00:00:00.000Z"
      }))
      let batch: EventSink.Batch | undefined
      const keeping = EventSink.make({
        name: "keeping",
        limits: { messages: count },
        send: (given) => Effect.sync(() => (batch = given).all(Receipt.delivered))
      })
      yield* Effect.scoped(EventSink.deliver(keeping, messages))
      let asked = 0
      const watched = new Proxy(batch!, {
        get: (target, key) => {
          if (key === "map") asked++
          const value: unknown = Reflect.get(target, key, target)
          return typeof value === "function" ? value.bind(target) : value
        }
      })
      const read = (text: string) => interpret("events")(of(text), { batch: watched, now: 0, warn: () => {} })
      assert.deepStrictEqual([read(JSON.stringify({ results })), asked], [undefined, 0])
      const delivered = batch!.all(Receipt.delivered)
      assert.deepStrictEqual(read(JSON.stringify({ results }, null, 1)), delivered)
      assert.deepStrictEqual(read(JSON.stringify({ results }).replace("ok", "no")), delivered)
      assert.strictEqual(asked, 2)
    }
  })
)
