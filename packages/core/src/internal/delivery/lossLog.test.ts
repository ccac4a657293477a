import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Receipt from "../../Receipt.ts"
import { LossLog } from "./lossLog.ts"

const receipt = (outcome: Receipt.Outcome): Receipt.Receipt => ({
  messageId: "m",
  sink: "memory",
  outcome,
  attempts: 1,
  at: 0
})

/** The line that an effect logs. */
const lineOf = (line: Effect.Effect<void> | undefined): string | undefined => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  if (line !== undefined) Effect.runSync(Effect.provide(line, Logger.layer([logger])))
  return lines[0]
}

const lost = (log: LossLog, now: number, ...outcomes: ReadonlyArray<Receipt.Outcome>): string | undefined =>
  lineOf(log.add(outcomes.map(receipt), now))

describe("the log of losses", () => {
  it("is silent about what was delivered or skipped", () => {
    const log = new LossLog("memory")
    assert.isUndefined(lost(log, 0, Receipt.delivered, Receipt.skipped("filtered")))
    assert.isUndefined(lineOf(log.flush()))
  })

  it("counts the losses, with the kind and the reason of the last", () => {
    const log = new LossLog("memory")
    const line = lost(log, 0, Receipt.rejected("bad"), Receipt.delivered, Receipt.expired("down"))
    assert.strictEqual(line, "memory: 2 messages were lost (expired: down)")
  })

  it("has at most one line a second, and the next tells of all since, whichever way the clock is set", () => {
    const log = new LossLog("memory")
    const full = Receipt.dropped("full")
    assert.strictEqual(lost(log, 5_000, full), "memory: a message was lost (dropped: full)")
    assert.isUndefined(lost(log, 5_999, full))
    assert.isUndefined(lost(log, 4_001, full))
    assert.strictEqual(lost(log, 6_000, full), "memory: 3 messages were lost (dropped: full)")
    assert.strictEqual(lost(log, 1_000, full), "memory: a message was lost (dropped: full)")
  })

  it("tells what no line has told yet when it is flushed, once", () => {
    const log = new LossLog("memory")
    const full = Receipt.dropped("full")
    lost(log, 0, full)
    lost(log, 1, full, full)
    assert.strictEqual(lineOf(log.flush()), "memory: 2 messages were lost (dropped: full)")
    assert.isUndefined(lineOf(log.flush()))
  })
})
