/**
 * The SQL that the engines have in common. Every name is quoted.
 *
 * @module
 */
import type { Dialect } from "./Dialect.ts"
import * as Table from "./Table.ts"

/**
 * A name in double quotes.
 *
 * @example
 * ```ts
 * import { Sql } from "@trackmap/warehouse"
 *
 * console.log(Sql.quote('a "b"')) // "a ""b"""
 * ```
 */
export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text in single quotes, for engines in which a backslash is an ordinary character. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** A table's columns with their types, as `CREATE TABLE` takes them. */
export const columns = (table: Table.Table, { types }: Dialect): string =>
  table.columns
    .map(({ kind, name, required }) => `${quote(name)} ${types[kind]}${required ? " NOT NULL" : ""}`)
    .join(", ")

/** The columns of the view over all events: those of every message, and the event's name and type. */
const seen = Table.messageColumns.map(({ name }) => quote(name)).join(", ")

/** The name of a tracked event, of a page or a screen. */
const eventOf = (comment: string | undefined, name: string, textOf: (text: string) => string): string => {
  if (name === Table.calls.page.name || name === Table.calls.screen.name)
    return `'${name.slice(0, -1)}' AS type, "name" AS event`
  return `'track' AS type, ${textOf(comment || name)} AS event`
}

const others: ReadonlySet<string> = new Set([
  Table.misfits.name,
  Table.calls.identify.name,
  Table.calls.group.name,
  Table.calls.alias.name
])

/**
 * The query of the view over all tracked events, pages and screens of the tables that a warehouse has: also of events that have left the plan. `nameOf`
 * writes a table's name, and `textOf` a text. The event's name is the table's comment.
 *
 * @example
 * ```ts
 * import { Sql, Table } from "@trackmap/warehouse"
 *
 * const columns = Table.messageColumns.map(({ name }) => ({ name, type: "TEXT" }))
 * console.log(Sql.events([{ name: "order_placed", comment: "Order Placed", columns }]))
 * // SELECT "message_id", "timestamp", "user_id", "anonymous_id", "group_id", "context", "integrations", "loaded_at", 'track' AS type, 'Order Placed' AS event FROM "order_placed"
 * ```
 */
export const events = (
  existing: ReadonlyArray<Table.Existing>,
  nameOf: (name: string) => string = quote,
  textOf: (text: string) => string = literal
): string =>
  existing
    .filter(
      ({ columns, name }) =>
        !others.has(name) && Table.messageColumns.every((column) => columns.some((one) => one.name === column.name))
    )
    .map(({ comment, name }) => `SELECT ${seen}, ${eventOf(comment, name, textOf)} FROM ${nameOf(name)}`)
    .join(" UNION ALL ")
