import { Aggregate, type Annotations, Entity, Loader, Pii, TrackingMap } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { linesOfOrder, manufacturers, orders, products, retailCompanies } from "./loaders.ts"

export const Manufacturer = Entity.make("Manufacturer", {
  key: "id",
  attributes: {
    id: Schema.Int,
    uuid: Schema.String,
    name: Schema.String.annotate({ examples: ["Mario Bros Plumbing Supply"] }),
    externalID: Schema.String.annotate({ description: "Its number in the purchasing system" })
  }
}).pipe(Entity.annotate({ description: "The firm that makes a product", owner: "catalogue" }))

export const Product = Entity.make("Product", {
  key: "id",
  attributes: {
    id: Schema.Int,
    name: Schema.String.annotate({ examples: ["Gold Plated Duck Tape"] }),
    price: Schema.Int.annotate({ description: "In coins, before tax" }),
    sku: Schema.String
  }
}).pipe(
  Entity.one(
    "manufacturer",
    Manufacturer,
    Loader.at(manufacturers, (product: { readonly manufacturerId: number }) => product.manufacturerId)
  ),
  Entity.annotate({ description: "What the shop sells, as it is at the time of the event", owner: "catalogue" })
)

const orderAttributes = {
  id: Schema.Int,
  uuid: Schema.String,
  total: Schema.Int.annotate({ description: "The sum of its lines, in coins" })
}
const orderAnnotations: Annotations.Annotations = { description: "What a company orders at once", owner: "sales" }

export const Order = Entity.make("Order", { key: "id", attributes: orderAttributes }).pipe(
  Entity.annotate(orderAnnotations)
)

export const OrderLine = Entity.make("OrderLine", {
  key: "id",
  attributes: { id: Schema.Int, qty: Schema.Int.annotate({ description: "Pieces" }) }
}).pipe(
  Entity.one(
    "product",
    Product,
    Loader.at(products, (line: { readonly productId: number }) => line.productId)
  ),
  Entity.one(
    "order",
    Order,
    Loader.at(orders, (line: { readonly orderId: number }) => line.orderId)
  ),
  Entity.annotate({ description: "One product of an order", owner: "sales" })
)

export const RetailCompany = Entity.make("RetailCompany", {
  key: "id",
  attributes: { id: Schema.Int, name: Schema.String }
}).pipe(Entity.annotate({ description: "A customer of the wholesale shop", owner: "sales" }))

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
  ),
  Entity.annotate(orderAnnotations)
)

/** A placed order, with totals of its lines. */
export const FilledOrder = PlacedOrder.pipe(
  Entity.many(
    "lines",
    OrderLine.pipe(Entity.omit("product", "order")),
    Loader.at(linesOfOrder, (order: { readonly id: number }) => order.id),
    Aggregate.count,
    Aggregate.sum("qty")
  ),
  Entity.annotateRelation("lines", { description: "All lines of the order when it was placed" })
)

/** A buyer of a retail company. */
export const Buyer = Entity.make("Buyer", {
  key: "id",
  attributes: { id: Schema.Int, name: Pii.personal(Schema.String), email: Pii.personal(Schema.String) }
}).pipe(Entity.annotate({ description: "A person who orders for a company", owner: "sales" }))

export const map = TrackingMap.make(OrderLine, PlacedOrder, RetailCompany)
