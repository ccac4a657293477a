import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import { inArray, type Logger } from "drizzle-orm"
import { type BaseSQLiteDatabase, integer, sqliteTable, text } from "drizzle-orm/sqlite-core"
import { drizzle } from "drizzle-orm/sqlite-proxy"
import { trackingOver } from "./tracking.ts"

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

/** The same as over PostgreSQL, with tables and queries of this dialect. */
export const trackingOf = (db: Connection) =>
  trackingOver(db, {
    manufacturers: (from, ids) => from.select().from(manufacturers).where(inArray(manufacturers.id, ids)),
    products: (from, ids) => from.select().from(products).where(inArray(products.id, ids)),
    orders: (from, ids) => from.select().from(orders).where(inArray(orders.id, ids)),
    linesOfOrder: (from, orderIds) =>
      from.select().from(orderLines).where(inArray(orderLines.orderId, orderIds)).orderBy(orderLines.id)
  })
