import { Actor, Entity, Loader, Plan, TrackedEvent, type Tracking } from "@trackmap/node"
import { z } from "zod"

// The service gets the tracking as an argument, since its tests pass another.

const Product = Entity.make("Product", { key: "id", attributes: { id: z.int(), sku: z.string() } })

const products = Loader.byKey({
  load: async (ids: ReadonlyArray<number>) => ids.map((id) => ({ id, sku: "gquack" })),
  keyOf: (row) => row.id
})

const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: z.int(), qty: z.int() } }).pipe(
  Entity.one(
    "product",
    Product,
    Loader.at(products, (line: { readonly productId: number }) => line.productId)
  )
)

export const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })
export const OrderPlaced = TrackedEvent.make("orderPlaced")

export const plan = Plan.make(OrderLineUpdated, OrderPlaced)

export const ordersOf = (tracking: Tracking.Tracking) => ({
  signIn: (userId: string, company: string) =>
    Actor.run({ userId }, async () => {
      await tracking.identify({ plan: "pro" })
      await tracking.group(company, { industry: "plumbing" })
    }),
  changeQty: (id: number, qty: number) => tracking.track(OrderLineUpdated, { orderLine: { id, qty, productId: 123 } })
})
