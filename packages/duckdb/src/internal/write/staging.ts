import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api"
import type { Rows } from "@trackmap/warehouse/Rows"
import * as Sql from "@trackmap/warehouse/Sql"
import type { Column, Kind } from "@trackmap/warehouse/Table"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "../../DuckDBError.ts"
import type { Binding, Session } from "../engine/database.ts"
import { dialect } from "./dialect.ts"
import { onConnection, type Run } from "../engine/run.ts"

/** The types of columns while they are staged, which JavaScript can write without an object for each value, and what they become. */
const staged: { readonly [K in Kind]: { readonly type: string; readonly as: (name: string) => string } } = {
  string: { type: "VARCHAR", as: (name) => name },
  // Its text is valid, so that DuckDB need not parse it.
  json: { type: "JSON", as: (name) => name },
  // A double holds every safe integer.
  integer: { type: "DOUBLE", as: (name) => `CAST(${name} AS BIGINT)` },
  number: { type: "DOUBLE", as: (name) => name },
  boolean: { type: "BOOLEAN", as: (name) => name },
  timestamp: { type: "BIGINT", as: (name) => `make_timestamptz(${name})` }
}

const name = "trackmap_staged"

/** The temporary table. */
const stage = `temp.main.${name}`

/** A column of rows, and its value in SQL if all of them have the same. Such a column is not staged: a null costs more than a text. */
interface Staged {
  readonly column: Column
  readonly values: ReadonlyArray<unknown>
  readonly constant: string | undefined
}

const constantOf = ({ kind }: Column, values: ReadonlyArray<unknown>): string | undefined => {
  const [first] = values
  if (first !== null && kind !== "timestamp") return undefined
  if (values.some((value) => value !== first)) return undefined
  return first === null ? `NULL::${dialect.types[kind]}` : staged.timestamp.as(String(first))
}

const stagedOf = ({ columns, table }: Rows): ReadonlyArray<Staged> =>
  table.columns.map((column, at) => ({ column, values: columns[at]!, constant: constantOf(column, columns[at]!) }))

const definition = (columns: ReadonlyArray<Staged>): string =>
  columns.map(({ column: { kind, name } }) => `${Sql.quote(name)} ${staged[kind].type}`).join(", ")

/** The staged rows, as the table has them. */
const queryOf = (columns: ReadonlyArray<Staged>): string => {
  const all = columns.map(({ column: { kind, name }, constant }) => {
    const quoted = Sql.quote(name)
    return `${constant ?? staged[kind].as(`s.${quoted}`)} AS ${quoted}`
  })
  return `SELECT ${all.join(", ")} FROM ${stage} s`
}

/** Lets the service go on between chunks. */
const breath = (): Promise<void> => new Promise((resume) => setImmediate(resume))

const append = async (
  connection: DuckDBConnection,
  binding: Binding,
  columns: ReadonlyArray<Staged>,
  size: number
): Promise<void> => {
  const types = columns.map(({ column: { kind } }): DuckDBType => {
    const { type } = staged[kind]
    return binding[(type === "JSON" ? "VARCHAR" : type) as "VARCHAR"]
  })
  const appender = await connection.createAppender(name, "main", "temp")
  try {
    const most = binding.DuckDBVector.standardSize()
    for (let from = 0; from < size; from += most) {
      if (from > 0) await breath()
      const to = Math.min(size, from + most)
      const chunk = binding.DuckDBDataChunk.create(types, to - from)
      for (const [at, { values }] of columns.entries()) {
        chunk.setColumnValues(at, values.slice(from, to) as ReadonlyArray<DuckDBValue>)
      }
      appender.appendDataChunk(chunk)
    }
    appender.flushSync()
  } finally {
    appender.closeSync()
  }
}

/** Puts rows into the temporary table, in place of those that it has. Returns the query of these rows, as the table has them. */
export const stageRows = (
  { binding, connection }: Session,
  run: Run,
  rows: Rows,
  failed: (cause: unknown) => DuckDBError
): Effect.Effect<string, DuckDBError> =>
  Effect.suspend(() => {
    const columns = stagedOf(rows)
    const varying = columns.filter(({ constant }) => constant === undefined)
    return Effect.andThen(
      run(`CREATE OR REPLACE TEMP TABLE ${name} (${definition(varying)})`),
      onConnection(connection, () => append(connection, binding, varying, rows.size), failed)
    ).pipe(Effect.as(queryOf(columns)))
  })

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

/** Inserts the rows of a query over the staged ones that are not there yet. A row that is there has the same time, so that DuckDB reads only the part of that time. */
export const insertSql = (rows: Rows, query: string): string => {
  const { columns, name: table, unique } = rows.table
  const times = timesOf(rows)
  const same = unique.map((name) => `o.${Sql.quote(name)} = s.${Sql.quote(name)}`)
  if (times !== undefined) {
    same.push(`o."timestamp" BETWEEN make_timestamptz(${times[0]}) AND make_timestamptz(${times[1]})`)
  }
  const into = `main.${Sql.quote(table)}`
  const names = columns.map(({ name }) => Sql.quote(name)).join(", ")
  const there = `SELECT 1 FROM ${into} o WHERE ${same.join(" AND ")}`
  return `INSERT INTO ${into} (${names}) ${query} WHERE NOT EXISTS (${there})`
}
