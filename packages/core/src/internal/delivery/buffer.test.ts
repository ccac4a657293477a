import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Track } from "../../Message.ts"
import { written } from "../base/slab.ts"
import { MessageShapes } from "../event/messageShape.ts"
import { MessageBuffer } from "./buffer.ts"
import { PendingMessage } from "./pendingMessage.ts"
import { TrackedMessage } from "./trackedMessage.ts"

const message: Track = { type: "track", event: "ping", properties: {}, messageId: "m", timestamp: "2026-01-01" }
const tracked = new TrackedMessage(
  message,
  { purposes: [], shape: new MessageShapes(undefined).of(message) },
  { consent: "all", violations: [] },
  1
)
const pending = (bytes: number, seq: number) =>
  new PendingMessage(tracked.accepted, written("x".repeat(bytes - 1)), 0, seq)

const make = (
  capacity: number,
  limits: { readonly messages: number; readonly bytes: number },
  whenFull?: "wait" | "refuse" | "dropOldest"
) =>
  new MessageBuffer({ capacity, whenFull }, { ...limits, messageBytes: Number.POSITIVE_INFINITY }, 0, (taken) => taken)

/** Takes batch after batch, without waiting for any to age. */
const takeAll = (buffer: MessageBuffer<ReadonlyArray<PendingMessage>>) => {
  const batches: Array<ReadonlyArray<PendingMessage>> = []
  while (buffer.length > 0) batches.push(Effect.runSync(buffer.batch))
  return batches
}

/** Queues a message for room. Records its sequence number when its caller resumes. */
const offer = (buffer: MessageBuffer<unknown>, seq: number, resumed: Array<number>) =>
  buffer.offer({ message: pending(1, seq), until: 0, resume: () => void resumed.push(seq) })

const seqs = (messages: ReadonlyArray<PendingMessage>) => messages.map(({ seq }) => seq)

describe("a buffer", () => {
  it("gives every message once, in order, in batches within both limits", () => {
    const limits = fc.record({ messages: fc.integer({ min: 1, max: 5 }), bytes: fc.integer({ min: 1, max: 50 }) })
    fc.assert(
      fc.property(limits, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 40 }), (limits, sizes) => {
        const buffer = make(sizes.length + 1, limits)
        for (const [seq, bytes] of sizes.entries()) assert.isUndefined(buffer.push(pending(bytes, seq)))
        const batches = takeAll(buffer)
        assert.deepStrictEqual(seqs(batches.flat()), [...sizes.keys()])
        for (const batch of batches) {
          const bytes = batch.reduce((sum, message) => sum + message.bytes, 0)
          assert.isAtMost(batch.length, limits.messages)
          // A message above the limit is sent alone.
          assert.isTrue(bytes <= limits.bytes || batch.length === 1)
        }
      })
    )
  })

  it("never has more than its capacity, those that are taken included, and lets the others in as they came", () => {
    const steps = fc.array(fc.constantFrom("push", "offer", "take", "record"), { maxLength: 60 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (capacity, steps) => {
        const buffer = make(capacity, { messages: 2, bytes: Number.POSITIVE_INFINITY })
        const [accepted, taken]: Array<Array<number>> = [[], []]
        for (const [seq, step] of steps.entries()) {
          if (step === "push" && buffer.push(pending(1, seq)) === undefined) accepted!.push(seq)
          if (step === "offer") offer(buffer, seq, accepted!)
          if (step === "take" && buffer.length > 0) taken!.push(...seqs(Effect.runSync(buffer.batch)))
          if (step === "record") {
            buffer.taken = 0
            buffer.admit()
          }
          assert.isAtMost(buffer.length + buffer.taken, capacity)
        }
        assert.deepStrictEqual(taken, accepted!.slice(0, taken!.length))
        assert.lengthOf(accepted!, taken!.length + buffer.length)
      })
    )
  })

  it("when full, has a message wait, refuses it, or drops the oldest that is not being sent for it", () => {
    const limits = { messages: 1, bytes: Number.POSITIVE_INFINITY }
    const full = (whenFull?: "wait" | "refuse" | "dropOldest") => {
      const buffer = make(2, limits, whenFull)
      for (const seq of [0, 1]) buffer.push(pending(1, seq))
      const dropped = buffer.push(pending(1, 2))
      return { buffer, dropped: typeof dropped === "object" ? dropped.seq : dropped }
    }
    assert.strictEqual(full().dropped, "wait")
    assert.strictEqual(full("wait").dropped, "wait")
    assert.strictEqual(full("refuse").dropped, 2)
    const { buffer, dropped } = full("dropOldest")
    assert.strictEqual(dropped, 0)
    assert.deepStrictEqual(seqs(takeAll(buffer).flat()), [1, 2])
    const sent = pending(1, 3)
    assert.strictEqual(buffer.push(sent), sent)
  })

  it("lets as many messages wait for room as it holds, and refuses further ones, unless the wait is unlimited", () => {
    const limits = { messages: 1, bytes: Number.POSITIVE_INFINITY, messageBytes: Number.POSITIVE_INFINITY }
    for (const waitWithin of [undefined, 1_000, Number.POSITIVE_INFINITY]) {
      const buffer = new MessageBuffer({ capacity: 2, waitWithin }, limits, 0, (taken) => taken)
      const pushed = [0, 1, 2, 3, 4].map((seq) => {
        const said = buffer.push(pending(1, seq))
        if (said === "wait") offer(buffer, seq, [])
        return typeof said === "object" ? said.seq : said
      })
      const last = waitWithin === Number.POSITIVE_INFINITY ? "wait" : 4
      assert.deepStrictEqual(pushed, [undefined, undefined, "wait", "wait", last])
    }
  })

  it("counts messages up to a number, those that wait for room included", () => {
    const buffer = make(2, { messages: 1, bytes: Number.POSITIVE_INFINITY })
    for (const seq of [1, 2]) buffer.push(pending(1, seq))
    for (const seq of [3, 4]) offer(buffer, seq, [])
    assert.deepStrictEqual(
      [0, 1, 3, 9].map((seq) => buffer.countUpTo(seq)),
      [0, 1, 3, 4]
    )
  })

  it("gives up all that it has when it is drained, what waits for room last, and lets that go on", () => {
    const buffer = make(1, { messages: 10, bytes: Number.POSITIVE_INFINITY })
    const resumed: Array<number> = []
    buffer.push(pending(1, 0))
    const offers = [1, 2, 3].map((seq) => offer(buffer, seq, resumed))
    assert.isTrue(buffer.withdraw(offers[1]!))
    assert.deepStrictEqual(seqs(buffer.drain()), [0, 1, 3])
    assert.deepStrictEqual(resumed, [1, 3])
    assert.isFalse(buffer.withdraw(offers[0]!))
    assert.isUndefined(buffer.first)
  })
})
