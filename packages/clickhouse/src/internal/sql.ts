import * as Uuid from "@trackmap/core/Uuid"
import type { Change } from "@trackmap/warehouse/Migration"
import * as Sql from "@trackmap/warehouse/Sql"
import * as Table from "@trackmap/warehouse/Table"
import { dialect } from "./dialect.ts"

/** Where the tables are. */
export interface Place {
  readonly database: string
  readonly cluster: string | undefined
}

/** A table that exists, with its engine. */
export interface Existing extends Table.Existing {
  readonly engine: string
}

/** In ClickHouse a backslash begins an escape, also in names. */
const escaped = (text: string): string => text.replaceAll("\\", "\\\\")
export const quote = (name: string): string => Sql.quote(escaped(name))
export const literal = (text: string): string => Sql.literal(escaped(text))

const names = (columns: ReadonlyArray<string>): string => columns.map(quote).join(", ")
const onCluster = ({ cluster }: Place): string => (cluster === undefined ? "" : ` ON CLUSTER ${quote(cluster)}`)
export const nameOf = (place: Place, table: string): string => `${quote(place.database)}.${quote(table)}`

/** A column and its type, which says whether it takes null. */
const column = ({ kind, name, required }: Table.Column): string => {
  const [type, ...comment] = dialect.types[kind].split(" COMMENT ")
  const stored = required ? type : `Nullable(${type})`
  return [`${quote(name)} ${stored}`, ...comment].join(" COMMENT ")
}

/**
 * Rows are one if they agree in what a table is sorted by, and are only compared within a partition. A message has one time, and therefore one
 * partition. A misfit need have no time.
 */
const engineOf = (table: Table.Table, { cluster }: Place): string => {
  const engine = `${cluster === undefined ? "" : "Replicated"}ReplacingMergeTree(${quote("loaded_at")})`
  return table.of._tag === "Misfits"
    ? `${engine} ORDER BY (${names(table.unique)})`
    : `${engine} PARTITION BY toYYYYMM(${quote("timestamp")}) ORDER BY (${names(["timestamp", ...table.unique])})`
}

/** The statement of a change. Several services can run it at once. */
export const change = (given: Change, place: Place): string => {
  const { table } = given
  const name = `${nameOf(place, table.name)}${onCluster(place)}`
  switch (given._tag) {
    case "CreateTable": {
      const comment = table.of._tag === "Event" ? ` COMMENT ${literal(table.of.event)}` : ""
      const columns = table.columns.map(column).join(", ")
      return `CREATE TABLE IF NOT EXISTS ${name} (${columns}) ENGINE = ${engineOf(table, place)} SETTINGS non_replicated_deduplication_window = 1000${comment}`
    }
    case "AddColumn":
      return `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${column(given.column)}`
    case "WidenColumn":
      return `ALTER TABLE ${name} MODIFY COLUMN ${column(given.column)}`
  }
}

/** Whether it is a table like the sink's, and no view. */
export const isTable = ({ engine }: Existing): boolean => engine.endsWith("ReplacingMergeTree")

/** Tells the view from one that is not ours. */
export const viewComment = "All tracked events, pages and screens"

/**
 * The statement of the view over all events, and its comment, which tells one query from another. FINAL leaves out rows that a later one replaces.
 */
export const view = (
  existing: ReadonlyArray<Existing>,
  place: Place
): { readonly statement: string; readonly comment: string } => {
  const ours = existing.filter(isTable)
  const query = Sql.events(ours, (table) => `${nameOf(place, table)} FINAL`, literal)
  const comment = `${viewComment} (${Uuid.of(query)})`
  const name = `${nameOf(place, Table.events)}${onCluster(place)}`
  return { statement: `CREATE OR REPLACE VIEW ${name} AS ${query} COMMENT ${literal(comment)}`, comment }
}

/** The catalogue's tables and columns. */
export const tables = ({ database }: Place): string =>
  `SELECT name, engine, comment FROM system.tables WHERE database = ${literal(database)} ORDER BY name FORMAT JSONCompactEachRow`
export const columns = ({ database }: Place): string =>
  `SELECT table, name, type, comment FROM system.columns WHERE database = ${literal(database)} ORDER BY table, position FORMAT JSONCompactEachRow`

/** The value of a statement, which comes with the request and is no part of the text (ClickHouse, "HTTP interface", "Queries with parameters"). */
export const parameter = "{value:String}"
/** A value as a request has it. */
export const escapedValue = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll("\t", "\\t").replaceAll("\n", "\\n").replaceAll("\0", "\\0")

export const count = (place: Place, table: string, where: string): string =>
  `SELECT count() FROM ${nameOf(place, table)} WHERE ${where} FORMAT JSONCompactEachRow`
export const anonymousIds = (place: Place, table: string, where: string): string =>
  `SELECT DISTINCT "anonymous_id" FROM ${nameOf(place, table)} WHERE ${where} AND "anonymous_id" IS NOT NULL FORMAT JSONCompactEachRow`

/**
 * Deletes rows, and ends when all replicas have. Replicated tables take a query in the condition only with the second setting; here all replicas find
 * the same, since each statement waits for the one before.
 */
export const remove = (place: Place, table: string, where: string): string =>
  `ALTER TABLE ${nameOf(place, table)} DELETE WHERE ${where} SETTINGS mutations_sync = 2, allow_nondeterministic_mutations = 1`

/**
 * What a version or the profile of a user may have set otherwise: to round numbers in their last digit, to read text that is no time as a time, to
 * skip bad rows, to write a default for null, to confirm rows before they are written, or to refuse a batch of many months.
 */
const settings = [
  "async_insert = 0",
  "date_time_input_format = 'best_effort'",
  "input_format_allow_errors_num = 0",
  "input_format_allow_errors_ratio = 0",
  "input_format_json_compact_allow_variable_number_of_columns = 0",
  "input_format_null_as_default = 0",
  "max_partitions_per_insert_block = 0",
  "precise_float_parsing = 1"
].join(", ")

/** The beginning of an insert, which the rows follow: a JSON array in each line. ClickHouse drops a batch whose token it has seen. */
export const insert = (place: Place, table: string, columns: ReadonlyArray<string>, token: string): string =>
  `INSERT INTO ${nameOf(place, table)} (${names(columns)}) SETTINGS insert_deduplication_token = ${literal(token)}, ${settings} FORMAT JSONCompactEachRow\n`
