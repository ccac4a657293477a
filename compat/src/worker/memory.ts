import { Actor } from "@trackmap/node"
import { planOf } from "../../../apps/examples/src/wholesale/plan.ts"
import { type Order, type OrderLine, seed } from "../../../apps/examples/src/wholesale/rows.ts"

const byId = <Row extends { readonly id: number }>(rows: ReadonlyArray<Row>) =>
  new Map(rows.map((row) => [row.id, row]))

/** Changes a row of a map, if it exists. */
const change = <Row extends { readonly id: number }>(rows: Map<number, Row>, id: number, values: Partial<Row>) => {
  const before = rows.get(id)
  if (before === undefined) return undefined
  const after = { ...before, ...values }
  rows.set(id, after)
  return { before, after }
}

/** The same shop in a worker, which has no SQLite, and where no request may wait for another request's I/O. */
export const open = () => {
  const orders = byId<Order>(seed.orders)
  const orderLines = byId<OrderLine>(seed.orderLines)
  return {
    ...planOf(
      {
        manufacturers: async (ids) => seed.manufacturers.filter(({ id }) => ids.includes(id)),
        products: async (ids) => seed.products.filter(({ id }) => ids.includes(id)),
        orders: async (ids) => ids.flatMap((id) => orders.get(id) ?? []),
        linesOfOrders: async (ids) => [...orderLines.values()].filter(({ orderId }) => ids.includes(orderId))
      },
      Actor.current
    ),
    orderLine: async (id: number) => orderLines.get(id),
    changeQty: async (id: number, qty: number) => change(orderLines, id, { qty }),
    place: async (id: number) =>
      orders.get(id)?.status === "open" ? change(orders, id, { status: "placed" }) : undefined
  }
}
