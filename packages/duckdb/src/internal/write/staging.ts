import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api"
import type { Rows } from "@trackmap/warehouse/Rows"
import * as Sql from "@trackmap/warehouse/Sql"
import type { Column, Kind, Table } from "@trackmap/warehouse/Table"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "../../DuckDBError.ts"
import type { Binding, Session } from "../engine/database.ts"
import { dialect } from "./dialect.ts"
import { onConnection, type Run } from "../engine/run.ts"

/** The types of columns while they are staged, which JavaScript can write without an object for each value, and what they become. */
const staged: { readonly [K in Kind]: { readonly type: string; readonly as: (name: string) => string } } = {
  string: { type: "VARCHAR", as: (name) => name },
  json: { type: "VARCHAR", as: (name) => `CAST(${name} AS JSON)` },
  // A double holds every safe integer.
  integer: { type: "DOUBLE", as: (name) => `CAST(${name} AS BIGINT)` },
  number: { type: "DOUBLE", as: (name) => name },
  boolean: { type: "BOOLEAN", as: (name) => name },
  timestamp: { type: "BIGINT", as: (name) => `make_timestamptz(${name})` }
}

const name = "trackmap_staged"

/** The temporary table. */
export const stage = `temp.main.${name}`

const stagedColumns = ({ columns }: Table): string =>
  columns.map(({ kind, name }) => `${Sql.quote(name)} ${staged[kind].type}`).join(", ")

/** The columns of the staged rows, as the table has them. */
export const selected = (columns: ReadonlyArray<Column>): string =>
  columns.map(({ kind, name }) => `${staged[kind].as(`s.${Sql.quote(name)}`)} AS ${Sql.quote(name)}`).join(", ")

/** Lets the service go on between chunks. */
const breath = (): Promise<void> => new Promise((resume) => setImmediate(resume))

const append = async (connection: DuckDBConnection, binding: Binding, { columns, size, table }: Rows) => {
  const types = table.columns.map(({ kind }) => binding[staged[kind].type as "VARCHAR"] as DuckDBType)
  const appender = await connection.createAppender(name, "main", "temp")
  try {
    const most = binding.DuckDBVector.standardSize()
    for (let from = 0; from < size; from += most) {
      if (from > 0) await breath()
      const to = Math.min(size, from + most)
      const chunk = binding.DuckDBDataChunk.create(types, to - from)
      for (const [at, values] of columns.entries()) {
        chunk.setColumnValues(at, values.slice(from, to) as ReadonlyArray<DuckDBValue>)
      }
      appender.appendDataChunk(chunk)
    }
    appender.flushSync()
  } finally {
    appender.closeSync()
  }
}

/** Puts rows into the temporary table, in place of those that it has. */
export const stageRows = (
  { binding, connection }: Session,
  run: Run,
  rows: Rows,
  failed: (cause: unknown) => DuckDBError
): Effect.Effect<void, DuckDBError> =>
  Effect.andThen(
    run(`CREATE OR REPLACE TEMP TABLE ${name} (${stagedColumns(rows.table)})`),
    onConnection(connection, () => append(connection, binding, rows), failed)
  )

/** The first and the last time of the rows, in microseconds, or undefined if some have none. */
const timesOf = ({ columns, table }: Rows): readonly [bigint, bigint] | undefined => {
  const at = table.columns.findIndex(({ name }) => dialect.fold(name) === "timestamp")
  const times = columns[at] as ReadonlyArray<bigint | null>
  let [first, last] = [times[0]!, times[0]!]
  for (const time of times) {
    if (time === null) return undefined
    if (time < first) first = time
    if (time > last) last = time
  }
  return [first, last]
}

/** Inserts the staged rows that are not there yet. A row that is there has the same time, so that DuckDB reads only the part of that time. */
export const insertSql = (rows: Rows): string => {
  const { columns, name: table, unique } = rows.table
  const times = timesOf(rows)
  const same = unique.map((name) => `o.${Sql.quote(name)} = s.${Sql.quote(name)}`)
  if (times !== undefined) {
    same.push(`o."timestamp" BETWEEN make_timestamptz(${times[0]}) AND make_timestamptz(${times[1]})`)
  }
  const into = `main.${Sql.quote(table)}`
  const names = columns.map(({ name }) => Sql.quote(name)).join(", ")
  const there = `SELECT 1 FROM ${into} o WHERE ${same.join(" AND ")}`
  return `INSERT INTO ${into} (${names}) SELECT ${selected(columns)} FROM ${stage} s WHERE NOT EXISTS (${there})`
}
