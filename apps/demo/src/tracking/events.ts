import { Entity, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { Buyer, FilledOrder, OrderLine, PlacedOrder, Product } from "./map.ts"

export const OrderLineAdded = TrackedEvent.make("orderLineAdded", { entities: { orderLine: OrderLine } })

export const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { orderLine: Entity.changed(OrderLine) }
})

export const OrderLineRemoved = TrackedEvent.make("orderLineRemoved", { entities: { orderLine: OrderLine } })

export const OrderPlaced = TrackedEvent.make("orderPlaced", {
  entities: { order: Entity.changed(FilledOrder), buyer: Buyer }
})

export const OrderShipped = TrackedEvent.make("orderShipped", { entities: { order: Entity.changed(PlacedOrder) } })

export const CancelReason = Schema.Literals(["too expensive", "too late", "by mistake"])

export const OrderCancelled = TrackedEvent.make("orderCancelled", {
  entities: { order: Entity.changed(PlacedOrder) },
  properties: { reason: CancelReason }
})

export const ProductRepriced = TrackedEvent.make("productRepriced", { entities: { product: Entity.changed(Product) } })

export const ProductRenamed = TrackedEvent.make("productRenamed", { entities: { product: Entity.changed(Product) } })
