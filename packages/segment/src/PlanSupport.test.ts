import { Entity, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { support } from "./PlanSupport.ts"

/** What each rule says of a plan. */
const said = (plan: Plan.Plan) =>
  support.rules.flatMap(({ find, name }) =>
    find(Plan.describe(plan)).map(
      ({ event, key, what }) => `${name}: ${event}${key === undefined ? "" : ` ${key}`}: ${what}`
    )
  )

describe("segment-limits", () => {
  it("finds an event with more properties than Segment keeps", () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, Schema.Int]))
    const planOf = (count: number) => Plan.make(TrackedEvent.make("orderPlaced", { properties: fields(count) }))
    assert.isEmpty(said(planOf(10_000)))
    assert.deepStrictEqual(said(planOf(10_001)), [
      "segment-limits: orderPlaced: it has 10001 keys, and Segment takes 10000"
    ])
  })
})

describe("segment-reserved", () => {
  it("finds properties and traits that Segment's warehouses discard", () => {
    const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, receivedAt: Schema.Date } })
    const properties = { userId: Schema.String, user: Schema.String }
    const plan = Plan.make(TrackedEvent.make("orderPlaced", { entities: { order: Order }, properties })).pipe(
      Plan.calls({ identify: { timestamp: Schema.Date } })
    )
    const what = (column: string) => `Segment's warehouses discard it, since they have a column ${column} of their own`
    assert.deepStrictEqual(said(plan), [
      `segment-reserved: orderPlaced userId: ${what("user_id")}`,
      `segment-reserved: identify timestamp: ${what("timestamp")}`
    ])
  })
})
