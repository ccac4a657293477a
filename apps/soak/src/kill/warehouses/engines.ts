/** Engines that a run can start, and what it reads from them. */
import { mkdtempSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { DuckDBInstance } from "@duckdb/node-api"
import { Parquet } from "@trackmap/duckdb"
import * as Effect from "effect/Effect"
import { Pool } from "pg"
import { query } from "../../../../../packages/duckdb/test/reading.ts"
import * as postgres from "../../../../../compat/src/postgres/server.ts"

/** A row of an event: its message, and the values of its columns. */
export interface Row {
  readonly id: string
  readonly at: number
  readonly note: string
}

/** A warehouse that runs. */
export interface Engine {
  readonly place: string
  /** Waits until nothing is left of a writer that was killed. */
  readonly settled: () => Promise<void>
  /** All rows of a round's events. */
  readonly events: (round: number) => Promise<ReadonlyArray<Row>>
  /** The ids of the messages of a round in misfits. */
  readonly misfits: (round: number) => Promise<ReadonlyArray<string>>
  readonly stop: () => Promise<void>
}

/** Starts an engine, with its files in a folder, if it has files. Default: one of its own, which goes when it stops. */
export type Open = (folder?: string) => Promise<Engine>

const select = (table: string): string =>
  `SELECT message_id AS id, at::int AS at, note FROM trackmap_events.${table} WHERE message_id LIKE $1`

const onPostgres = async (): Promise<Engine> => {
  const { address, stop } = await postgres.start()
  const pool = new Pool({ connectionString: address, max: 1 })
  // `end` does not wait for the connections, so the server may end them first.
  pool.on("error", () => {})
  const read = (sql: string, round: number): Promise<Array<any>> =>
    pool.query(sql, [`${round}-%`]).then(
      ({ rows }) => rows,
      // The writer was killed before it had made the tables (undefined_table).
      (error: { readonly code?: string }) => (error.code === "42P01" ? [] : Promise.reject(error))
    )
  return {
    place: address,
    // PostgreSQL ends a statement that runs before it notices that its client is gone.
    settled: async () => {
      const others = "SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
      while ((await pool.query(others)).rowCount !== 0) await sleep(5)
    },
    events: (round) => read(`${select("paid")} UNION ALL ${select("shipped")}`, round),
    misfits: async (round) =>
      (await read("SELECT message_id AS id FROM trackmap_events.misfits WHERE message_id LIKE $1", round)).map(
        ({ id }) => id
      ),
    stop: async () => {
      await pool.end()
      await stop()
    }
  }
}

/** Rows, or none if the writer was killed before it had made the table or its first file. */
const orNone = (rows: Promise<ReadonlyArray<any>>): Promise<ReadonlyArray<any>> =>
  rows.catch((error: unknown) =>
    /Table with name \w+ does not exist/.test(String(error)) ? [] : Promise.reject(error)
  )

/** A folder with a DuckDB file or with Parquet files. */
const inFolder =
  (name: string, read: (place: string, sql: string) => Promise<ReadonlyArray<any>>): Open =>
  async (folder = mkdtempSync(join(tmpdir(), "trackmap-kill-"))) => {
    const place = join(folder, name)
    const rowsOf = (table: string, round: number) =>
      read(place, `SELECT message_id AS id, "at"::INT AS at, note FROM ${table} WHERE message_id LIKE '${round}-%'`)
    const events = async (round: number) => [...(await rowsOf("paid", round)), ...(await rowsOf("shipped", round))]
    return {
      place,
      settled: () => Promise.resolve(),
      events,
      misfits: async (round) => {
        const found = new Set((await events(round)).map(({ id }) => id))
        const misfits = await read(place, `SELECT message_id AS id FROM misfits WHERE message_id LIKE '${round}-%'`)
        // Parquet files have no transactions: the misfits of a message are there before its row.
        return misfits.map(({ id }) => String(id)).filter((id) => name.endsWith(".duckdb") || found.has(id))
      },
      stop: () => rm(folder, { recursive: true })
    }
  }

/** A sink of this process may have the file open, whose instance then reads. */
const onDuckDB = inFolder("events.duckdb", (place, sql) => orNone(Effect.runPromise(query(place, sql))))

const onParquet = inFolder("events", async (directory, sql) => {
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  try {
    await connection.run(await Effect.runPromise(Parquet.views({ directory })))
    return await orNone(connection.run(sql).then((result) => result.getRowObjectsJson()))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
})

export const engines: Readonly<Record<string, Open>> = {
  postgres: onPostgres,
  duckdb: onDuckDB,
  "duckdb-kept": onDuckDB,
  parquet: onParquet
}
