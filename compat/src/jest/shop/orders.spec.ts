import { Tracking } from "@trackmap/node"
import { InMemory } from "@trackmap/testing"
import { OrderLineUpdated, OrderPlaced, ordersOf, plan } from "./orders"

const qty = Number(process.env["EXPECTED_QTY"] ?? "5")

describe("orders", () => {
  it("track a line whose quantity changes", async () => {
    const memory = InMemory.makeUnsafe()
    const tracking = Tracking.make({ plan, sinks: memory.sink, relations: "fail", validation: "fail" })
    await ordersOf(tracking).changeQty(1001, 5)
    await tracking.close()
    expect(memory).toHaveTrackedTimes(OrderLineUpdated, 1)
    expect(memory).toHaveTracked(OrderLineUpdated, {
      OrderLine_id: expect.any(Number),
      OrderLine_qty: qty,
      Product_sku: "gquack"
    })
    expect(memory).not.toHaveTracked(OrderPlaced)
  })

  it("say who signs in", async () => {
    const memory = InMemory.makeUnsafe()
    const tracking = Tracking.make({ plan, sinks: memory.sink })
    await ordersOf(tracking).signIn("u-1", "c-1")
    await tracking.close()
    expect(memory).toHaveIdentified("u-1", { plan: "pro" })
    expect(memory).toHaveGrouped("c-1", { industry: "plumbing" })
  })
})

/** The types are found: an event has no other keys and no other types. */
export const wrong = (memory: ReturnType<typeof InMemory.makeUnsafe>): void => {
  // @ts-expect-error: it has no such key.
  expect(memory).toHaveTracked(OrderLineUpdated, { OrderLine_quantity: 5 })
  // @ts-expect-error: its quantity is a number.
  expect(memory).toHaveTracked(OrderLineUpdated, { OrderLine_qty: "5" })
}
