/** What a user writes, and what the compiler must then know. Everything here type-checks against api-sketch.ts. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Aggregate, Entity, EventSink, Loader, RowError, TrackedEvent, Tracker } from "../src/index.ts"

// The service's own model: whatever its ORM returns. Trackmap never asks for these types.
interface ManufacturerRow {
  id: number
  uuid: string
  name: string
  externalID: string
}
interface ProductRow {
  id: number
  name: string
  price: number
  cost: number
  sku: string
  manufacturerId: number
}
interface OrderRow {
  id: number
  uuid: string
  total: number
  placedAt: Date
}
interface OrderLineRow {
  id: number
  qty: number
  productId: number
  orderId: number
}
class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { id: Schema.Int }) {}
class Catalog extends Context.Service<
  Catalog,
  {
    manufacturers(ids: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<ManufacturerRow>>
    product(id: number): Effect.Effect<ProductRow, NotFound>
  }
>()("Catalog") {}
class Orders extends Context.Service<
  Orders,
  {
    byIds(ids: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<OrderRow>>
    linesOf(ids: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<OrderLineRow>>
  }
>()("Orders") {}

// Loaders: one batch function each.
const manufacturers = Loader.byKey({
  load: (ids: ReadonlyArray<number>) => Effect.flatMap(Catalog, (catalog) => catalog.manufacturers(ids)),
  keyOf: (manufacturer) => manufacturer.id
})
const orders = Loader.byKey({
  load: (ids: ReadonlyArray<number>) => Effect.flatMap(Orders, (orders) => orders.byIds(ids)),
  keyOf: (order) => order.id
})
const linesOfOrder = Loader.byForeignKey({
  load: (ids: ReadonlyArray<number>) => Effect.flatMap(Orders, (orders) => orders.linesOf(ids)),
  keyOf: (line) => line.orderId
})

// The tracking map.
const Manufacturer = Entity.make("Manufacturer", {
  key: "id",
  attributes: { id: Schema.Int, uuid: Schema.String, name: Schema.String, externalID: Schema.String }
})

const Product = Entity.make("Product", {
  key: "id",
  attributes: { id: Schema.Int, name: Schema.String, price: Schema.Number, sku: Schema.String }
}).pipe(
  Entity.one(
    "manufacturer",
    Manufacturer,
    Loader.at(manufacturers, (product: { readonly manufacturerId: number }) => product.manufacturerId)
  ),
  Entity.computed(
    "margin",
    Schema.Number,
    (product: { readonly price: number; readonly cost: number }) => product.price - product.cost
  )
)

const Order = Entity.make("Order", {
  key: "uuid",
  attributes: { id: Schema.Int, uuid: Schema.String, total: Schema.Number }
})

const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } }).pipe(
  Entity.one("product", Product, (line: { readonly productId: number }) =>
    Effect.flatMap(Catalog, (catalog) => catalog.product(line.productId))
  ),
  Entity.one(
    "order",
    Order,
    Loader.at(Loader.required(orders), (line: { readonly orderId: number }) => line.orderId),
    { prefix: "ParentOrder" }
  )
)

// One-to-many, added by composing on an entity that stays as it was: entities are values, so the graph has no cycle.
const OrderWithLines = Order.pipe(
  Entity.many(
    "lines",
    OrderLine,
    Loader.at(linesOfOrder, (order: { readonly id: number }) => order.id),
    Aggregate.list({ max: 50 }),
    Aggregate.count,
    Aggregate.sum("qty")
  )
)

// Already loaded rows: no Effect at all.
const Loaded = Order.pipe(
  Entity.one(
    "buyer",
    Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int } }),
    (order: { readonly buyer: { readonly id: number } | null }) => order.buyer
  )
)
const loaded = Entity.valuesSync(Loaded, { id: 357, uuid: "u", total: 1, buyer: null })

// What the compiler knows.
const line: OrderLineRow = { id: 1001, qty: 3, productId: 123, orderId: 357 }
const values: Effect.Effect<
  Entity.Values<typeof OrderLine>,
  NotFound | RowError.InvalidRow | RowError.MissingRow | RowError.ResolveFailed,
  Catalog | Orders
> = Entity.values(OrderLine, line)
type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const exact: Equals<
  Entity.Values<typeof OrderLine>,
  {
    readonly OrderLine_id: number
    readonly OrderLine_qty: number
    readonly Product_id: number
    readonly Product_name: string
    readonly Product_price: number
    readonly Product_sku: string
    readonly Product_margin: number
    readonly Manufacturer_id?: number
    readonly Manufacturer_uuid?: string
    readonly Manufacturer_name?: string
    readonly Manufacturer_externalID?: string
    readonly ParentOrder_id: number
    readonly ParentOrder_uuid: string
    readonly ParentOrder_total: number
  }
> = true
const knownMany = (flat: Entity.Values<typeof OrderWithLines>) => [
  flat.Order_lines[0]!.OrderLine_qty satisfies number,
  flat.Order_lines_count satisfies number,
  flat.Order_lines_qty_sum satisfies number
]
const knownLoaded: number | undefined = loaded.Buyer_id
// @ts-expect-error a misspelt key
const misspelt = (flat: Entity.Values<typeof OrderLine>) => flat.Product_pricee
// @ts-expect-error a row that lacks what a relation reads
const lacking = Entity.values(OrderLine, { id: 1001, qty: 3 })
// @ts-expect-error a service that the resolvers need and the type leaves out
const unprovided: Effect.Effect<
  Entity.Values<typeof OrderLine>,
  NotFound | RowError.InvalidRow | RowError.MissingRow | RowError.ResolveFailed,
  Catalog
> = Entity.values(OrderLine, line)
// @ts-expect-error an entity whose resolvers need an Effect
const notSync = Entity.valuesSync(OrderLine, line)
const orderOf = Loader.at(orders, (order: { readonly id: number }) => order.id)
// @ts-expect-error a loader of another kind of row
const wrongLoader = Order.pipe(Entity.one("manufacturer", Manufacturer, orderOf))

// An event, and a call.
const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { orderLine: OrderLine },
  properties: { action: Schema.Literal("orderLineUpdated") }
})
const tracked: Effect.Effect<Tracker.Tracked, never, Catalog | Orders | Tracker.Tracker> = Tracker.track(
  OrderLineUpdated,
  { orderLine: line, properties: { action: "orderLineUpdated" } }
)
// @ts-expect-error a wrong property
const wrongProperty = Tracker.track(OrderLineUpdated, { orderLine: line, properties: { action: "x" } })
// @ts-expect-error a missing entity
const missingEntity = Tracker.track(OrderLineUpdated, { properties: { action: "orderLineUpdated" } })
// @ts-expect-error missing properties
const missingProperties = Tracker.track(OrderLineUpdated, { orderLine: line })
const lackingRow = {
  orderLine: { id: 1001, qty: 3, orderId: 357 },
  properties: { action: "orderLineUpdated" }
} as const
// @ts-expect-error a row that lacks what a relation reads
const trackedLacking = Tracker.track(OrderLineUpdated, lackingRow)
const input = { orderLine: line, properties: { action: "orderLineUpdated" } } as const
// @ts-expect-error a service that the resolvers need and nobody provides
const unprovidedTrack: Effect.Effect<Tracker.Tracked, never, Catalog | Tracker.Tracker> = Tracker.track(
  OrderLineUpdated,
  input
)
// @ts-expect-error a tracker that nobody provides
const untracked: Effect.Effect<Tracker.Tracked, never, Catalog | Orders> = Tracker.track(OrderLineUpdated, input)

// An event that is made to fail says so.
const Exact = TrackedEvent.make("exact", { relations: "fail", entities: { orderLine: OrderLine } })
const trackedExactly: Effect.Effect<
  Tracker.Tracked,
  NotFound | RowError.InvalidRow | RowError.MissingRow | RowError.ResolveFailed,
  Catalog | Orders | Tracker.Tracker
> = Tracker.track(Exact, { orderLine: line })
// @ts-expect-error it can fail with what its resolvers fail with
const trackedSafely: Effect.Effect<Tracker.Tracked, never, Catalog | Orders | Tracker.Tracker> = Tracker.track(Exact, {
  orderLine: line
})
const Valid = TrackedEvent.make("valid", { validation: "fail", properties: { n: Schema.Int } })
const trackedValid: Effect.Effect<Tracker.Tracked, RowError.InvalidRow, Tracker.Tracker> = Tracker.track(Valid, {
  properties: { n: 1 }
})

// What opening sinks can fail with, and what they need, is the layer's.
declare const kafka: EventSink.EventSink<NotFound, Catalog>
declare const file: EventSink.EventSink<never, Orders>
const layer: Layer.Layer<Tracker.Tracker, NotFound, Catalog | Orders> = Tracker.layer(EventSink.fanOut(kafka, file))

export {
  layer,
  lackingRow,
  missingEntity,
  missingProperties,
  tracked,
  trackedExactly,
  trackedLacking,
  trackedSafely,
  trackedValid,
  unprovidedTrack,
  untracked,
  wrongProperty
}
export { exact, knownLoaded, knownMany, lacking, misspelt, notSync, OrderWithLines, unprovided, values, wrongLoader }
