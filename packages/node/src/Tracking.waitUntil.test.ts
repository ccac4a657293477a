import { assert, describe, it } from "vitest"
import { EventSink, Receipt, TrackedEvent, Tracking } from "./index.ts"

const Ping = TrackedEvent.make("ping")

describe("a waitUntil that throws", () => {
  it("loses no event, and is logged", async () => {
    const lines: Array<string> = []
    const got: Array<string> = []
    const sink = EventSink.make({
      name: "vendor",
      send: async (batch) => {
        for (const { messageId } of batch) got.push(messageId)
        return batch.all(Receipt.delivered)
      }
    })
    const tracking = Tracking.make({
      sinks: sink,
      flushAtExit: false,
      log: ({ message }) => void lines.push(message),
      waitUntil: () => {
        throw new Error("the request is over")
      }
    })
    const { messageId } = await tracking.track(Ping, {})
    await tracking.close()
    assert.deepStrictEqual(got, [messageId])
    assert.match(lines.join("\n"), /waitUntil/)
  })
})
