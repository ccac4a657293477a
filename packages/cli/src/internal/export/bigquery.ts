import type { Exported, Format, Loss } from "@trackmap/core/PlanSupport"
import { fileNames } from "@trackmap/core/PlanSupport"
import * as Dialect from "@trackmap/warehouse/Dialect"
import * as PlanTables from "@trackmap/warehouse/PlanTables"
import type * as Table from "@trackmap/warehouse/Table"
import { columnText } from "./tables.ts"

/** BigQuery ("Schemas", "Specifying a schema"; "Quotas and limits", "Table limits"). Names of columns differ by more than their case. */
const dialect: Dialect.Dialect = {
  name: "BigQuery",
  types: {
    string: "STRING",
    integer: "INTEGER",
    number: "FLOAT",
    boolean: "BOOLEAN",
    timestamp: "TIMESTAMP",
    json: "JSON"
  },
  kindOf: () => undefined,
  fold: (name) => name.toLowerCase(),
  nameBytes: 300,
  columns: 10_000,
  encode: Dialect.encode
}

/** The longest description of a column in characters (the same page). */
const longest = 1_024

const had: PlanTables.Had = { tables: [], columns: ["description", "deprecated", "personal", "values"] }

const fieldOf = (table: PlanTables.PlanTable, column: Table.Column) => {
  const text = columnText(table, column)
  return {
    name: column.name,
    type: dialect.types[column.kind],
    mode: column.required ? "REQUIRED" : "NULLABLE",
    ...(text !== undefined && { description: Array.from(text).slice(0, longest).join("") })
  }
}

const cut = (table: PlanTables.PlanTable): ReadonlyArray<Loss> =>
  table.table.columns.flatMap((column) =>
    Array.from(columnText(table, column) ?? "").length > longest
      ? [
          {
            name: table.event?.name ?? table.call ?? "",
            key: column.name,
            what: `the description after ${longest} characters`
          }
        ]
      : []
  )

export const bigquery: Format["write"] = (plan, settings): Exported => {
  const tables = PlanTables.make("bigquery", plan, settings, dialect)
  const files = fileNames(tables.map(({ table }) => table.name))
  return {
    files: new Map(
      tables.map((one) => [
        `${files.get(one.table.name)!}.json`,
        `${JSON.stringify(
          one.table.columns.map((column) => fieldOf(one, column)),
          null,
          2
        )}\n`
      ])
    ),
    losses: [...PlanTables.losses(tables, had), ...tables.flatMap(cut)]
  }
}

export const format: Format = {
  name: "bigquery",
  description: "BigQuery: a JSON schema for each table",
  write: bigquery
}
