import type * as Migration from "@trackmap/warehouse/Migration"
import * as Sql from "@trackmap/warehouse/Sql"
import { dialect } from "./dialect.ts"

/** The statements of a change. */
export const statementsOf = ({ table, ...change }: Migration.Change): ReadonlyArray<string> => {
  const name = Sql.quote(table.name)
  if (change._tag === "CreateTable") {
    const { of } = table
    return [
      `CREATE TABLE ${name} (${Sql.columns(table, dialect)})`,
      ...(of._tag === "Event" ? [`COMMENT ON TABLE ${name} IS ${Sql.literal(of.event)}`] : [])
    ]
  }
  const column = Sql.quote(change.column.name)
  const type = dialect.types[change.column.kind]
  return change._tag === "AddColumn"
    ? [`ALTER TABLE ${name} ADD COLUMN ${column} ${type}`]
    : [`ALTER TABLE ${name} ALTER COLUMN ${column} SET DATA TYPE ${type}`]
}
