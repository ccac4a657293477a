import { asc, eq, type Logger, sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/node-postgres"
import { openPostgres } from "../postgres/database.ts"
import { type Database, suite } from "../relationsSuite.ts"
import { openSqlite } from "../sqlite.ts"
import { statements } from "../tables.ts"
import * as sqlite from "./sqlite.ts"
import * as tracking from "./tracking.ts"

const listening = (queries: Array<string>): Logger => ({ logQuery: (query) => void queries.push(query) })

suite("Drizzle over SQLite", async () => {
  const files: Array<ReturnType<typeof openSqlite>> = []
  return {
    open: async (): Promise<Database> => {
      const file = openSqlite()
      files.push(file)
      const connection = file.connect()
      const queries: Array<string> = []
      const db = sqlite.overNode(connection, listening(queries))
      const { within, ...events } = sqlite.trackingOf(db)
      const { orderLines, products } = sqlite
      return {
        events,
        queries,
        lines: async () => db.select().from(orderLines).orderBy(asc(orderLines.id)),
        transaction: async (run) => {
          // The proxy's `db.transaction` uses the one connection that all other readers share, so they would see its rows.
          const own = file.connect()
          try {
            return await sqlite.overNode(own, listening(queries)).transaction((tx) =>
              run({
                renameProduct: async (id, name) => tx.update(products).set({ name }).where(eq(products.id, id)),
                within: (track) => within(tx, track)
              })
            )
          } finally {
            own.close()
          }
        },
        dropProducts: async () => db.run(sql`DROP TABLE products`),
        close: async () => connection.isOpen && connection.close()
      }
    },
    stop: async () => files.forEach((file) => file.remove())
  }
})

suite("Drizzle over PostgreSQL", async () => {
  const postgres = await openPostgres(statements)
  return {
    open: async (): Promise<Database> => {
      await postgres.reset()
      const pool = postgres.connect()
      const queries: Array<string> = []
      const db = drizzle({ client: pool, logger: listening(queries) })
      const { within, ...events } = tracking.trackingOf(db)
      const { orderLines, products } = tracking
      return {
        events,
        queries,
        lines: async () => db.select().from(orderLines).orderBy(asc(orderLines.id)),
        transaction: (run) =>
          db.transaction((tx) =>
            run({
              renameProduct: async (id, name) => tx.update(products).set({ name }).where(eq(products.id, id)),
              within: (track) => within(tx, track)
            })
          ),
        dropProducts: async () => db.execute(sql`DROP TABLE products`),
        close: async () => pool.ended || pool.end(),
        main: { module: "drizzle/main.ts", address: postgres.address }
      }
    },
    stop: postgres.drop
  }
})
