import { Entity, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { OrderLineRow } from "./OrderLines.ts"
import * as events from "./tracking/events.ts"
import { Buyer, OrderStatus, RetailCompany } from "./tracking/map.ts"

/** The requested action is not possible; nothing has changed. */
export class NotPossible extends Schema.TaggedError<NotPossible>()("NotPossible", { reason: Schema.String }) {
  override get message(): string {
    return this.reason
  }
}

const Id = Schema.Struct({ id: Schema.Int })
const Company = Schema.Struct({ id: Schema.Int, name: Schema.String })
const BuyerRow = Schema.Struct({ ...Company.fields, email: Schema.String, retailCompanyId: Schema.Int })
const Order = Schema.Struct({
  id: Schema.Int,
  uuid: Schema.String,
  total: Schema.Int,
  status: OrderStatus,
  retailCompanyId: Schema.Int
})
const Product = Schema.Struct({ ...Company.fields, price: Schema.Int, sku: Schema.String, manufacturerId: Schema.Int })

/** A person who buys for a retail company. */
export type Buyer = typeof BuyerRow.Type

type Query = (sql: SqlClient.SqlClient) => Effect.Effect<ReadonlyArray<unknown>, SqlError>

const rows = <Shape extends Schema.Codec<any, any>>(shape: Shape, query: Query) => {
  const decode = Schema.decodeUnknownEffect(Schema.Array(shape))
  return Effect.flatMap(Effect.flatMap(SqlClient.SqlClient, query), (found) => Effect.orDie(decode(found)))
}

/** The row that a query finds or changes, or the reason why there is none. */
const row = <Shape extends Schema.Codec<any, any>>(shape: Shape, otherwise: string, query: Query) =>
  Effect.flatMap(rows(shape, query), ([found]) =>
    found === undefined ? Effect.fail(new NotPossible({ reason: otherwise })) : Effect.succeed(found)
  )

/** A row before and after a change, in one transaction. */
const change = Effect.fnUntraced(function* <Shape extends Schema.Codec<any, any>>(
  shape: Shape,
  otherwise: string,
  find: Query,
  update: (sql: SqlClient.SqlClient, before: Shape["Type"]) => ReturnType<Query>
) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql.withTransaction(
    Effect.gen(function* () {
      const before: Shape["Type"] = yield* row(shape, otherwise, find)
      const after: Shape["Type"] = yield* row(shape, otherwise, (sql) => update(sql, before))
      return { before, after }
    })
  )
})

export const buyer = (id: number) =>
  row(BuyerRow, `There is no buyer ${id}.`, (sql) => sql`SELECT * FROM buyers WHERE id = ${id}`)

export const signIn = Effect.fn("Business.signIn")(function* (buyer: Buyer) {
  const { retailCompanyId } = buyer
  const company = yield* row(
    Company,
    `There is no company ${retailCompanyId}.`,
    (sql) => sql`SELECT * FROM retailCompanies WHERE id = ${retailCompanyId}`
  )
  const tracked = yield* Tracker.identify(Entity.valuesSync(Buyer, buyer))
  yield* Tracker.group(String(company.id), Entity.valuesSync(RetailCompany, company))
  return { tracked }
})

/** An order starts empty and open. Its total is set when it is placed. */
export const open = Effect.fn("Business.open")(function* (buyer: Buyer) {
  const values = { uuid: crypto.randomUUID(), total: 0, status: "open", retailCompanyId: buyer.retailCompanyId }
  return yield* row(Order, "No order was opened.", (sql) => sql`INSERT INTO orders ${sql.insert(values)} RETURNING *`)
})

export const addLine = Effect.fn("Business.addLine")(function* (orderId: number, productId: number, qty: number) {
  const orderLine = yield* row(
    OrderLineRow,
    `Order ${orderId} is not open.`,
    (sql) => sql`
      INSERT INTO orderLines (qty, productId, orderId)
      SELECT ${qty}, ${productId}, id FROM orders WHERE id = ${orderId} AND status = 'open' RETURNING *`
  )
  const tracked = yield* Tracker.track(events.OrderLineAdded, { orderLine })
  return { ...orderLine, tracked }
})

const notOpen = (lineId: number): string => `There is no order line ${lineId}, or its order is not open.`

