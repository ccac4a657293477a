import { AsyncLocalStorage } from "node:async_hooks"
import { Loader } from "@trackmap/node"
import { inArray } from "drizzle-orm"
import { integer, type PgDatabase, type PgQueryResultHKT, pgTable, text } from "drizzle-orm/pg-core"
import { eventsOf, type LineRow } from "../../../apps/examples/src/events.ts"
import type { Manufacturer, Order, Product } from "../../../fixtures/wholesale/rows.ts"

export const manufacturers = pgTable("manufacturers", {
  id: integer().primaryKey(),
  uuid: text().notNull(),
  name: text().notNull(),
  externalID: text().notNull()
})
export const products = pgTable("products", {
  id: integer().primaryKey(),
  name: text().notNull(),
  price: integer().notNull(),
  sku: text().notNull(),
  manufacturerId: integer().notNull()
})
export const orders = pgTable("orders", {
  id: integer().primaryKey(),
  uuid: text().notNull(),
  total: integer().notNull()
})
export const orderLines = pgTable("orderLines", {
  id: integer().primaryKey(),
  qty: integer().notNull(),
  productId: integer().notNull(),
  orderId: integer().notNull()
})

/** The database, or a transaction on it. */
export type Connection = PgDatabase<PgQueryResultHKT>

type Query<Connection, Row> = (from: Connection, keys: ReadonlyArray<number>) => PromiseLike<ReadonlyArray<Row>>

/** The tracking for a database that these queries read. */
export const trackingOver = <Connection extends object>(
  db: Connection,
  queries: {
    readonly manufacturers: Query<Connection, Manufacturer>
    readonly products: Query<Connection, Product & { readonly manufacturerId: number }>
    readonly orders: Query<Connection, Order>
    readonly linesOfOrder: Query<Connection, LineRow>
  }
) => {
  const transaction = new AsyncLocalStorage<Connection>()
  /** The caller's source of rows: its transaction, whose rows only it sees until it commits, or the database. */
  const connection = () => transaction.getStore() ?? db
  const byId = <Row extends { readonly id: number }>(name: string, query: Query<Connection, Row>) =>
    Loader.byKey({
      name,
      load: (ids: ReadonlyArray<number>) => query(connection(), ids),
      keyOf: (row) => row.id
    }).pipe(Loader.groupedBy(connection))

  const linesOfOrder = Loader.byForeignKey({
    name: "linesOfOrder",
    load: (orderIds: ReadonlyArray<number>) => queries.linesOfOrder(connection(), orderIds),
    keyOf: (row) => row.orderId
  }).pipe(Loader.groupedBy(connection))

  return {
    ...eventsOf({
      manufacturers: byId("manufacturers", queries.manufacturers),
      products: byId("products", queries.products),
      orders: byId("orders", queries.orders),
      linesOfOrder
    }),
    /** Events tracked inside `run` read from the transaction. Await them there, because the transaction has no rows afterwards. */
    within: <A>(tx: Connection, run: () => Promise<A>): Promise<A> => transaction.run(tx, run)
  }
}

/** The tracking for a database. A service calls this once. */
export const trackingOf = (db: Connection) =>
  trackingOver(db, {
    manufacturers: (from, ids) => from.select().from(manufacturers).where(inArray(manufacturers.id, ids)),
    products: (from, ids) => from.select().from(products).where(inArray(products.id, ids)),
    orders: (from, ids) => from.select().from(orders).where(inArray(orders.id, ids)),
    linesOfOrder: (from, orderIds) =>
      from.select().from(orderLines).where(inArray(orderLines.orderId, orderIds)).orderBy(orderLines.id)
  })
