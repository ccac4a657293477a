import { assert, describe, it } from "@effect/vitest"
import { EventSink, Receipt, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { report } from "./report.ts"
import * as Tally from "./Tally.ts"

const sinkOf = (name: string, outcome: Receipt.Outcome) =>
  EventSink.make({ name, send: (batch) => Effect.succeed(batch.map(() => outcome)) })

/** A tally of messages tracked into two sinks, of which the second rejects them. */
const tallied = (count: number) =>
  Effect.gen(function* () {
    const tally = Tally.make()
    const sinks = EventSink.fanOut(
      sinkOf("good", Receipt.delivered).pipe(EventSink.filter(({ type }) => type === "identify")),
      sinkOf("bad", Receipt.rejected("no"))
    )
    const { metrics } = yield* Effect.gen(function* () {
      for (let i = 0; i < count; i++) yield* Tracker.identify({})
      yield* Tracker.group("g")
      yield* Tracker.flush
      return yield* Tracker.Tracker
    }).pipe(Effect.provide(Tracker.layer(tally.watch(sinks))))
    return { tally, metrics: yield* metrics }
  })

describe("the report", () => {
  it.live("has a row for each sink, and says that all is accounted for", () =>
    Effect.gen(function* () {
      const { metrics, tally } = yield* tallied(1_233)
      const lines = report(tally, metrics).split("\n")
      assert.strictEqual(lines[0], "1,234 events of a business day")
      assert.match(lines[2]!, /^sink +delivered +skipped +rejected +expired +dropped +retried +bytes +p50 +p99$/)
      assert.match(lines[3]!, /^good +1,233 +1 +0 +0 +0 +0 +[\d,]+ +[\d,]+ ms +[\d,]+ ms$/)
      assert.match(lines[4]!, /^bad +0 +0 +1,234 +0 +0 +0$/)
      assert.strictEqual(
        lines.at(-1),
        "Every event has one receipt from every sink: 1,234 events × 2 sinks = 2,468 receipts."
      )
    })
  )

  it.live("counts messages without exactly one receipt from every sink", () =>
    Effect.gen(function* () {
      const { metrics, tally } = yield* tallied(3)
      const [first, second] = tally.messages
      const { receipts } = tally.sheets.get("good")!
      receipts.delete(first!)
      receipts.set(second!, 2)
      assert.strictEqual(
        report(tally, metrics).split("\n").at(-1),
        "2 messages lack a receipt, or have two from one sink."
      )
    })
  )
})

describe("a percentile", () => {
  it("is the value that a share of the numbers does not exceed", () => {
    const numbers = Array.from({ length: 200 }, (_, index) => 200 - index)
    assert.deepStrictEqual(
      [0, 0.5, 0.99, 1].map((share) => Tally.percentile(numbers, share)),
      [1, 100, 198, 200]
    )
    assert.strictEqual(Tally.percentile([], 0.5), undefined)
  })
})
