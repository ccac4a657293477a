import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult, DuckDBType, Json as DuckDBJson } from "@duckdb/node-api"
import type { Json } from "@trackmap/core/Message"
import * as Sql from "@trackmap/warehouse/Sql"
import { QueryError } from "../../DuckDBError.ts"
import type { Answered, Column, Kind, Question, SelectOptions, Table } from "../../Explorer.ts"
import type { Binding } from "../engine/database.ts"
import { kindOf } from "../write/dialect.ts"
import * as guard from "./guard.ts"
import { sqlOf, tableOf } from "./question.ts"

/** What is asked of a file. */
export type Job =
  | { readonly _tag: "Catalog" }
  | { readonly _tag: "Ask"; readonly question: Question }
  | { readonly _tag: "Select"; readonly sql: string; readonly options: SelectOptions }

/** What answers: an open file. */
export interface Open {
  readonly binding: Binding
  readonly connection: DuckDBConnection
}

/** The bytes of an answer, about, beyond which it is cut. */
const mostBytes = 8_000_000

const catalogSql = `SELECT c.table_name, t.comment, t.estimated_size, c.column_name, c.data_type
FROM duckdb_columns() c LEFT JOIN duckdb_tables() t USING (database_name, schema_name, table_name)
WHERE c.database_name = current_database() AND c.schema_name = 'main' AND NOT c.internal
ORDER BY t.table_name IS NULL, c.table_name, c.column_index`

/** Types that are text to a reader. */
const texts: ReadonlySet<string> = new Set(["DATE", "TIME", "UUID", "INTERVAL", "BLOB"])
const integers = /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/

const readKind = (type: string): Kind =>
  kindOf(type) ??
  (integers.test(type)
    ? "integer"
    : /^(?:FLOAT|DECIMAL)/.test(type)
      ? "number"
      : type.startsWith("TIMESTAMP")
        ? "timestamp"
        : texts.has(type) || type.startsWith("ENUM")
          ? "string"
          : "other")

const catalogOf = async (connection: DuckDBConnection): Promise<ReadonlyArray<Table>> => {
  const rows = (await (await connection.run(catalogSql)).getRows()) as ReadonlyArray<ReadonlyArray<unknown>>
  const tables = new Map<string, Table & { readonly columns: Array<Column> }>()
  for (const [table, comment, size, name, type] of rows) {
    let found = tables.get(String(table))
    if (found === undefined) {
      found = {
        name: String(table),
        ...(comment !== null && { event: String(comment) }),
        ...(size !== null && { rows: Number(size) }),
        columns: []
      }
      tables.set(found.name, found)
    }
    found.columns.push({ name: String(name), kind: readKind(String(type)) })
  }
  return [...tables.values()]
}

/** A time in UTC, as JavaScript writes it, or as DuckDB does if JavaScript has no such time. */
const timeOf = (micros: bigint, text: string): string => {
  const date = new Date(Number(micros / 1000n))
  return Number.isNaN(date.getTime()) ? text : date.toISOString()
}

/** Reads the JSON of a column's value. */
const reader = (binding: Binding, type: DuckDBType): ((value: DuckDBJson, raw: unknown) => Json) => {
  const name = type.alias ?? String(type)
  switch (readKind(name)) {
    case "integer":
      return (value) => (value === null || !Number.isSafeInteger(Number(value)) ? (value as Json) : Number(value))
    case "number":
      return (value) => (typeof value === "string" && Number.isFinite(Number(value)) ? Number(value) : (value as Json))
    case "timestamp":
      return (value, raw) =>
        raw instanceof binding.DuckDBTimestampTZValue || raw instanceof binding.DuckDBTimestampValue
          ? timeOf(raw.micros, String(value))
          : (value as Json)
    case "json":
      return (value) => (value === null ? null : (JSON.parse(String(value)) as Json))
    default:
      return (value) => value as Json
  }
}

/** Ends a result that nobody reads further: until it has ended, its file stays open. */
const stop = async (connection: DuckDBConnection, result: DuckDBResult): Promise<void> => {
  connection.interrupt()
  try {
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    );
  } catch {
    // It has been interrupted.
  }
}

/** Reads a result until it has more rows than the limit, or is too large. */
const readRows = async (
  { binding, connection }: Open,
  sql: string,
  limit: number
): Promise<Omit<Answered, "sql" | "ms">> => {
  const result = await connection.stream(sql)
  const types = result.columnTypes()
  const names = result.columnNames()
  const columns = names.map((name, at) => ({ name, kind: readKind(types[at]!.alias ?? String(types[at])) }))
  const readers = types.map((type) => reader(binding, type))
  const rows: Array<ReadonlyArray<Json>> = []
  let bytes = 0
  for (;;) {
    const chunk: DuckDBDataChunk | null = await result.fetchChunk()
    if (chunk === null || chunk.rowCount === 0) return { columns, rows, truncated: false }
    const values = types.map((_, at) => chunk.convertColumnValues(at, binding.JsonDuckDBValueConverter))
    const raws = types.map((_, at) => (columns[at]!.kind === "timestamp" ? chunk.getColumnValues(at) : undefined))
    for (let row = 0; row < chunk.rowCount; row++) {
      const cells = readers.map((read, at) => read(values[at]![row]!, raws[at]?.[row]))
      bytes += JSON.stringify(cells).length
      if (rows.length >= limit || bytes > mostBytes) {
        await stop(connection, result)
        if (rows.length === 0 && limit > 0) {
          throw new QueryError({ reason: "a single row has more than 8 MB: select fewer columns, or parts of them" })
        }
        return { columns, rows, truncated: true }
      }
      rows.push(cells)
    }
  }
}

