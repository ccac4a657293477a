import "@trackmap/testing/vitest"
import { Actor, Tracker } from "@trackmap/core"
import { InMemory } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import { OrderPlaced, plan } from "./plan.ts"

it("tracks an order that was placed", async () => {
  const memory = InMemory.makeUnsafe()
  const TrackingTest = Tracker.layer(memory.sink, { plan, relations: "fail", validation: "fail" })
  const order = { id: 357, total: 714328, status: "paid" as const }
  const program = Tracker.track(OrderPlaced, { order, properties: { via: "shop" } })
  await Effect.runPromise(program.pipe(Actor.as({ userId: "user-1" }), Effect.provide(TrackingTest)))

  expect(memory).toHaveTracked(OrderPlaced, { Order_id: 357, Order_total: 714328, via: "shop" })
})
