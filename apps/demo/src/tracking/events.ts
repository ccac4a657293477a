import { Entity, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { Buyer, FilledOrder, OrderLine, PlacedOrder, Product } from "./map.ts"

export const OrderLineAdded = TrackedEvent.make("orderLineAdded", { entities: { orderLine: OrderLine } }).pipe(
  TrackedEvent.annotate({ description: "A buyer put a product into an open order", owner: "sales" })
)

export const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { orderLine: Entity.changed(OrderLine) }
}).pipe(
  TrackedEvent.annotate({ description: "A buyer changed the quantity of a line of an open order", owner: "sales" })
)

export const OrderLineRemoved = TrackedEvent.make("orderLineRemoved", { entities: { orderLine: OrderLine } }).pipe(
  TrackedEvent.annotate({ description: "A buyer took a product out of an open order", owner: "sales" })
)

export const OrderPlaced = TrackedEvent.make("orderPlaced", {
  entities: { order: Entity.changed(FilledOrder), buyer: Buyer }
}).pipe(
  TrackedEvent.annotate({ description: "A buyer placed an order, which can no longer be changed", owner: "sales" })
)

export const OrderShipped = TrackedEvent.make("orderShipped", {
  entities: { order: Entity.changed(PlacedOrder) }
}).pipe(TrackedEvent.annotate({ description: "The warehouse shipped an order", owner: "sales" }))

export const CancelReason = Schema.Literals(["too expensive", "too late", "by mistake"])

export const OrderCancelled = TrackedEvent.make("orderCancelled", {
  entities: { order: Entity.changed(PlacedOrder) },
  properties: { reason: CancelReason }
}).pipe(TrackedEvent.annotate({ description: "A buyer cancelled an order that was not shipped", owner: "sales" }))

export const ProductRepriced = TrackedEvent.make("productRepriced", {
  entities: { product: Entity.changed(Product) }
}).pipe(
  TrackedEvent.annotate({ description: "A product has a new price, by hand or from a price list", owner: "catalogue" })
)

export const ProductRenamed = TrackedEvent.make("productRenamed", {
  entities: { product: Entity.changed(Product) }
}).pipe(TrackedEvent.annotate({ description: "A product has a new name", owner: "catalogue" }))