/** The names of all tables and views, also DuckDB's own. */
const namesOf = async (connection: DuckDBConnection): Promise<ReadonlySet<string>> => {
  const sql = "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views()"
  const rows = await (await connection.run(sql)).getRows()
  return new Set(rows.map(([name]) => String(name).toLowerCase()))
}

/** Numbers the databases of views, since all connections of an instance see their names. */
let attached = 0

/** Runs with a database in memory, for views, and removes it. */
const withViews = async <A>(connection: DuckDBConnection, use: (views: string) => Promise<A>): Promise<A> => {
  const [[database]] = (await (await connection.run("SELECT current_database()")).getRows()) as [[string]]
  const views = Sql.quote(`shown ${++attached}`)
  await connection.run(`ATTACH ':memory:' AS ${views} (READ_WRITE)`)
  try {
    return await use(views)
  } finally {
    await connection.run(`ROLLBACK; USE ${Sql.quote(database)}; DETACH ${views}`).catch(() => {})
  }
}

/**
 * Puts a view with the visible columns for each visible table into a database, and resolves names in it. Temporary views would not do: the file's own view
 * over all events would read them in place of the tables. Returns the names in lower case.
 */
const hide = async (
  connection: DuckDBConnection,
  views: string,
  { visible }: SelectOptions
): Promise<ReadonlySet<string>> => {
  const shown = new Set<string>()
  const [[database]] = (await (await connection.run("SELECT current_database()")).getRows()) as [[string]]
  const tables = await catalogOf(connection)
  for (const { columns, name } of tables) {
    const given = Object.hasOwn(visible, name) ? visible[name]! : []
    const kept = columns.filter((column) => given.includes(column.name)).map((column) => Sql.quote(column.name))
    if (kept.length === 0) continue
    const source = `${Sql.quote(database)}.main.${Sql.quote(name)}`
    await connection.run(`CREATE VIEW ${views}.main.${Sql.quote(name)} AS SELECT ${kept.join(", ")} FROM ${source}`)
    shown.add(name.toLowerCase())
  }
  await connection.run(`USE ${views}`)
  return shown
}

const checked = async (
  connection: DuckDBConnection,
  views: string,
  sql: string,
  options: SelectOptions
): Promise<void> => {
  const serialized = await connection.run("SELECT json_serialize_sql($1::VARCHAR)", [sql])
  const [[text]] = (await serialized.getRows()) as [[string]]
  const existing = await namesOf(connection)
  guard.check(text, { existing, visible: await hide(connection, views, options) })
}

/** DuckDB knows the first and the last time of a table without reading it. */
const rangeSql = (name: string): string =>
  `SELECT epoch_ms(min("timestamp"))::DOUBLE, epoch_ms(max("timestamp"))::DOUBLE FROM ${Sql.quote(name)}`

const asked = async (connection: DuckDBConnection, question: Question): Promise<string> => {
  const table = tableOf(question, await catalogOf(connection))
  if (question.every === undefined) return sqlOf(question, table, undefined)
  const [[from, to]] = (await (await connection.run(rangeSql(table.name))).getRows()) as [
    [number | null, number | null]
  ]
  return sqlOf(question, table, { from: from ?? 0, to: to ?? 0 })
}

/** What DuckDB says about a question is for the person who asked it. */
const queryError = (cause: unknown): QueryError => {
  if (cause instanceof QueryError) return cause
  const text = cause instanceof Error ? cause.message : String(cause)
  return new QueryError({ reason: text.replaceAll(/\s*\n[\s\S]*$/g, "") })
}

const run = async (open: Open, sql: string, limit: number): Promise<Answered> => {
  await open.connection.run("BEGIN TRANSACTION READ ONLY")
  const from = performance.now()
  const read = await readRows(open, sql, limit)
  return { sql, ...read, ms: Math.round(performance.now() - from) }
}

/**
 * Answers on a connection of its own, which reads and is closed afterwards. Rejects with `QueryError`. Whoever interrupts the connection ends it.
 */
export const answer = async (open: Open, job: Job): Promise<Answered | ReadonlyArray<Table>> => {
  const { connection } = open
  try {
    if (job._tag === "Catalog") return await catalogOf(connection)
    if (job._tag === "Ask") return await run(open, await asked(connection, job.question), job.question.limit)
    return await withViews(connection, async (views) => {
      await checked(connection, views, job.sql, job.options)
      return run(open, job.sql, job.options.limit)
    })
  } catch (cause) {
    throw queryError(cause)
  }
}
