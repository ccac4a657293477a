import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { Entity, Plan, PlanSupport, TrackedEvent } from "./index.ts"

describe("the names of files", () => {
  it("are the events', without what a disk does not allow", () => {
    assert.deepStrictEqual(
      [...PlanSupport.fileNames(["Order Placed", "größe/ü", "../../etc", "nul", "  ", "a".repeat(255)]).values()],
      ["Order-Placed", "größe-ü", "etc", "_nul", "_", "a".repeat(80)]
    )
  })

  it("are one for each event, also where case is ignored", () => {
    const names = ["seen", "Seen", "order placed", "order-placed", "Order/Placed"]
    const files = [...PlanSupport.fileNames(names).values()].map((name) => name.toLowerCase())
    assert.strictEqual(new Set(files).size, names.length)
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "grapheme", maxLength: 6 })), (names) => {
        const found = [...PlanSupport.fileNames(names).values()]
        assert.strictEqual(new Set(found.map((name) => name.normalize("NFC").toLowerCase())).size, names.length)
        for (const name of found) assert.match(name, /^[\p{L}\p{N}_-]+$/u)
      })
    )
  })
})

describe("the keys of an event in the order of their columns", () => {
  const Order = Entity.make("Order", {
    key: "id",
    attributes: { id: Schema.Int, total: Schema.Int, status: Schema.String }
  })
  const [event] = Plan.describe(Plan.make(TrackedEvent.make("orderPlaced", { entities: { order: Order } }))).events
  const keys = (settings: PlanSupport.Settings) => PlanSupport.inOrder(event!, settings).map(({ key }) => key)

  it("are those of the definition without a lock", () => {
    assert.deepStrictEqual(keys(PlanSupport.noSettings), ["Order_id", "Order_total", "Order_status"])
  })

  it("are those of the lock, with new keys behind them", () => {
    const places: Readonly<Record<string, number>> = { Order_status: 0, Order_id: 1 }
    const placeOf = (_: string, key: string) => places[key]
    assert.deepStrictEqual(keys({ ...PlanSupport.noSettings, placeOf }), ["Order_status", "Order_id", "Order_total"])
  })
})
