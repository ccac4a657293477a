import { assert, describe, it } from "@effect/vitest"
import { EventSink, type Message, type Observer, Plan, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { dialect } from "../test/dialect.ts"
import { Layout, Observed } from "./index.ts"

const Paid = TrackedEvent.make("Order Paid", {
  properties: {
    qty: Schema.Int,
    at: Schema.Date,
    tags: Schema.Array(Schema.String),
    note: Schema.NullOr(Schema.String)
  }
})
const paid: Message.Track = {
  type: "track",
  event: "Order Paid",
  properties: { qty: 2.5, at: "2026-01-01T01:00:00+01:00", tags: ["a"], note: null },
  userId: "u1",
  context: { ip: "203.0.113.7" },
  messageId: "m1",
  timestamp: "2026-01-01T00:00:00.000Z"
}
const engine = { ...dialect, encode: { ...dialect.encode, timestamp: () => 0n } }
const observed = (options: Layout.Options = {}) =>
  Observed.make(engine, options, () =>
    Effect.succeed((batch: EventSink.Batch) => Effect.succeed(batch.all(Receipt.delivered)))
  )

describe("the records that observers see", () => {
  it.effect("are the rows of a message in their tables, as JSON, whatever the engine's values are", () =>
    Effect.gen(function* () {
      const { open, records } = observed({ tables: { "Order Paid": "paid" }, columns: { qty: "quantity" } })
      assert.deepStrictEqual(records(paid), [])
      yield* open(Plan.make(Paid))
      const own = { message_id: "m1", timestamp: "2026-01-01T00:00:00.000Z" }
      assert.deepStrictEqual(records(paid), [
        {
          to: "table paid",
          record: { ...own, user_id: "u1", context: { ip: "203.0.113.7" }, at: paid.properties["at"]!, tags: ["a"] }
        },
        {
          to: "table misfits",
          record: {
            ...own,
            type: "track",
            event: "Order Paid",
            key: "qty",
            value: "2.5",
            reason: "expected an integer, got a fraction"
          }
        }
      ])
      assert.deepStrictEqual(records({ ...paid, messageId: "" }), [])
    })
  )

  it.effect("are those of a tracker's sink", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const sink = EventSink.make({ name: "warehouse", ...observed() })
        const tracker = yield* Tracker.make(sink, { plan: Plan.make(Paid) })
        const attempts: Array<Observer.Attempt> = []
        yield* tracker.observe({
          observe: () => ({
            resolved: () => {},
            tracked: () => {},
            sent: (attempt) => void attempts.push(attempt),
            received: () => {}
          })
        })
        yield* tracker.track(Paid, { properties: { qty: 3, at: new Date(0), tags: [], note: "now" } })
        yield* tracker.flush
        const [record] = yield* attempts[0]!.records
        assert.strictEqual(record!.to, "table order_paid")
        assert.deepInclude(record!.record as object, { qty: 3, note: "now" })
      })
    )
  )

  it.effect("do not open a sink whose names collide", () =>
    Effect.gen(function* () {
      const { open } = observed({ tables: { unknown: "x" } })
      assert.include((yield* Effect.flip(open(Plan.make(Paid)))).reason, 'the option tables names "unknown"')
    })
  )
})
