/** The idea's own example, with loaders, and what is personal in it. */
import { Aggregate, Entity, Loader, Pii, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as attributes from "../../../fixtures/wholesale/attributes.ts"
import * as rows from "../../../fixtures/wholesale/rows.ts"

const byId = <A extends { readonly id: number }>(name: string, rows: ReadonlyArray<A>) =>
  Loader.byKey({
    name,
    load: (ids: ReadonlyArray<number>) => Effect.succeed(rows.filter(({ id }) => ids.includes(id))),
    keyOf: (row: A) => row.id
  })

class Down extends Schema.TaggedError<Down>()("Down", {}) {}

const manufacturers = byId("manufacturers", [rows.manufacturer])
const products = byId("products", [rows.product, { id: 124, name: "Duck", price: 5, sku: "duck", manufacturerId: 0 }])
const orders = byId("orders", [rows.order])
const cachedOrders = orders.pipe(Loader.cached({ capacity: 10, timeToLive: "1 minute" }))
const downOrders = Loader.byKey({
  name: "orders",
  load: (_: ReadonlyArray<number>): Effect.Effect<ReadonlyArray<{ readonly id: number }>, Down> =>
    Effect.fail(new Down()),
  keyOf: (row) => row.id
})

export const Manufacturer = Entity.make("Manufacturer", {
  key: "id",
  attributes: attributes.manufacturer
})
export const Product = Entity.make("Product", {
  key: "id",
  attributes: attributes.product
}).pipe(
  Entity.one(
    "manufacturer",
    Manufacturer,
    Loader.at(manufacturers, (product: { readonly manufacturerId: number }) => product.manufacturerId)
  )
)
export const Order = Entity.make("Order", { key: "id", attributes: attributes.order })
const Line = Entity.make("OrderLine", { key: "id", attributes: attributes.orderLine }).pipe(
  Entity.one(
    "product",
    Product,
    Loader.at(products, (line: { readonly productId: number }) => line.productId)
  )
)
const orderOf = ({ orderId }: { readonly orderId: number }): number => orderId
export const OrderLine = Line.pipe(Entity.one("order", Order, Loader.at(cachedOrders, orderOf)))

export const line = rows.orderLine

export const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { orderLine: OrderLine },
  properties: { action: Schema.Literal("orderLineUpdated") }
})
export const properties = { action: "orderLineUpdated" } as const

/** Its order cannot be loaded, and one of its computed attributes throws. */
export const OrderLineLost = TrackedEvent.make("orderLineLost", {
  entities: {
    orderLine: Line.pipe(
      Entity.one(
        "order",
        Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }),
        Loader.at(downOrders, orderOf)
      ),
      Entity.computed("margin", Schema.Number, (_: { readonly id: number }): number => {
        throw new TypeError("no margin")
      }),
      Entity.computed("weight", Schema.Number, (_: { readonly id: number }) => Number.NaN)
    )
  }
})

export const BasketPlaced = TrackedEvent.make("basketPlaced", {
  entities: {
    basket: Entity.make("Basket", {
      key: "id",
      attributes: { id: Schema.Int, note: Schema.optionalKey(Schema.String) }
    }).pipe(
      Entity.many(
        "lines",
        OrderLine,
        (basket: { readonly lines: ReadonlyArray<typeof line> }) => basket.lines,
        Aggregate.list({ max: 5 }),
        Aggregate.sum("qty")
      )
    )
  }
})

export const SignedUp = TrackedEvent.make("signedUp", {
  entities: {
    buyer: Entity.make("Buyer", {
      key: "id",
      attributes: { id: Schema.Int, email: Pii.personal(Schema.String), city: Schema.String }
    })
  },
  properties: { phone: Pii.personal(Schema.optionalKey(Schema.String)), note: Schema.optionalKey(Schema.String) }
})

/** An event of which nothing is known but its number. */
export const Ping = TrackedEvent.make("ping", { properties: { n: Schema.Int } })
export const NeverSeen = TrackedEvent.make("neverSeen")
export const Unplanned = TrackedEvent.make("unplanned", { properties: { n: Schema.Int } })

export const plan = Plan.make(OrderLineUpdated, OrderLineLost, BasketPlaced, SignedUp, Ping, NeverSeen)
