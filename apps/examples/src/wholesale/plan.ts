import { Aggregate, Entity, Loader, Plan, TrackedEvent } from "@trackmap/node"
import { z } from "zod"
import { Line, productLineOf } from "../events.ts"
import type { Rows } from "./rows.ts"

/**
 * The events of a wholesale company, and the loaders of their rows. Events that are tracked at the same time share loader calls, unless
 * `apart` separates them.
 */
export const planOf = (rows: Rows, apart: () => unknown = () => undefined) => {
  const manufacturers = Loader.byKey({ load: rows.manufacturers, keyOf: (row) => row.id }).pipe(Loader.groupedBy(apart))
  const products = Loader.byKey({ load: rows.products, keyOf: (row) => row.id }).pipe(Loader.groupedBy(apart))
  const orders = Loader.byKey({ load: rows.orders, keyOf: (row) => row.id }).pipe(Loader.groupedBy(apart))
  const linesOfOrder = Loader.byForeignKey({ load: rows.linesOfOrders, keyOf: (row) => row.orderId }).pipe(
    Loader.groupedBy(apart)
  )

  const Order = Entity.make("Order", {
    key: "id",
    attributes: { id: z.int(), uuid: z.string(), total: z.int(), status: z.enum(["open", "placed"]) }
  })
  const OrderLine = productLineOf({ manufacturers, products }).pipe(
    Entity.one(
      "order",
      Order,
      Loader.at(orders, (line: { readonly orderId: number }) => line.orderId)
    )
  )
  const FilledOrder = Order.pipe(
    Entity.many(
      "lines",
      Line,
      Loader.at(linesOfOrder, (order: { readonly id: number }) => order.id),
      Aggregate.count,
      Aggregate.sum("qty")
    )
  )

  const OrderLineViewed = TrackedEvent.make("orderLineViewed", { entities: { orderLine: OrderLine } })
  const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: Entity.changed(OrderLine) } })
  const OrderPlaced = TrackedEvent.make("orderPlaced", {
    entities: { order: Entity.changed(FilledOrder) },
    properties: { paidBy: z.enum(["invoice", "card"]) }
  })
  return {
    OrderLineViewed,
    OrderLineUpdated,
    OrderPlaced,
    plan: Plan.make(OrderLineViewed, OrderLineUpdated, OrderPlaced)
  }
}
