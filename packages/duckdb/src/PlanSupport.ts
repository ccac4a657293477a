/**
 * The format `duckdb` of `trackmap export`: the statements that make the sink's tables for a plan.
 *
 * @module
 */
import type { Exported, Format, PlanSupport } from "@trackmap/core/PlanSupport"
import * as PlanTables from "@trackmap/warehouse/PlanTables"
import type { Table } from "@trackmap/warehouse/Table"
import { dialect } from "./internal/write/dialect.ts"
import { statementsOf } from "./internal/write/statements.ts"

const had: PlanTables.Had = { tables: [], columns: ["description", "deprecated", "personal"] }

const create = (table: Table): ReadonlyArray<string> => statementsOf({ _tag: "CreateTable", table })

const write: Format["write"] = (plan, settings): Exported => {
  const tables = PlanTables.make("duckdb", plan, settings, dialect)
  const statements = ["BEGIN", ...PlanTables.statements(tables, { dialect, create }), "COMMIT"]
  return {
    files: new Map([["tables.sql", `${statements.join(";\n")};\n`]]),
    losses: PlanTables.losses(tables, had)
  }
}

/**
 * What `trackmap` knows of DuckDB: the format `duckdb`, with the tables that `DuckDB.sink` would make.
 *
 * @example
 * ```ts
 * import { Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
 * import { support } from "@trackmap/duckdb/PlanSupport"
 *
 * const plan = Plan.describe(Plan.make(TrackedEvent.make("signedIn")))
 * const sql = support.formats[0]?.write(plan, PlanSupport.noSettings).files.get("tables.sql")
 * console.log(sql?.split(" (")[0]?.split("\n").at(-1)) // CREATE TABLE "signed_in"
 * ```
 */
export const support: PlanSupport = {
  formats: [{ name: "duckdb", description: "DuckDB: the statements that make the sink's tables", write }],
  rules: []
}
