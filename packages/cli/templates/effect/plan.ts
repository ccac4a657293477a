import { Entity, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"

/** An order. Trackmap reads these attributes from the row that you track, and leaves out its other fields. */
export const Order = Entity.make("Order", {
  key: "id",
  attributes: { id: Schema.Int, total: Schema.Int, status: Schema.Literals(["open", "paid"]) }
})

export const OrderPlaced = TrackedEvent.make("orderPlaced", {
  entities: { order: Order },
  properties: { via: Schema.Literals(["shop", "phone"]) }
}).pipe(TrackedEvent.annotate({ description: "A customer has placed an order" }))

/** All events of this service. */
export const plan = Plan.make(OrderPlaced)
