import type { Exported, Format } from "@trackmap/core/PlanSupport"
import * as PlanTables from "@trackmap/warehouse/PlanTables"
import type * as Table from "@trackmap/warehouse/Table"
import { columnText, tablesOf, tableText, typeOf } from "./tables.ts"
import * as yaml from "./yaml.ts"

const had: PlanTables.Had = {
  tables: ["description", "deprecated"],
  columns: ["description", "deprecated", "personal", "values"]
}

/** The schema of the sinks for warehouses. */
const schema = "trackmap_events"

/** dbt reads texts as templates of Jinja. */
const literal = (text: string): string => text.replaceAll(/\{[{%#]/g, "{{ '$&' }}")

/** Names that dbt need not quote. */
const isPlain = (name: string): boolean => /^[a-z_][a-z0-9_]*$/.test(name)

const columnOf = (table: PlanTables.PlanTable, column: Table.Column) => {
  const text = columnText(table, column)
  return {
    name: column.name,
    ...(text !== undefined && { description: literal(text) }),
    data_type: typeOf(column),
    ...(!isPlain(column.name) && { quote: true }),
    ...(column.name === "message_id" && table.table.of._tag !== "Misfits" && { data_tests: ["not_null", "unique"] })
  }
}

export const dbt: Format["write"] = (plan, settings): Exported => {
  const tables = tablesOf("dbt", plan, settings)
  const source = {
    name: settings.name ?? schema,
    description: "The events of the tracking plan, as the sinks of Trackmap write them.",
    tables: tables.map((one) => ({
      name: literal(one.table.name),
      description: literal(tableText(one)),
      columns: one.table.columns.map((column) => columnOf(one, column))
    }))
  }
  const text = yaml.textOf("Written by `trackmap export dbt`: change the plan, not this file.", {
    version: 2,
    sources: [source]
  })
  return { files: new Map([["sources.yml", text]]), losses: PlanTables.losses(tables, had) }
}

export const format: Format = {
  name: "dbt",
  description: "dbt: sources with the tables that the sinks make",
  write: dbt
}