export const changeQty = Effect.fn("Business.changeQty")(function* (lineId: number, qty: number) {
  const orderLine = yield* change(
    OrderLineRow,
    notOpen(lineId),
    (sql) => sql`SELECT * FROM orderLines WHERE id = ${lineId}`,
    (sql) => sql`
      UPDATE orderLines SET qty = ${qty}
      WHERE id = ${lineId} AND orderId IN (SELECT id FROM orders WHERE status = 'open') RETURNING *`
  )
  const tracked = yield* Tracker.track(events.OrderLineUpdated, { orderLine })
  return { ...orderLine.after, tracked }
})

export const removeLine = Effect.fn("Business.removeLine")(function* (lineId: number) {
  const orderLine = yield* row(
    OrderLineRow,
    notOpen(lineId),
    (sql) => sql`
      DELETE FROM orderLines
      WHERE id = ${lineId} AND orderId IN (SELECT id FROM orders WHERE status = 'open') RETURNING *`
  )
  const tracked = yield* Tracker.track(events.OrderLineRemoved, { orderLine })
  return { ...orderLine, tracked }
})

const find =
  (table: "orders" | "products", id: number): Query =>
  (sql) =>
    sql`SELECT * FROM ${sql(table)} WHERE id = ${id}`

export const place = Effect.fn("Business.place")(function* (buyer: Buyer, orderId: number) {
  const order = yield* change(
    Order,
    `Order ${orderId} is not open, or has no lines.`,
    find("orders", orderId),
    (sql) => sql`
      UPDATE orders SET status = 'placed', total = (
        SELECT sum(l.qty * p.price) FROM orderLines l JOIN products p ON p.id = l.productId WHERE l.orderId = orders.id)
      WHERE id = ${orderId} AND status = 'open' AND id IN (SELECT orderId FROM orderLines) RETURNING *`
  )
  const tracked = yield* Tracker.track(events.OrderPlaced, { order, buyer })
  return { ...order.after, tracked }
})

const fromPlaced = (orderId: number, to: "shipped" | "cancelled") =>
  change(
    Order,
    `Order ${orderId} is not placed, or has already been shipped.`,
    find("orders", orderId),
    (sql) => sql`UPDATE orders SET status = ${to} WHERE id = ${orderId} AND status = 'placed' RETURNING *`
  )

export const cancel = Effect.fn("Business.cancel")(function* (
  orderId: number,
  reason: typeof events.CancelReason.Type
) {
  const order = yield* fromPlaced(orderId, "cancelled")
  const tracked = yield* Tracker.track(events.OrderCancelled, { order, properties: { reason } })
  return { ...order.after, tracked }
})

/** The orders that wait to be shipped. */
export const placed = Effect.map(
  rows(Id, (sql) => sql`SELECT id FROM orders WHERE status = 'placed' ORDER BY id`),
  (orders) => orders.map(({ id }) => id)
)

export const ship = Effect.fn("Business.ship")(function* (orderId: number) {
  const order = yield* fromPlaced(orderId, "shipped")
  const tracked = yield* Tracker.track(events.OrderShipped, { order })
  return { ...order.after, tracked }
})

const changeProduct = (productId: number, to: (before: typeof Product.Type) => { name: string } | { price: number }) =>
  change(
    Product,
    `There is no product ${productId}.`,
    find("products", productId),
    (sql, before) => sql`UPDATE products SET ${sql.update(to(before))} WHERE id = ${productId} RETURNING *`
  )

const repriced = Effect.fnUntraced(function* (productId: number, to: (before: number) => number) {
  const product = yield* changeProduct(productId, ({ price }) => ({ price: to(price) }))
  const tracked = yield* Tracker.track(events.ProductRepriced, { product })
  return { ...product.after, tracked }
})

/** Changes a product's price by a percentage. */
export const reprice = Effect.fn("Business.reprice")((productId: number, by: number) =>
  repriced(productId, (price) => Math.max(1, Math.round(price * (1 + by))))
)

/** Sets a product's price. */
export const setPrice = Effect.fn("Business.setPrice")((productId: number, price: number) =>
  repriced(productId, () => price)
)

export const rename = Effect.fn("Business.rename")(function* (productId: number, name: string) {
  const product = yield* changeProduct(productId, () => ({ name }))
  const tracked = yield* Tracker.track(events.ProductRenamed, { product })
  return { ...product.after, tracked }
})
