import { Entity } from "../src/index.ts"
import * as Schema from "effect/Schema"

/** The idea's own example, all rows loaded. */
export const Manufacturer = Entity.make("Manufacturer", {
  key: "id",
  attributes: { id: Schema.Int, uuid: Schema.String, name: Schema.String, externalID: Schema.String }
})

export const Product = Entity.make("Product", {
  key: "id",
  attributes: { id: Schema.Int, name: Schema.String, price: Schema.Number, sku: Schema.String }
})

export const Order = Entity.make("Order", {
  key: "id",
  attributes: { id: Schema.Int, uuid: Schema.String, total: Schema.Number }
})

export const Line = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })

export interface ManufacturerRow {
  readonly id: number
  readonly uuid: string
  readonly name: string
  readonly externalID: string
}
export interface ProductRow {
  readonly id: number
  readonly name: string
  readonly price: number
  readonly sku: string
  readonly manufacturer: ManufacturerRow | null
}
export interface OrderRow {
  readonly id: number
  readonly uuid: string
  readonly total: number
}
export interface LineRow {
  readonly id: number
  readonly qty: number
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

export const manufacturer: ManufacturerRow = {
  id: 789,
  uuid: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
  name: "Mario Bros Plumbing Supply",
  externalID: "MBroPS"
}
export const line: LineRow = {
  id: 1001,
  qty: 3,
  product: { id: 123, name: "Gold Plated Duck Tape", price: 100000, sku: "gquack", manufacturer },
  order: { id: 357, uuid: "2500b32e-7c1b-11e2-830a-70cd60f2c980", total: 714328 }
}
export const lineValues = {
  OrderLine_id: 1001,
  OrderLine_qty: 3,
  Product_id: 123,
  Product_name: "Gold Plated Duck Tape",
  Product_price: 100000,
  Product_sku: "gquack",
  Order_id: 357,
  Order_uuid: "2500b32e-7c1b-11e2-830a-70cd60f2c980",
  Order_total: 714328,
  Manufacturer_id: 789,
  Manufacturer_uuid: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
  Manufacturer_name: "Mario Bros Plumbing Supply",
  Manufacturer_externalID: "MBroPS"
}
