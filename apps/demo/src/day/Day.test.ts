import { assert, describe, it } from "@effect/vitest"
import { EventSink, Tracker } from "@trackmap/core"
import { InMemory } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Day from "./Day.ts"
import { plan } from "../tracking/plan.ts"
import * as Wholesale from "../Wholesale.ts"

type Messages = ReadonlyArray<Record<string, any>>

const day = Effect.gen(function* () {
  const [all, redacted] = [yield* InMemory.make({ name: "all" }), yield* InMemory.make({ name: "redacted" })]
  const sinks = EventSink.fanOut(all.sink, redacted.sink.pipe(EventSink.redact("drop"), EventSink.recase("Title Case")))
  yield* Day.business.pipe(Effect.provide(Tracker.layer(sinks, { plan })))
  return { all: (yield* all.messages) as Messages, redacted: (yield* redacted.messages) as Messages }
}).pipe(Effect.provide(Wholesale.layer))

const nameOf = ({ event, type }: Record<string, any>): string => event ?? type

const counted = (messages: Messages): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const message of messages) counts[nameOf(message)] = (counts[nameOf(message)] ?? 0) + 1
  return counts
}

describe("a day of business", () => {
  it.live("has all that is planned, alike on every day, and ends with nothing on the way", () =>
    Effect.gen(function* () {
      const [one, again] = yield* Effect.all([day, day], { concurrency: 2 })
      assert.strictEqual((yield* Metric.value(Day.visits)).count, 2 * Day.visitsADay)
      const counts = counted(one.all)
      assert.deepStrictEqual(counted(again.all), counts)
      // Visitors of the shop rename products, but the day does not.
      const planned = Object.keys(plan.events).filter((name) => name !== "productRenamed")
      assert.sameMembers(Object.keys(counts), [...planned, "identify", "group"])
      assert.deepStrictEqual(
        [counts["identify"], counts["group"], counts["orderPlaced"]],
        [Day.visitsADay, Day.visitsADay, Day.visitsADay]
      )
      assert.strictEqual(counts["orderShipped"]! + counts["orderCancelled"]!, Day.visitsADay)
      assert.isAbove(one.all.length, 2_000)
      assert.strictEqual(new Set(one.all.map(({ messageId }) => messageId)).size, one.all.length)
      assert.isTrue(
        one.all.every(({ context, userId }) => userId !== undefined && context.violations === undefined),
        "somebody did it, and nothing was wrong with it"
      )

      const placed = one.all.filter(({ event }) => event === "orderPlaced")
      const rows = (event: string, Order_id: number) =>
        one.all.filter((message) => message["event"] === event && message["properties"].Order_id === Order_id).length
      for (const { properties } of placed.slice(0, 50)) {
        assert.strictEqual(
          properties.Order_lines_count,
          rows("orderLineAdded", properties.Order_id) - rows("orderLineRemoved", properties.Order_id)
        )
      }

      assert.strictEqual(one.redacted.length, one.all.length)
      assert.match(JSON.stringify(one.all), /retail\.example/)
      assert.notMatch(JSON.stringify(one.redacted), /retail\.example|toadtown\.example|Buyer Name/)
      assert.include(Object.keys(counted(one.redacted)), "Order Line Updated")
    })
  )
})
