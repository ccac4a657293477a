/** The README's order line with loaded rows, and an event about it. It imports core's sources, so that lines match the repository's. */
import { Entity, EventSink, Receipt, TrackedEvent, Tracker } from "../../../../packages/core/src/index.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

interface ManufacturerRow {
  readonly id: number
  readonly uuid: string
  readonly name: string
  readonly externalID: string
}
interface ProductRow {
  readonly id: number
  readonly name: string
  readonly price: number
  readonly sku: string
  readonly manufacturer: ManufacturerRow
}
interface OrderRow {
  readonly id: number
  readonly uuid: string
  readonly total: number
}

const line = {
  id: 1001,
  qty: 3,
  product: {
    id: 123,
    name: "Gold Plated Duck Tape",
    price: 100000,
    sku: "gquack",
    manufacturer: {
      id: 789,
      uuid: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
      name: "Mario Bros Plumbing Supply",
      externalID: "MBroPS"
    }
  },
  order: { id: 357, uuid: "2500b32e-7c1b-11e2-830a-70cd60f2c980", total: 714328 }
}

const defineOrderLine = () => {
  const Manufacturer = Entity.make("Manufacturer", {
    key: "id",
    attributes: { id: Schema.Int, uuid: Schema.String, name: Schema.String, externalID: Schema.String }
  })
  const Product = Entity.make("Product", {
    key: "id",
    attributes: { id: Schema.Int, name: Schema.String, price: Schema.Int, sku: Schema.String }
  }).pipe(Entity.one("manufacturer", Manufacturer, (row: { manufacturer: ManufacturerRow }) => row.manufacturer))
  const Order = Entity.make("Order", {
    key: "uuid",
    attributes: { id: Schema.Int, uuid: Schema.String, total: Schema.Int }
  })
  return Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } }).pipe(
    Entity.one("product", Product, (row: { product: ProductRow }) => row.product),
    Entity.one("order", Order, (row: { order: OrderRow }) => row.order)
  )
}

/** A call to follow, and the definitions it needs. */
export interface Way<Definitions> {
  readonly define: () => Definitions
  readonly call: (definitions: Definitions) => Promise<unknown>
}

/** From a loaded row to its values. */
export const values: Way<ReturnType<typeof defineOrderLine>> = {
  define: defineOrderLine,
  call: async (OrderLine) => {
    const found = await Effect.runPromise(Entity.values(OrderLine, line))
    if (Object.keys(found).length !== 13) throw new Error(`The row has other values: ${JSON.stringify(found)}`)
  }
}

const defineEvent = () => ({
  OrderLineUpdated: TrackedEvent.make("orderLineUpdated", { entities: { orderLine: defineOrderLine() } }),
  sink: EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) })
})

/** From a loaded row to its receipt, with the start of the tracker. */
export const delivery: Way<ReturnType<typeof defineEvent>> = {
  define: defineEvent,
  call: async ({ OrderLineUpdated, sink }) => {
    const receipts = Effect.flatMap(Tracker.track(OrderLineUpdated, { orderLine: line }), ({ receipts }) => receipts)
    const [receipt] = await Effect.runPromise(Effect.provide(receipts, Tracker.layer(sink)))
    if (receipt?.outcome._tag !== "Delivered")
      throw new Error(`The row has another receipt: ${JSON.stringify(receipt)}`)
  }
}
