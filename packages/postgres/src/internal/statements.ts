import { type Migration, Sql, type Table } from "@trackmap/warehouse"
import { dialect } from "./dialect.ts"

/** A name with its schema. */
export const named =
  (schema: string) =>
  (name: string): string =>
    `${Sql.quote(schema)}.${Sql.quote(name)}`

/**
 * What makes a row of a table unique. An index has entries of at most a third of a page ("B-Tree Indexes"), and keys of misfits can be longer: they
 * count by their beginning and a hash.
 */
export const uniqueOf = (table: Table.Table): string =>
  table.of._tag === "Misfits"
    ? `(${Sql.quote("message_id")}, "left"("key", 250), hashtextextended("key", 0))`
    : `(${table.unique.map(Sql.quote).join(", ")})`

/** A text that a comment can hold: it cannot hold every text that an event's name can. */
export const held = (text: string): string => String(dialect.encode.string(text) ?? JSON.stringify(text).slice(1, -1))

/** The statements of a change. */
export const statementsOf = (change: Migration.Change, nameOf: (name: string) => string): ReadonlyArray<string> => {
  const { table } = change
  const name = nameOf(table.name)
  switch (change._tag) {
    case "CreateTable": {
      const { of } = table
      const isKey = of._tag !== "Misfits"
      return [
        `CREATE TABLE ${name} (${Sql.columns(table, dialect)}${isKey ? `, PRIMARY KEY ${uniqueOf(table)}` : ""})`,
        ...(isKey ? [] : [`CREATE UNIQUE INDEX ON ${name} ${uniqueOf(table)}`]),
        ...(of._tag === "Event" ? [`COMMENT ON TABLE ${name} IS ${Sql.literal(held(of.event))}`] : [])
      ]
    }
    case "AddColumn":
      return [`ALTER TABLE ${name} ADD COLUMN ${Sql.columns({ ...table, columns: [change.column] }, dialect)}`]
    case "WidenColumn":
      return [`ALTER TABLE ${name} ALTER COLUMN ${Sql.quote(change.column.name)} TYPE ${dialect.types.number}`]
  }
}
