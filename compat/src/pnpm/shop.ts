import {
  Actor,
  Aggregate,
  Attribute,
  Entity,
  EventSink,
  HttpSink,
  Loader,
  Message,
  Plan,
  Receipt,
  Redacted,
  RowError,
  SendError,
  TrackedEvent,
  Tracking
} from "@trackmap/node"
import { z } from "zod"

export const Manufacturer = Entity.make("Manufacturer", { key: "id", attributes: { id: z.int(), name: z.string() } })
export const Product = Entity.make("Product", { key: "id", attributes: { id: z.int(), name: z.string() } }).pipe(
  Entity.one("manufacturer", Manufacturer, (product: { manufacturerId: number }) => ({
    id: product.manufacturerId,
    name: "x"
  }))
)
export const products = Loader.byKey({
  load: async (ids: ReadonlyArray<number>) => ids.map((id) => ({ id, name: "p", manufacturerId: 1 })),
  keyOf: (row) => row.id
})
export const cachedProducts = products.pipe(Loader.cached({ capacity: 10, timeToLive: "1 minute" }))
export const Buyer = Entity.make("Buyer", {
  key: "id",
  attributes: {
    id: z.int(),
    email: z.string().nullable(),
    meta: Attribute.json,
    at: Attribute.instant,
    note: Attribute.nullable(Attribute.json)
  }
})
export const Line = Entity.make("Line", { key: "id", attributes: { id: z.int(), qty: z.int() } }).pipe(
  Entity.one(
    "product",
    Product,
    Loader.at(products, (line: { productId: number }) => line.productId)
  ),
  Entity.computed("grams", z.int(), async (line: { qty: number }) => line.qty * 400)
)
export const Order = Entity.make("Order", { key: "id", attributes: { id: z.int() } }).pipe(
  Entity.many(
    "lines",
    Line,
    (order: { lines: ReadonlyArray<{ id: number; qty: number; productId: number }> }) => order.lines,
    Aggregate.count,
    Aggregate.sum("qty"),
    Aggregate.list({ max: 1 })
  )
)
export const OrderPlaced = TrackedEvent.make("orderPlaced", {
  entities: { order: Order },
  properties: { via: z.enum(["shop", "phone"]) }
})
export const LineUpdated = TrackedEvent.make("lineUpdated", {
  entities: { line: Line },
  relations: "fail",
  purposes: ["ads"]
})
export const plan = Plan.make(OrderPlaced, LineUpdated)
export const sink = EventSink.make({ name: "mine", send: async (batch) => batch.all(Receipt.delivered) })
export const piped = sink.pipe(
  EventSink.retried({ limit: "1 minute" }),
  EventSink.redact("drop"),
  EventSink.batched({ messages: 3 })
)
export const opening = EventSink.make({ name: "mine", open: async () => async (batch) => batch.all(Receipt.delivered) })
export const http = HttpSink.make({ name: "warehouse", url: "https://warehouse.example/events" })
export const key = Redacted.make("key")
export const tracking = Tracking.make({ plan, sinks: piped })
export const track = (id: number) => tracking.track(LineUpdated, { line: { id, qty: 1, productId: 2 } })
export const values = Entity.values(Line, { id: 1, qty: 1, productId: 2 })
export const asActor = <A>(f: () => Promise<A>) => Actor.run({ userId: "u" }, f)
export const current = Actor.current
export const id = Message.nextId
export const fail = RowError.ResolveFailed
export const sendError = SendError.fromResponse
export const outcome = (await (await track(1)).receipts)[0]
export const flushed = await tracking.flush()
export const metrics = tracking.metrics()
export const json = Attribute.json
await tracking.close()
