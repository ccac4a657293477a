export interface Manufacturer {
  readonly id: number
  readonly uuid: string
  readonly name: string
  readonly externalID: string
}
export interface Product {
  readonly id: number
  readonly name: string
  readonly price: number
  readonly sku: string
  readonly manufacturerId: number
}
export interface Order {
  readonly id: number
  readonly uuid: string
  readonly total: number
  readonly status: "open" | "placed"
}
export interface OrderLine {
  readonly id: number
  readonly qty: number
  readonly productId: number
  readonly orderId: number
}

/** What there is at first. */
export const seed = {
  manufacturers: [
    {
      id: 789,
      uuid: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
      name: "Mario Bros Plumbing Supply",
      externalID: "MBroPS"
    }
  ],
  products: [{ id: 123, name: "Gold Plated Duck Tape", price: 100000, sku: "gquack", manufacturerId: 789 }],
  orders: [{ id: 357, uuid: "2500b32e-7c1b-11e2-830a-70cd60f2c980", total: 714328, status: "open" }],
  orderLines: [
    { id: 1001, qty: 3, productId: 123, orderId: 357 },
    { id: 1002, qty: 12, productId: 123, orderId: 357 }
  ]
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
