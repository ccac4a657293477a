import { randomUUID } from "node:crypto"
import { Pool } from "pg"
import { inject } from "vitest"
import { PostgresUnavailable } from "./server.ts"

/** A separate database on the shared PostgreSQL server. */
export interface Database {
  readonly address: string
  /** A pool of connections to it. */
  readonly connect: () => Pool
  /** Drops all tables, and runs the database's statements again. */
  readonly reset: () => Promise<void>
  readonly drop: () => Promise<void>
}

/** Runs statements one after another on a new connection. */
const run = async (address: string, statements: ReadonlyArray<string>): Promise<void> => {
  const pool = new Pool({ connectionString: address, max: 1 })
  try {
    for (const statement of statements) await pool.query(statement)
  } finally {
    await pool.end()
  }
}

/** Creates a database, or rejects with `PostgresUnavailable` if there is no server. */
export const openPostgres = async (statements: ReadonlyArray<string>): Promise<Database> => {
  const server = inject("postgres")
  if ("unavailable" in server) throw new PostgresUnavailable(server.unavailable)
  const name = `wholesale_${randomUUID().replaceAll("-", "")}`
  await run(server.address, [`CREATE DATABASE ${name}`])
  const address = new URL(server.address)
  address.pathname = name
  await run(address.href, statements)
  return {
    address: address.href,
    connect: () => {
      const pool = new Pool({ connectionString: address.href })
      // `end` does not wait for the connections, so dropping the database may end them first.
      pool.on("error", () => {})
      return pool
    },
    reset: () => run(address.href, ["DROP SCHEMA public CASCADE", "CREATE SCHEMA public", ...statements]),
    drop: () => run(server.address, [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`])
  }
}
