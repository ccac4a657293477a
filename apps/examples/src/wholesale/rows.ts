import * as example from "../../../../fixtures/wholesale/rows.ts"

export type Manufacturer = example.Manufacturer
export interface Product extends example.Product {
  readonly manufacturerId: number
}
export interface Order extends example.Order {
  readonly status: "open" | "placed"
}
export interface OrderLine extends example.OrderLine {
  readonly productId: number
  readonly orderId: number
}

/** What there is at first. */
export const seed = {
  manufacturers: [example.manufacturer],
  products: [example.product],
  orders: [{ ...example.order, status: "open" }],
  orderLines: [example.orderLine, { id: 1002, qty: 12, productId: 123, orderId: 357 }]
} satisfies {
  manufacturers: ReadonlyArray<Manufacturer>
  products: ReadonlyArray<Product>
  orders: ReadonlyArray<Order>
  orderLines: ReadonlyArray<OrderLine>
}

type Load<Row> = (ids: ReadonlyArray<number>, options: { readonly signal: AbortSignal }) => Promise<ReadonlyArray<Row>>

/** What tracking reads, wherever the rows are: those of many ids in one call. */
export interface Rows {
  readonly manufacturers: Load<Manufacturer>
  readonly products: Load<Product>
  readonly orders: Load<Order>
  readonly linesOfOrders: Load<OrderLine>
}
