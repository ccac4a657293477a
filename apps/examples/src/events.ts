import { Aggregate, Entity, Loader, Plan, type RowError, TrackedEvent } from "@trackmap/node"
import { z } from "zod"
import type {
  Order,
  OrderLine as OrderLineColumns,
  Manufacturer as ManufacturerRow,
  Product as ProductRow
} from "../../../fixtures/wholesale/rows.ts"

/** A row of `orderLines`. */
export interface LineRow extends OrderLineColumns {
  readonly productId: number
  readonly orderId: number
}

type ByKey<Row> = Loader.Loader<number, Row, undefined, RowError.ResolveFailed>

/** The rows that the events need, from whatever database. */
export interface Loaders {
  readonly manufacturers: ByKey<ManufacturerRow>
  readonly products: ByKey<ProductRow & { readonly manufacturerId: number }>
  readonly orders: ByKey<Order>
  readonly linesOfOrder: Loader.Loader<number, ReadonlyArray<LineRow>, never, RowError.ResolveFailed>
}

export const Manufacturer = Entity.make("Manufacturer", {
  key: "id",
  attributes: { id: z.int(), uuid: z.string(), name: z.string(), externalID: z.string() }
})

export const Line = Entity.make("OrderLine", { key: "id", attributes: { id: z.int(), qty: z.int() } })

/** An order line, its product, and the product's manufacturer. */
export const productLineOf = ({ manufacturers, products }: Pick<Loaders, "manufacturers" | "products">) => {
  const Product = Entity.make("Product", {
    key: "id",
    attributes: { id: z.int(), name: z.string(), price: z.int(), sku: z.string() }
  }).pipe(
    Entity.one(
      "manufacturer",
      Manufacturer,
      Loader.at(manufacturers, (row: { readonly manufacturerId: number }) => row.manufacturerId)
    )
  )
  return Line.pipe(
    Entity.one(
      "product",
      Product,
      Loader.at(products, (row: { readonly productId: number }) => row.productId)
    )
  )
}

/** The events of the wholesale company. */
export const eventsOf = (loaders: Loaders) => {
  const Order = Entity.make("Order", { key: "uuid", attributes: { id: z.int(), uuid: z.string(), total: z.int() } })

  const OrderLine = productLineOf(loaders).pipe(
    Entity.one(
      "order",
      Order,
      Loader.at(loaders.orders, (row: { orderId: number }) => row.orderId)
    )
  )
  const FilledOrder = Order.pipe(
    Entity.many(
      "lines",
      Line,
      Loader.at(loaders.linesOfOrder, (order: { id: number }) => order.id),
      Aggregate.list({ max: 10 }),
      Aggregate.count,
      Aggregate.sum("qty")
    )
  )

  const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
    entities: { orderLine: OrderLine },
    properties: { action: z.literal("orderLineUpdated") }
  })
  const OrderPlaced = TrackedEvent.make("orderPlaced", { entities: { order: FilledOrder } })
  return { OrderLine, FilledOrder, OrderLineUpdated, OrderPlaced, plan: Plan.make(OrderLineUpdated, OrderPlaced) }
}
