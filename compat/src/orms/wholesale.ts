import { Entity, Loader, type RowError } from "@trackmap/node"
import { z } from "zod"

/** The example's entities without relations, which each library's test adds to suit its rows. */
export const Manufacturer = Entity.make("Manufacturer", {
  key: "id",
  attributes: { id: z.int(), uuid: z.string(), name: z.string(), externalID: z.string() }
})
export const Product = Entity.make("Product", {
  key: "id",
  attributes: { id: z.int(), name: z.string(), price: z.int(), sku: z.string() }
})
export const Order = Entity.make("Order", {
  key: "id",
  attributes: { id: z.int(), uuid: z.string(), total: z.int() }
})
export const Line = Entity.make("OrderLine", { key: "id", attributes: { id: z.int(), qty: z.int() } })

type Product = Entity.Row<typeof Product>
type Manufacturer = Entity.Row<typeof Manufacturer>
type Order = Entity.Row<typeof Order>

/** The entity for rows that contain their related rows, which most ORMs can return. */
export const OrderLine = Line.pipe(
  Entity.one(
    "product",
    Product.pipe(Entity.one("manufacturer", Manufacturer, (row: { manufacturer: Manufacturer }) => row.manufacturer)),
    (row: { product: Product & { manufacturer: Manufacturer } }) => row.product
  ),
  Entity.one("order", Order, (row: { order: Order }) => row.order)
)

/** The columns of an order line. */
export interface LineRow {
  readonly id: number
  readonly qty: number
  readonly productId: number
  readonly orderId: number
}

type ById<Row> = Loader.Loader<number, Row, undefined, RowError.ResolveFailed>

/** The entity for rows that contain the ids of their related rows, which these loaders load. */
export const loadedLine = (loaders: {
  readonly manufacturers: ById<Manufacturer>
  readonly products: ById<Product & { readonly manufacturerId: number }>
  readonly orders: ById<Order>
}) =>
  Line.pipe(
    Entity.one(
      "product",
      Product.pipe(
        Entity.one(
          "manufacturer",
          Manufacturer,
          Loader.at(loaders.manufacturers, (row: { manufacturerId: number }) => row.manufacturerId)
        )
      ),
      Loader.at(loaders.products, (row: { productId: number }) => row.productId)
    ),
    Entity.one(
      "order",
      Order,
      Loader.at(loaders.orders, (row: { orderId: number }) => row.orderId)
    )
  )
