import { EventSink, type Message } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as assert from "../suite/assert.ts"
import type { Suite } from "../suite/runner.ts"
import { calls, message, messages } from "./messages.ts"
import type { Options } from "./model.ts"

/** Tests a sink without a tracker: each test passes it all messages at once. */
export const alone = <R>(name: string, { describe, it }: Suite, { layer, make, many = 250 }: Options<R>): void => {
  /** Passes messages to a new subject. */
  const give = (given: ReadonlyArray<Message.Message>) =>
    Effect.gen(function* () {
      const { received, sink } = yield* make
      const receipts = yield* Effect.orDie(EventSink.deliver(sink, given))
      assert.receipts(sink.names, given, receipts)
      return { receipts, arrived: yield* received }
    }).pipe(Effect.scoped, Effect.provide(layer), Effect.runPromise)

  describe(`${name}, without a tracker`, () => {
    it("returns one receipt per message, in order, and has delivered what its receipts claim", async () => {
      const { arrived, receipts } = await give(messages(many))
      assert.areAll(receipts, "Delivered")
      assert.arrivedOnce(receipts, arrived)
    })

    it("sends nothing for an empty batch", async () => {
      assert.nothingArrived((await give([])).arrived)
    })

    it("returns a receipt for each of the six calls", async () => {
      assert.areAll((await give(calls())).receipts, "Delivered", "Rejected", "Skipped")
    })

    it("keeps the id of a message that it receives twice", async () => {
      const twice = message(1)
      const { arrived, receipts } = await give([twice, twice])
      assert.haveArrived(receipts, arrived)
      const others = arrived.filter((id) => id !== twice.messageId)
      assert.none(others, `Messages arrived whose id is not ${twice.messageId}`)
      if (arrived.length === 0) assert.none(receipts.map(assert.told), "The message did not arrive")
    })

    it("returns a receipt for any JSON and any text, and messages that it delivers arrive", async () => {
      const anything = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" }), {
        maxKeys: 5
      })
      await fc.assert(
        fc.asyncProperty(fc.array(anything, { maxLength: 10 }), async (values) => {
          const given = values.map((properties, index) => message(index, properties as Message.Track["properties"]))
          const { arrived, receipts } = await give(given)
          assert.areAll(receipts, "Delivered", "Rejected", "Skipped")
          assert.haveArrived(receipts, arrived)
        }),
        { numRuns: 50, includeErrorInReport: true }
      )
    })
  })
}
