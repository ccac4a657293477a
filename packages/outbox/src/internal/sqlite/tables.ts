import type * as SqlClient from "effect/sql/SqlClient"
import type { Migrations } from "../migrate.ts"
import { parkedColumns, type Tables } from "../tables.ts"
import * as Effect from "effect/Effect"

const now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)"

/** The tables of a store, whose names start with a prefix. */
export interface SqliteTables extends Tables {
  readonly prefix: string
}

export const tablesOf = (sql: SqlClient.SqlClient, prefix: string): SqliteTables => ({
  sql,
  prefix,
  message: sql.literal(`${prefix}message`),
  sink: sql.literal(`${prefix}sink`),
  claim: sql.literal(`${prefix}claim`),
  parked: sql.literal(`${prefix}parked`),
  now: sql.literal(now),
  contains: (text) => sql`instr(body, ${text}) > 0`,
  skipLocked: sql.literal("")
})

export const migrationsOf = ({ prefix, sql }: SqliteTables): Migrations => {
  const run = (statements: ReadonlyArray<string>) =>
    Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  return {
    "1_outbox": run([
      `CREATE TABLE ${prefix}message (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        created INTEGER NOT NULL DEFAULT (${now}),
        body TEXT NOT NULL)`,
      `CREATE TABLE ${prefix}sink (name TEXT PRIMARY KEY, last INTEGER NOT NULL, claims INTEGER NOT NULL) WITHOUT ROWID`,
      `CREATE TABLE ${prefix}claim (
        sink TEXT NOT NULL,
        n INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        after INTEGER NOT NULL,
        last INTEGER NOT NULL,
        token TEXT NOT NULL,
        lease_until INTEGER NOT NULL,
        PRIMARY KEY (sink, n)) WITHOUT ROWID`,
      `CREATE TABLE ${prefix}parked (${parkedColumns("INTEGER")})`,
      `CREATE INDEX ${prefix}parked_due ON ${prefix}parked (sink, dead, visible_at)`,
      `CREATE INDEX ${prefix}parked_at ON ${prefix}parked (dead, parked_at)`
    ])
  }
}
