import type { Rows, Table } from "@trackmap/warehouse"
import { Sql } from "@trackmap/warehouse"
import * as Effect from "effect/Effect"
import * as arrays from "./arrays.ts"
import type { Query } from "./client.ts"
import { dialect } from "./dialect.ts"
import type { Failure } from "./failure.ts"
import { named } from "./statements.ts"

const statementOf = ({ columns, name }: Table.Table, schema: string): string => {
  const names = columns.map((column) => Sql.quote(column.name)).join(", ")
  const lists = columns.map(({ kind }, at) => `$${at + 1}::${dialect.types[kind]}[]`).join(", ")
  return `INSERT INTO ${named(schema)(name)} (${names}) SELECT * FROM unnest(${lists}) ON CONFLICT DO NOTHING`
}

/**
 * A function that inserts the rows of a batch, a statement for each table. Every instance takes the tables and their rows in one order, so that two
 * with the same messages wait for each other and do not deadlock.
 */
export const make = (
  schema: string
): ((query: Query, all: ReadonlyArray<Rows.Rows>) => Effect.Effect<void, Failure>) => {
  const statements = new Map<string, string>()
  const statement = (table: Table.Table): string => {
    let text = statements.get(table.name)
    if (text === undefined) statements.set(table.name, (text = statementOf(table, schema)))
    return text
  }
  return (query, all) => {
    const sorted = [...all].sort((a, b) => (a.table.name < b.table.name ? -1 : 1))
    return Effect.forEach(
      sorted,
      ({ columns, table }) =>
        Effect.suspend(() =>
          query(
            statement(table),
            columns.map((values, at) => arrays.textOf(table.columns[at]!.kind, values))
          )
        ),
      { discard: true }
    )
  }
}
