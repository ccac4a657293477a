import { AsyncLocalStorage } from "node:async_hooks"
import { Loader } from "@trackmap/node"
import { inArray } from "drizzle-orm"
import { integer, type PgDatabase, type PgQueryResultHKT, pgTable, text } from "drizzle-orm/pg-core"
import { eventsOf } from "../../../apps/examples/src/events.ts"

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

/** The rows by their keys, from whatever the caller reads from. */
export const loadersOf = (connection: () => Connection) => ({
  manufacturers: Loader.byKey({
    name: "manufacturers",
    load: (ids: ReadonlyArray<number>) =>
      connection().select().from(manufacturers).where(inArray(manufacturers.id, ids)),
    keyOf: (row) => row.id
  }).pipe(Loader.groupedBy(connection)),

  products: Loader.byKey({
    name: "products",
    load: (ids: ReadonlyArray<number>) => connection().select().from(products).where(inArray(products.id, ids)),
    keyOf: (row) => row.id
  }).pipe(Loader.groupedBy(connection)),

  orders: Loader.byKey({
    name: "orders",
    load: (ids: ReadonlyArray<number>) => connection().select().from(orders).where(inArray(orders.id, ids)),
    keyOf: (row) => row.id
  }).pipe(Loader.groupedBy(connection)),

  linesOfOrder: Loader.byForeignKey({
    name: "linesOfOrder",
    load: (orderIds: ReadonlyArray<number>) =>
      connection().select().from(orderLines).where(inArray(orderLines.orderId, orderIds)).orderBy(orderLines.id),
    keyOf: (row) => row.orderId
  }).pipe(Loader.groupedBy(connection))
})

/** What is tracked of a database. A service calls it once. */
export const trackingOf = (db: Connection) => {
  const transaction = new AsyncLocalStorage<Connection>()
  return {
    ...eventsOf(loadersOf(() => transaction.getStore() ?? db)),
    /** What is tracked while `run` does is read from the transaction. Await it there: afterwards the transaction has no rows to give. */
    within: <A>(tx: Connection, run: () => Promise<A>): Promise<A> => transaction.run(tx, run)
  }
}
