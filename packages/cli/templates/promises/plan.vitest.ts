import "@trackmap/testing/vitest"
import { Actor, Tracking } from "@trackmap/node"
import { InMemory } from "@trackmap/testing"
import { expect, it } from "vitest"
import { OrderPlaced, plan } from "./plan.ts"

it("tracks an order that was placed", async () => {
  const memory = InMemory.makeUnsafe()
  const tracking = Tracking.make({ plan, sinks: memory.sink, relations: "fail", validation: "fail" })
  await Actor.run({ userId: "user-1" }, () =>
    tracking.track(OrderPlaced, { order: { id: 357, total: 714328, status: "paid" }, properties: { via: "shop" } })
  )
  await tracking.close()

  expect(memory).toHaveTracked(OrderPlaced, { Order_id: 357, Order_total: 714328, via: "shop" })
})
