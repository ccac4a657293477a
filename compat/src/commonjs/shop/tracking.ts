import { Entity, Loader, Plan, TrackedEvent } from "@trackmap/node"
import { z } from "zod"

// This service is compiled to CommonJS: each import becomes a `require`.

const Manufacturer = Entity.make("Manufacturer", {
  key: "id",
  attributes: { id: z.int(), name: z.string() }
})

const manufacturers = Loader.byKey({
  load: async (ids: ReadonlyArray<number>) => ids.map((id) => ({ id, name: "Mario Bros Plumbing Supply" })),
  keyOf: (row) => row.id
})

const Product = Entity.make("Product", { key: "id", attributes: { id: z.int(), sku: z.string() } }).pipe(
  Entity.one(
    "manufacturer",
    Manufacturer,
    Loader.at(manufacturers, (product: { readonly manufacturerId: number }) => product.manufacturerId)
  )
)

const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: z.int(), qty: z.int() } }).pipe(
  Entity.one(
    "product",
    Product,
    (line: { readonly product: { id: number; sku: string; manufacturerId: number } }) => line.product
  )
)

export const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })

export const plan = Plan.make(OrderLineUpdated)
