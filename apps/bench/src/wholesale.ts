/** The idea's own example: a line, its product, the product's manufacturer and the line's order. */
import { Entity } from "@trackmap/core"
import * as Schema from "effect/Schema"

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
}
export interface OrderRow {
  readonly id: number
  readonly uuid: string
  readonly total: number
}
export interface LineRow {
  readonly id: number
  readonly qty: number
}

export const Manufacturer = Entity.make("Manufacturer", {
  key: "id",
  attributes: { id: Schema.Int, uuid: Schema.String, name: Schema.String, externalID: Schema.String }
})
export const Product = Entity.make("Product", {
  key: "id",
  attributes: { id: Schema.Int, name: Schema.String, price: Schema.Finite, sku: Schema.String }
})
export const Order = Entity.make("Order", {
  key: "id",
  attributes: { id: Schema.Int, uuid: Schema.String, total: Schema.Finite }
})
export const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })

export const manufacturer = (id: number): ManufacturerRow => ({
  id,
  uuid: `f81d4fae-7dec-11d0-a765-${id.toString(16).padStart(12, "0")}`,
  name: `Mario Bros Plumbing Supply ${id}`,
  externalID: `MBroPS${id}`
})
export const product = (id: number): ProductRow => ({
  id,
  name: `Gold Plated Duck Tape ${id}`,
  price: 100000 + id,
  sku: `gquack${id}`
})
export const order = (id: number): OrderRow => ({
  id,
  uuid: `2500b32e-7c1b-11e2-830a-${id.toString(16).padStart(12, "0")}`,
  total: 714328 + id
})
