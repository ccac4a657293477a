import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { LossLog } from "./lossLog.ts"

const track = (event: string): Message => ({
  type: "track",
  event,
  properties: {},
  messageId: "m",
  timestamp: "2026-01-01"
})
const identify: Message = { type: "identify", traits: {}, messageId: "m", timestamp: "2026-01-01" }

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

const lostOf = (
  log: LossLog,
  now: number,
  lost: ReadonlyArray<readonly [message: Message, outcome: Receipt.Outcome]>
): string | undefined =>
  lineOf(
    log.add(
      lost.map(([, outcome]) => receipt(outcome)),
      (index) => lost[index]![0],
      now
    )
  )

const lost = (log: LossLog, now: number, ...outcomes: ReadonlyArray<Receipt.Outcome>): string | undefined =>
  lostOf(
    log,
    now,
    outcomes.map((outcome) => [track("ping"), outcome] as const)
  )

describe("the log of losses", () => {
  it("is silent about what was delivered or skipped", () => {
    const log = new LossLog("memory")
    assert.isUndefined(lost(log, 0, Receipt.delivered, Receipt.skipped("filtered")))
    assert.isUndefined(lineOf(log.flush()))
  })

  it("counts the losses by reason and by event, the most frequent first", () => {
    const log = new LossLog("segment")
    const [full, down] = [Receipt.dropped("the buffer is full"), Receipt.expired("it answers 503")]
    const line = lostOf(log, 0, [
      [track("orderPlaced"), down],
      [identify, full],
      [track("orderPlaced"), Receipt.delivered],
      [track("orderPlaced"), full]
    ])
    assert.strictEqual(
      line,
      "segment: 3 messages were lost (2 dropped: the buffer is full; 1 expired: it answers 503): 2 orderPlaced, 1 identify"
    )
  })

  it("names a few reasons and events, and counts the others together", () => {
    const log = new LossLog("segment")
    const all = Array.from({ length: 100 }, (_, n) => [track(`event${n}`), Receipt.rejected(`bad ${n}`)] as const)
    assert.strictEqual(
      lostOf(log, 0, [...all, all[0]!]),
      "segment: 101 messages were lost (2 rejected: bad 0; 1 rejected: bad 1; 1 rejected: bad 2; 97 more): 2 event0, 1 event1, 1 event2, 1 event3, 1 event4, 95 more"
    )
  })

  it("stays on one line, whatever a vendor says", () => {
    const log = new LossLog("memory")
    const line = lost(log, 0, Receipt.rejected("bad\r\ntrackmap: all is well\u001b[2J"))
    assert.strictEqual(line, "memory: a message was lost (rejected: bad trackmap: all is well [2J): ping")
  })

  it("has at most one line a second, and the next tells of all since, whichever way the clock is set", () => {
    const log = new LossLog("memory")
    const full = Receipt.dropped("full")
    assert.strictEqual(lost(log, 5_000, full), "memory: a message was lost (dropped: full): ping")
    assert.isUndefined(lost(log, 5_999, full))
    assert.isUndefined(lost(log, 4_001, full))
    assert.strictEqual(lost(log, 6_000, full), "memory: 3 messages were lost (dropped: full): ping")
    assert.strictEqual(lost(log, 1_000, full), "memory: a message was lost (dropped: full): ping")
  })

  it("tells what no line has told yet when it is flushed, once", () => {
    const log = new LossLog("memory")
    const full = Receipt.dropped("full")
    lost(log, 0, full)
    lost(log, 1, full, full)
    assert.strictEqual(lineOf(log.flush()), "memory: 2 messages were lost (dropped: full): ping")
    assert.isUndefined(lineOf(log.flush()))
  })
})
