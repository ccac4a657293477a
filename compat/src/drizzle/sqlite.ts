import { AsyncLocalStorage } from "node:async_hooks"
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import { Loader } from "@trackmap/node"
import { inArray, type Logger } from "drizzle-orm"
import { type BaseSQLiteDatabase, integer, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { drizzle } from "drizzle-orm/sqlite-proxy"
import { eventsOf } from "../../../apps/examples/src/events.ts"

export const manufacturers = sqliteTable("manufacturers", {
  id: integer().primaryKey(),
  uuid: text().notNull(),
  name: text().notNull(),
  externalID: text().notNull()
})
export const products = sqliteTable("products", {
  id: integer().primaryKey(),
  name: text().notNull(),
  price: integer().notNull(),
  sku: text().notNull(),
  manufacturerId: integer().notNull()
})
export const orders = sqliteTable("orders", {
  id: integer().primaryKey(),
  uuid: text().notNull(),
  total: integer().notNull()
})
export const orderLines = sqliteTable("orderLines", {
  id: integer().primaryKey(),
  qty: integer().notNull(),
  productId: integer().notNull(),
  orderId: integer().notNull()
})

/** The database, or a transaction on it. */
export type Connection = BaseSQLiteDatabase<"async", unknown>

/** Drizzle over the SQLite that comes with Node. */
export const overNode = (database: DatabaseSync, logger?: Logger): Connection =>
  drizzle(
    async (sql, parameters, method) => {
      const statement = database.prepare(sql)
      const values = parameters as ReadonlyArray<SQLInputValue>
      if (method === "run") {
        statement.run(...values)
        return { rows: [] }
      }
      statement.setReturnArrays(true)
      const rows: ReadonlyArray<unknown> = statement.all(...values)
      return { rows: method === "get" ? (rows[0] as Array<unknown>) : [...rows] }
    },
    { logger: logger ?? false }
  )

/** The rows by their keys, from whatever the caller reads from. */
const loadersOf = (connection: () => Connection) => ({
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
