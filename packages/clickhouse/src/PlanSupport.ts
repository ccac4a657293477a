/**
 * The format `clickhouse` of `trackmap export`: the statements that make the sink's tables for a plan.
 *
 * @module
 */
import type { Exported, Format, PlanSupport } from "@trackmap/core/PlanSupport"
import * as PlanTables from "@trackmap/warehouse/PlanTables"
import { dialect } from "./internal/dialect.ts"
import { change, type Place, view } from "./internal/sql.ts"

/** The database of a connection without one. */
const defaultDatabase = "default"

const write: Format["write"] = (plan, settings): Exported => {
  const tables = PlanTables.make("clickhouse", plan, settings, dialect)
  const place: Place = { database: settings.name ?? defaultDatabase, cluster: undefined }
  const engine = "ReplacingMergeTree"
  const made = PlanTables.existing(tables, dialect).map(({ columns, comment, name }) => ({
    name,
    comment,
    columns,
    engine
  }))
  const statements = [
    ...tables.map(({ table }) => change({ _tag: "CreateTable", table }, place)),
    view(made, place).statement
  ]
  return {
    files: new Map([["tables.sql", `${statements.join(";\n")};\n`]]),
    losses: PlanTables.losses(tables, { tables: [], columns: [] })
  }
}

/**
 * What `trackmap` knows of ClickHouse: the format `clickhouse`, with the tables that `ClickHouse.sink` would make on one server. `--name` is the
 * database.
 *
 * @example
 * ```ts
 * import { Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
 * import { support } from "@trackmap/clickhouse/PlanSupport"
 *
 * const plan = Plan.describe(Plan.make(TrackedEvent.make("signedIn")))
 * const sql = support.formats[0]?.write(plan, PlanSupport.noSettings).files.get("tables.sql")
 * console.log(sql?.split(" (")[0]) // CREATE TABLE IF NOT EXISTS "default"."signed_in"
 * ```
 */
export const support: PlanSupport = {
  formats: [{ name: "clickhouse", description: "ClickHouse: the statements that make the sink's tables", write }],
  rules: []
}
