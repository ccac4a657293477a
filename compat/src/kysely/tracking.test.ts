import { Kysely, type LogEvent, PostgresDialect } from "kysely"
import { openPostgres } from "../postgres/database.ts"
import { type Database as Suited, suite } from "../relationsSuite.ts"
import { openSqlite } from "../sqlite.ts"
import { statements } from "../tables.ts"
import { sqliteDialect } from "./sqlite.ts"
import { type Database, trackingOf } from "./tracking.ts"

const suited = (address: string, make: (log: (event: LogEvent) => void) => Kysely<Database>): Suited => {
  const queries: Array<string> = []
  const db = make(({ query }) => void queries.push(query.sql))
  const { within, ...events } = trackingOf(db)
  return {
    events,
    queries,
    lines: () => db.selectFrom("orderLines").selectAll().orderBy("id").execute(),
    transaction: (run) =>
      db.transaction().execute((tx) =>
        run({
          renameProduct: (id, name) => tx.updateTable("products").set({ name }).where("id", "=", id).execute(),
          within: (track) => within(tx, track)
        })
      ),
    dropProducts: () => db.schema.dropTable("products").execute(),
    close: () => db.destroy(),
    main: { module: "kysely/main.ts", address }
  }
}

suite("Kysely over SQLite", async () => {
  const files: Array<ReturnType<typeof openSqlite>> = []
  return {
    open: async () => {
      const file = openSqlite()
      files.push(file)
      return suited(file.file, (log) => new Kysely({ dialect: sqliteDialect(file.connect()), log }))
    },
    stop: async () => files.forEach((file) => file.remove())
  }
})

suite("Kysely over PostgreSQL", async () => {
  const postgres = await openPostgres(statements)
  return {
    open: async () => {
      await postgres.reset()
      return suited(
        postgres.address,
        (log) => new Kysely({ dialect: new PostgresDialect({ pool: postgres.connect() }), log })
      )
    },
    stop: postgres.drop
  }
})
