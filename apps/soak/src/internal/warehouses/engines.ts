/** The warehouses that generated messages go to, each empty. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DuckDBInstance } from "@duckdb/node-api"
import { ClickHouse } from "@trackmap/clickhouse"
import type { EventSink, HttpTransport } from "@trackmap/core"
import { DuckDB, Parquet } from "@trackmap/duckdb"
import { Postgres } from "@trackmap/postgres"
import { ClickHouseServer } from "@trackmap/testing"
import { Instant, Sql, type Table } from "@trackmap/warehouse"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Pool } from "pg"
import { anyTime, type Holding } from "../../../../../packages/warehouse/test/comparing.ts"
import type { Found, Row } from "./law.ts"

/** A warehouse. */
export interface Warehouse extends Found {
  readonly name: string
  readonly holding: Holding
  readonly sink: EventSink.EventSink<any, HttpTransport.HttpTransport>
}

type Kinds = Parameters<Found["rows"]>[1]

/** The SQL that reads a column as text, so that no digit is lost. */
type Read = (column: string, kind: Table.Kind) => string

const select = (table: string, kinds: Kinds, read: Read): string =>
  `SELECT ${Object.entries(kinds).map(([column, kind]) => `${read(Sql.quote(column), kind)} AS ${Sql.quote(column)}`)} FROM ${table}`

const rowOf = (kinds: Kinds, read: (column: string) => unknown): Row =>
  Object.fromEntries(
    Object.keys(kinds).map((column) => {
      const value = read(column)
      return [column, value === null ? null : String(value)]
    })
  )

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-fuzz-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** As bytes, since DuckDB for Node.js reads texts without the byte order mark that they begin with. */
const readDuckDB: Read = (column, kind) => `hex((${kind === "timestamp" ? `epoch_us(${column})` : column})::VARCHAR)`

const ofHex = (hex: unknown): string | null => (hex === null ? null : Buffer.from(String(hex), "hex").toString())

/** Reads a file, or the views of files, in an instance of its own. Tables without a file are not there. */
const inDuckDB =
  (path: string, views: () => Promise<string>): Found["rows"] =>
  async (table, kinds) => {
    const instance = await DuckDBInstance.create(path)
    const connection = await instance.connect()
    try {
      const made = await views()
      if (made.trim() !== "") await connection.run(made)
      const names = await (await connection.run("SELECT table_name FROM information_schema.tables")).getRows()
      if (!names.some(([name]) => name === table)) return []
      const there = await (await connection.run(`DESCRIBE ${table}`)).getRows()
      const known = new Set(there.map(([name]) => name))
      const columns = Object.fromEntries(Object.entries(kinds).filter(([column]) => known.has(column)))
      const rows = await (await connection.run(select(table, columns, readDuckDB))).getRowObjects()
      return rows.map((row) => rowOf(kinds, (column) => ofHex(row[column] ?? null)))
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  }

const duckdb = Effect.map(folder, (path): Warehouse => {
  const file = join(path, "events.duckdb")
  return {
    name: "duckdb",
    holding: { nul: true, halves: false, ...anyTime },
    sink: DuckDB.sink({ file }),
    rows: inDuckDB(file, () => Promise.resolve(""))
  }
})

const parquet = Effect.map(folder, (path): Warehouse => {
  const directory = join(path, "events")
  return {
    name: "parquet",
    holding: { nul: true, halves: false, ...anyTime },
    sink: Parquet.sink({ directory }),
    rows: inDuckDB(":memory:", () => Effect.runPromise(Parquet.views({ directory })))
  }
})

/** A time in ClickHouse's own form. */
const instant = (stored: unknown): string => String(Instant.micros(`${String(stored).replace(" ", "T")}Z`))

const clickhouse = Effect.map(ClickHouseServer.make(), (server): Warehouse => {
  const { password, rows, url } = server
  return {
    name: "clickhouse",
    holding: {
      nul: true,
      halves: true,
      from: BigInt(Date.UTC(1900, 0)) * 1000n,
      to: BigInt(Date.UTC(2300, 0)) * 1000n
    },
    sink: ClickHouse.sink({ url, password: Redacted.make(password) }),
    rows: async (table, kinds) =>
      (await Effect.runPromise(rows(table))).map((row) =>
        rowOf(kinds, (column) => {
          const stored = row[column] ?? null
          return stored === null || kinds[column] !== "timestamp" ? stored : instant(stored)
        })
      )
  }
})

const readPostgres: Read = (column, kind) =>
  `(${kind === "timestamp" ? `(extract(epoch FROM ${column}) * 1000000)::bigint` : column})::text`

let schemas = 0

const postgres = (address: string): Effect.Effect<Warehouse, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => ({
      pool: new Pool({ connectionString: address, max: 2 }),
      schema: `fuzz_${process.pid}_${schemas++}`
    })),
    ({ pool, schema }) =>
      Effect.promise(async () => {
        await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
        await pool.end()
      })
  ).pipe(
    Effect.map(({ pool, schema }): Warehouse => ({
      name: "postgres",
      holding: { ...anyTime, nul: false, halves: false, from: BigInt(Date.UTC(-4712, 0)) * 1000n },
      sink: Postgres.sink({ pool, schema }),
      rows: async (table, kinds) => {
        const { rows } = await pool.query(select(`${schema}.${table}`, kinds, readPostgres))
        return rows.map((row: Readonly<Record<string, unknown>>) => rowOf(kinds, (column) => row[column]))
      }
    }))
  )

/** The warehouses: PostgreSQL only where there is a server. */
export const open = (address: string | undefined): Effect.Effect<ReadonlyArray<Warehouse>, never, Scope.Scope> =>
  Effect.all([duckdb, parquet, clickhouse, ...(address === undefined ? [] : [postgres(address)])])
