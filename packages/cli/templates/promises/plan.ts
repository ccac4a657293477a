import { Entity, Plan, TrackedEvent } from "@trackmap/node"
import { z } from "zod"

/** An order. Trackmap reads these attributes from the row that you track, and leaves out its other fields. */
export const Order = Entity.make("Order", {
  key: "id",
  attributes: { id: z.int(), total: z.int(), status: z.enum(["open", "paid"]) }
})

export const OrderPlaced = TrackedEvent.make("orderPlaced", {
  entities: { order: Order },
  properties: { via: z.enum(["shop", "phone"]) }
}).pipe(TrackedEvent.annotate({ description: "A customer has placed an order" }))

/** All events of this service. */
export const plan = Plan.make(OrderPlaced)
