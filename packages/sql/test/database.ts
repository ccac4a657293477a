import { randomUUID } from "node:crypto"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Pool } from "pg"
import { afterAll, inject } from "vitest"
import "../../../compat/src/postgres/setup.ts"
import * as Sql from "../src/Sql.ts"

const server = inject("postgres")

/** Why there is no PostgreSQL here, if there is none. */
export const unavailable = "unavailable" in server ? server.unavailable : undefined
export const address = "unavailable" in server ? "" : server.address

/** A pool of the tests of a file. */
export const pool = new Pool({ connectionString: address, max: 10 })
afterAll(() => pool.end())

export const nextSchema = (): string => `t${randomUUID().slice(0, 8)}`

export const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, Logger.layer([])))

/** A SQLite database in memory, and the texts and parameters of its queries. */
export const sqlite = (...statements: ReadonlyArray<string>) => {
  const database = new DatabaseSync(":memory:")
  for (const statement of statements) database.exec(statement)
  const queries: Array<{ readonly text: string; readonly parameters: ReadonlyArray<unknown> }> = []
  const watched: Sql.SqliteDatabase = {
    prepare: (text) => {
      const prepared = database.prepare(text)
      return {
        all: (...parameters) => {
          queries.push({ text, parameters })
          return prepared.all(...(parameters as ReadonlyArray<SQLInputValue>))
        }
      }
    }
  }
  return { database, queries, db: Sql.nodeSqlite(watched) }
}
