/** The design's first example: a line, its product, the product's manufacturer and the line's order. */
import { Entity } from "@trackmap/core"
import * as attributes from "../../../fixtures/wholesale/attributes.ts"
import * as rows from "../../../fixtures/wholesale/rows.ts"

export type ManufacturerRow = rows.Manufacturer
export type ProductRow = rows.Product
export type OrderRow = rows.Order
export type LineRow = rows.OrderLine

export const Manufacturer = Entity.make("Manufacturer", { key: "id", attributes: attributes.manufacturer })
export const Product = Entity.make("Product", { key: "id", attributes: attributes.product })
export const Order = Entity.make("Order", { key: "id", attributes: attributes.order })
export const OrderLine = Entity.make("OrderLine", { key: "id", attributes: attributes.orderLine })

/** Rows like the example's, one for each id. */
export const manufacturer = (id: number): ManufacturerRow => ({
  id,
  uuid: `f81d4fae-7dec-11d0-a765-${id.toString(16).padStart(12, "0")}`,
  name: `${rows.manufacturer.name} ${id}`,
  externalID: `${rows.manufacturer.externalID}${id}`
})
export const product = (id: number): ProductRow => ({
  id,
  name: `${rows.product.name} ${id}`,
  price: rows.product.price + id,
  sku: `${rows.product.sku}${id}`
})
export const order = (id: number): OrderRow => ({
  id,
  uuid: `2500b32e-7c1b-11e2-830a-${id.toString(16).padStart(12, "0")}`,
  total: rows.order.total + id
})
