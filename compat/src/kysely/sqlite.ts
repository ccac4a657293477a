import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import { SqliteDialect } from "kysely"

type Parameters = ReadonlyArray<SQLInputValue>

/** Kysely over the SQLite that comes with Node. */
export const sqliteDialect = (database: DatabaseSync): SqliteDialect =>
  new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => {
        const statement = database.prepare(sql)
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...(parameters as Parameters)),
          run: (parameters) => statement.run(...(parameters as Parameters)),
          iterate: (parameters) => statement.iterate(...(parameters as Parameters))
        }
      }
    }
  })
