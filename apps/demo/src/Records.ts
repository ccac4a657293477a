import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import { OrderStatus } from "./tracking/map.ts"

/** No record of this kind has this number. */
export class Unknown extends Schema.TaggedError<Unknown>()("Unknown", { what: Schema.String }) {
  override get message(): string {
    return `There is no ${this.what}.`
  }
}

/** One page of rows. */
export interface Page<Row> {
  readonly rows: ReadonlyArray<Row>
  readonly page: number
  readonly pages: number
  readonly total: number
}

const pageSize = 20

const Total = Schema.Struct({ total: Schema.Int })

const Buyer = Schema.Struct({
  id: Schema.Int,
  name: Schema.String,
  email: Schema.String,
  retailCompanyId: Schema.Int,
  company: Schema.String
})
/** A buyer, and the name of the company. */
export type Buyer = typeof Buyer.Type

const Product = Schema.Struct({
  id: Schema.Int,
  name: Schema.String,
  price: Schema.Int,
  sku: Schema.String,
  manufacturer: Schema.String
})
/** A product, and the name of its manufacturer. */
export type Product = typeof Product.Type

const Order = Schema.Struct({ id: Schema.Int, status: OrderStatus, total: Schema.Int, lines: Schema.Int })
/** An order, with its total so far while it is open. */
export type Order = typeof Order.Type

const Line = Schema.Struct({ ...Product.fields, id: Schema.Int, productId: Schema.Int, qty: Schema.Int })
/** A line of an order, and its product. */
export type Line = typeof Line.Type

type Query = (sql: SqlClient.SqlClient) => Effect.Effect<ReadonlyArray<unknown>, SqlError>

const select = <Shape extends Schema.Codec<any, any>>(shape: Shape, query: Query) => {
  const decode = Schema.decodeUnknownEffect(Schema.Array(shape))
  return Effect.orDie(Effect.flatMap(Effect.flatMap(SqlClient.SqlClient, query), (found) => decode(found)))
}

const one = <Shape extends Schema.Codec<any, any>>(shape: Shape, what: string, query: Query) =>
  Effect.flatMap(select(shape, query), ([found]) =>
    found === undefined ? Effect.fail(new Unknown({ what })) : Effect.succeed(found)
  )

/** A page of the rows in `from`. The first page exists even without rows. */
const pageOf = Effect.fnUntraced(function* <Shape extends Schema.Codec<any, any>>(
  shape: Shape,
  page: number,
  query: (sql: SqlClient.SqlClient) => { readonly columns: Fragment; readonly from: Fragment; readonly order: Fragment }
) {
  const sql = yield* SqlClient.SqlClient
  const { columns, from, order } = query(sql)
  const [{ total }] = (yield* select(Total, (sql) => sql`SELECT count(*) AS total ${from}`)) as [{ total: number }]
  const pages = Math.max(1, Math.ceil(total / pageSize))
  if (page > pages) return yield* new Unknown({ what: `page ${page}: the last one is ${pages}` })
  const rows: ReadonlyArray<Shape["Type"]> = yield* select(
    shape,
    (sql) => sql`SELECT ${columns} ${from} ORDER BY ${order} LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`
  )
  return { rows, page, pages, total }
})

/** Whether a name contains a text. */
const mentions = (sql: SqlClient.SqlClient, column: string, text: string): Fragment =>
  sql`instr(lower(${sql(column)}), lower(${text})) > 0`

/** Queries for records with a name and a named owner: one record by id, and a page of those whose name contains a text. */
const named = <Shape extends Schema.Codec<any, any>>(
  shape: Shape,
  what: string,
  query: (sql: SqlClient.SqlClient) => { readonly columns: Fragment; readonly from: Fragment }
) => ({
  one: (id: number) =>
    one(shape, `${what} ${id}`, (sql) => {
      const { columns, from } = query(sql)
      return sql`SELECT ${columns} ${from} WHERE r.id = ${id}`
    }),
  page: (text: string, page: number) =>
    pageOf(shape, page, (sql) => {
      const { columns, from } = query(sql)
      return { columns, from: sql`${from} WHERE ${mentions(sql, "r.name", text)}`, order: sql`r.id` }
    })
})

export const { one: buyer, page: buyers } = named(Buyer, "buyer", (sql) => ({
  columns: sql`r.*, c.name AS company`,
  from: sql`FROM buyers r JOIN retailCompanies c ON c.id = r.retailCompanyId`
}))

export const { one: product, page: products } = named(Product, "product", (sql) => ({
  columns: sql`r.*, m.name AS manufacturer`,
  from: sql`FROM products r JOIN manufacturers m ON m.id = r.manufacturerId`
}))

const orderColumns = (sql: SqlClient.SqlClient): Fragment => sql`o.id, o.status,
  (SELECT count(*) FROM orderLines l WHERE l.orderId = o.id) AS lines,
  CASE WHEN o.status = 'open'
    THEN (SELECT coalesce(sum(l.qty * p.price), 0) FROM orderLines l JOIN products p ON p.id = l.productId WHERE l.orderId = o.id)
    ELSE o.total END AS total`

/** An order of one company. Other companies cannot see it. */
export const order = (companyId: number, id: number) =>
  one(
    Order,
    `order ${id} of yours`,
    (sql) => sql`SELECT ${orderColumns(sql)} FROM orders o WHERE o.id = ${id} AND o.retailCompanyId = ${companyId}`
  )

export const orders = (companyId: number, page: number) =>
  pageOf(Order, page, (sql) => ({
    columns: orderColumns(sql),
    from: sql`FROM orders o WHERE o.retailCompanyId = ${companyId}`,
    order: sql`o.id DESC`
  }))

/** The company's open order, if it has one. */
export const openOrder = (companyId: number) =>
  Effect.map(
    select(
      Schema.Struct({ id: Schema.Int }),
      (sql) =>
        sql`SELECT id FROM orders WHERE retailCompanyId = ${companyId} AND status = 'open' ORDER BY id DESC LIMIT 1`
    ),
    ([found]) => found
  )

/** The lines of an order, up to a page's limit. */
export const lines = (orderId: number) =>
  select(
    Line,
    (sql) => sql`
      SELECT l.id, l.qty, l.productId, p.name, p.price, p.sku, m.name AS manufacturer FROM orderLines l
        JOIN products p ON p.id = l.productId JOIN manufacturers m ON m.id = p.manufacturerId
      WHERE l.orderId = ${orderId} ORDER BY l.id LIMIT 200`
  )

export const line = (orderId: number, id: number) =>
  one(
    Schema.Struct({ id: Schema.Int }),
    `line ${id} in order ${orderId}`,
    (sql) => sql`SELECT id FROM orderLines WHERE id = ${id} AND orderId = ${orderId}`
  )
