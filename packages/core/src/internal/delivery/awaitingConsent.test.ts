import { assert, describe, it } from "@effect/vitest"
import type { Identify } from "../../Message.ts"
import { MessageShapes } from "../event/messageShape.ts"
import { AwaitingConsent } from "./awaitingConsent.ts"
import { TrackedMessage } from "./trackedMessage.ts"

const messageOf = (messageId: string, ids: { readonly userId?: string; readonly anonymousId?: string }) => {
  const message: Identify = { type: "identify", traits: {}, messageId, timestamp: "2026-01-01", ...ids }
  return new TrackedMessage(
    message,
    { purposes: [], shape: new MessageShapes(undefined).of(message) },
    { consent: new Set(), violations: [] },
    1
  )
}

/** A sink that needs consent to ads. Records the messages it receives, and how often its purposes are read. */
const makeSink = () => {
  const sink = {
    asked: 0,
    taken: [] as Array<string>,
    ended: [] as Array<string>,
    get purposes() {
      sink.asked++
      return ["ads"]
    },
    take: ({ messageId }: TrackedMessage) => void sink.taken.push(messageId),
    end: ({ messageId }: TrackedMessage) => void sink.ended.push(messageId)
  }
  return sink
}

describe("messages that wait for consent", () => {
  it("are looked at by the calls of their own actor only, however many are held", () => {
    const waiting = new AwaitingConsent(100_000)
    const sink = makeSink()
    for (let n = 0; n < 10_000; n++) waiting.add(messageOf(`m${n}`, { userId: `user-${n}` }), sink, "ads")
    waiting.release(["somebody else", undefined], "all")
    assert.strictEqual(sink.asked, 0)
    waiting.release(["user-7"], new Set())
    waiting.release(["user-7"], "all")
    assert.deepStrictEqual([sink.asked, sink.taken], [2, ["m7"]])
  })

  it("go in the order of their calls, under whichever id of the actor", () => {
    const waiting = new AwaitingConsent(10)
    const sink = makeSink()
    const ids = [{ anonymousId: "a" }, { userId: "u" }, { anonymousId: "a" }, { userId: "u", anonymousId: "a" }]
    for (const [n, own] of ids.entries()) waiting.add(messageOf(`m${n}`, own), sink, "ads")
    waiting.release(["u", "a"], "all")
    assert.deepStrictEqual(sink.taken, ["m0", "m1", "m2", "m3"])
  })

  it("end oldest first where too many are held, and all of them at the end", () => {
    const waiting = new AwaitingConsent(2)
    const sink = makeSink()
    for (let n = 0; n < 4; n++) waiting.add(messageOf(`m${n}`, { userId: `user-${n % 2}` }), sink, "ads")
    assert.deepStrictEqual(sink.ended, ["m0", "m1"])
    waiting.end()
    assert.deepStrictEqual(sink.ended, ["m0", "m1", "m2", "m3"])
    waiting.release(["user-0", "user-1"], "all")
    assert.deepStrictEqual(sink.taken, [])
  })
})
