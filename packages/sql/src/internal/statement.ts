/** The text of a query, in the SQL of each database. It has names, and never a value. */
import type { Kind } from "./column.ts"
import type { TableColumn, TableImpl } from "./table.ts"

export type Dialect = "postgres" | "sqlite"

export interface Order {
  readonly column: TableColumn
  readonly descending: boolean
}

export interface Select {
  readonly table: TableImpl
  readonly columns: ReadonlyArray<TableColumn>
  /** The column that must be one of the keys. */
  readonly by: TableColumn
  readonly orderBy: ReadonlyArray<Order>
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** SQLite takes a quoted name that is no column for a text, unless it follows the name of the table. */
const refer = ({ column }: TableColumn): string => `t.${quoted(column)}`

/** The name of a column in the result, which no driver's transformation of names changes. */
export const alias = (index: number): string => `c${index}`

type Reading = (reference: string) => string
const asText: Reading = (reference) => `${reference}::text`
/** Drivers and their settings differ in what they make of a time without a zone, and most cut it at the millisecond. */
const asMillis: Reading = (reference) => `floor(extract(epoch from ${reference}) * 1000)::text`
/** Its text is ISO 8601, whatever the connection's DateStyle. */
const asIso: Reading = (reference) => `to_json(${reference}) #>> '{}'`

/** Kinds that drivers return in different ways, or round, are read as text. */
const inPostgres: Partial<Readonly<Record<Kind, Reading>>> = {
  bigint: asText,
  numeric: asText,
  json: asText,
  timestamp: asMillis,
  timestamptz: asMillis,
  date: asIso
}
const inSqlite: Partial<Readonly<Record<Kind, Reading>>> = {
  bigint: (reference) => `CAST(${reference} AS TEXT)`,
  numeric: (reference) =>
    `CASE typeof(${reference}) WHEN 'integer' THEN CAST(${reference} AS TEXT) ELSE ${reference} END`
}

const times: ReadonlySet<Kind | undefined> = new Set<Kind>(["timestamp", "timestamptz", "date"])

const arrayInPostgres = (element: Kind | undefined): Reading =>
  times.has(element)
    ? (reference) => `to_json(${reference})::text`
    : (reference) => `to_json(${reference}::text[])::text`

const readingOf = ({ element, kind }: TableColumn, dialect: Dialect): Reading | undefined => {
  if (dialect === "sqlite") return inSqlite[kind]
  return kind === "array" ? arrayInPostgres(element) : inPostgres[kind]
}

const read = (column: TableColumn, index: number, dialect: Dialect): string => {
  const reference = refer(column)
  return `${readingOf(column, dialect)?.(reference) ?? reference} AS ${alias(index)}`
}

/** The types that PostgreSQL compares keys in. An enum has no operator for text. */
const keyTypes: Partial<Readonly<Record<Kind, string>>> = { int: "bigint", bigint: "bigint", uuid: "uuid" }

const condition = (by: TableColumn, dialect: Dialect): string => {
  const reference = refer(by)
  if (dialect === "sqlite") return `${reference} IN (SELECT value FROM json_each(?))`
  return `${by.kind === "literals" ? asText(reference) : reference} = ANY($1::text::${keyTypes[by.kind] ?? "text"}[])`
}

const ordered = ({ column, descending }: Order): string =>
  `${refer(column)}${descending ? " DESC" : ""}${column.nullable ? " NULLS LAST" : ""}`

export const textOf = ({ by, columns, orderBy, table }: Select, dialect: Dialect): string => {
  const from = [table.schema, table.table].flatMap((name) => (name === undefined ? [] : quoted(name))).join(".")
  const parts = [
    `SELECT ${columns.map((column, index) => read(column, index, dialect)).join(", ")}`,
    `FROM ${from} AS t`,
    `WHERE ${condition(by, dialect)}`
  ]
  if (orderBy.length > 0) parts.push(`ORDER BY ${orderBy.map(ordered).join(", ")}`)
  return parts.join(" ")
}
