/** The design's first example as rows, and its event written by hand. Loads no library. */
import {
  type Manufacturer,
  manufacturer,
  type Order,
  order,
  type OrderLine,
  type Product,
  product
} from "../../../../fixtures/wholesale/rows.ts"

export interface Line extends OrderLine {
  readonly product: Product & { readonly manufacturer: Manufacturer }
  readonly order: Order
}

/** A power of two. */
const size = 1024

const { id, name, price, sku } = product
const lines: ReadonlyArray<Line> = Array.from({ length: size }, (_, i) => ({
  id: 1001 + i,
  qty: 3,
  product: { id, name, price, sku, manufacturer: { ...manufacturer } },
  order: { ...order }
}))

/** The row of an event. Rows repeat after `size` events. */
export const lineOf = (index: number): Line => lines[index & (size - 1)]!

/** The properties of the event, as a literal. */
export const propertiesOf = (line: Line) => ({
  action: "orderLineUpdated",
  OrderLine_id: line.id,
  OrderLine_qty: line.qty,
  Product_id: line.product.id,
  Product_name: line.product.name,
  Product_price: line.product.price,
  Product_sku: line.product.sku,
  Order_id: line.order.id,
  Order_uuid: line.order.uuid,
  Order_total: line.order.total,
  Manufacturer_id: line.product.manufacturer.id,
  Manufacturer_uuid: line.product.manufacturer.uuid,
  Manufacturer_name: line.product.manufacturer.name,
  Manufacturer_externalID: line.product.manufacturer.externalID
})

export const event = "orderLineUpdated"
export const userId = "user-1"
