import { Entity } from "../src/index.ts"
import * as attributes from "../../../fixtures/wholesale/attributes.ts"
import * as rows from "../../../fixtures/wholesale/rows.ts"

/** The idea's own example, all rows loaded. */
export const Manufacturer = Entity.make("Manufacturer", { key: "id", attributes: attributes.manufacturer })
export const Product = Entity.make("Product", { key: "id", attributes: attributes.product })
export const Order = Entity.make("Order", { key: "id", attributes: attributes.order })
export const Line = Entity.make("OrderLine", { key: "id", attributes: attributes.orderLine })

export type ManufacturerRow = rows.Manufacturer
export interface ProductRow extends rows.Product {
  readonly manufacturer: ManufacturerRow | null
}
export type OrderRow = rows.Order
export interface LineRow extends rows.OrderLine {
  readonly product: ProductRow
  readonly order: OrderRow
}

export const LoadedProduct = Product.pipe(
  Entity.one(
    "manufacturer",
    Manufacturer,
    (product: { readonly manufacturer: ManufacturerRow | null }) => product.manufacturer
  )
)

export const LoadedLine = Line.pipe(
  Entity.one("product", LoadedProduct, (line: { readonly product: ProductRow }) => line.product),
  Entity.one("order", Order, (line: { readonly order: OrderRow }) => line.order)
)

const { id, name, price, sku } = rows.product
export const manufacturer: ManufacturerRow = rows.manufacturer
export const line: LineRow = {
  id: 1001,
  qty: 3,
  product: { id, name, price, sku, manufacturer },
  order: rows.order
}
export const lineValues = rows.values
