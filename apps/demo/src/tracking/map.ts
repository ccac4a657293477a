import { Aggregate, Entity, Loader, Pii, TrackingMap } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { linesOfOrder, manufacturers, orders, products, retailCompanies } from "./loaders.ts"

export const Manufacturer = Entity.make("Manufacturer", {
  key: "id",
  attributes: { id: Schema.Int, uuid: Schema.String, name: Schema.String, externalID: Schema.String }
})

export const Product = Entity.make("Product", {
  key: "id",
  attributes: { id: Schema.Int, name: Schema.String, price: Schema.Int, sku: Schema.String }
}).pipe(
  Entity.one(
    "manufacturer",
    Manufacturer,
    Loader.at(manufacturers, (product: { readonly manufacturerId: number }) => product.manufacturerId)
  )
)

const orderAttributes = { id: Schema.Int, uuid: Schema.String, total: Schema.Int }

export const Order = Entity.make("Order", { key: "id", attributes: orderAttributes })

export const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } }).pipe(
  Entity.one(
    "product",
    Product,
    Loader.at(products, (line: { readonly productId: number }) => line.productId)
  ),
  Entity.one(
    "order",
    Order,
    Loader.at(orders, (line: { readonly orderId: number }) => line.orderId)
  )
)

export const RetailCompany = Entity.make("RetailCompany", {
  key: "id",
  attributes: { id: Schema.Int, name: Schema.String }
})

/** The status of an order. */
export const OrderStatus = Schema.Literals(["open", "placed", "shipped", "cancelled"])

/** An order in its own events: with its status, and the company that placed it. */
export const PlacedOrder = Entity.make("Order", {
  key: "id",
  attributes: { ...orderAttributes, status: OrderStatus }
}).pipe(
  Entity.one(
    "retailCompany",
    RetailCompany,
    Loader.at(retailCompanies, (order: { readonly retailCompanyId: number }) => order.retailCompanyId)
  )
)

/** A placed order, with totals of its lines. */
export const FilledOrder = PlacedOrder.pipe(
  Entity.many(
    "lines",
    OrderLine.pipe(Entity.omit("product", "order")),
    Loader.at(linesOfOrder, (order: { readonly id: number }) => order.id),
    Aggregate.count,
    Aggregate.sum("qty")
  )
)

/** A buyer of a retail company. */
export const Buyer = Entity.make("Buyer", {
  key: "id",
  attributes: { id: Schema.Int, name: Pii.personal(Schema.String), email: Pii.personal(Schema.String) }
})

export const map = TrackingMap.make(OrderLine, PlacedOrder, RetailCompany)
