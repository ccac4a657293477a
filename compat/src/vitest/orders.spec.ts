import "@trackmap/testing/vitest"
import { Tracking } from "@trackmap/node"
import { InMemory } from "@trackmap/testing"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { ordersOf, shop } from "./orders.ts"

const qty = Number(process.env["EXPECTED_QTY"] ?? "5")

describe("orders", () => {
  const memory = InMemory.makeUnsafe()
  let tracking: Tracking.Tracking
  beforeEach(() => {
    tracking = Tracking.make({ plan: shop.plan, sinks: memory.sink, relations: "fail", validation: "fail" })
  })
  afterEach(() => vi.useRealTimers())

  it("track a line whose quantity changes", async () => {
    await ordersOf(tracking).changeQty(1001, 5)
    await ordersOf(tracking).changeQty(1, 5)
    await tracking.close()
    expect(memory).toHaveTrackedTimes(shop.OrderLineUpdated, 1)
    expect(memory).toHaveTracked(shop.OrderLineUpdated, {
      OrderLine_qty: qty,
      OrderLine_qty_before: expect.any(Number),
      Manufacturer_name: "Mario Bros Plumbing Supply"
    })
    expect(memory).not.toHaveTracked(shop.OrderPlaced)
  })

  it("say who signs in, under fake timers", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] })
    await ordersOf(tracking).signIn("u-1", "c-1")
    await tracking.close()
    expect(memory).toHaveIdentified("u-1", { plan: "pro" })
    expect(memory).toHaveGrouped("c-1", { industry: "plumbing" })
  })
})
