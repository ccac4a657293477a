/**
 * The format `postgres` of `trackmap export`: the statements that make the sink's tables for a plan.
 *
 * @module
 */
import type { Exported, Format, PlanSupport } from "@trackmap/core/PlanSupport"
import { PlanSupportError } from "@trackmap/core/PlanSupportError"
import { PlanTables, Sql } from "@trackmap/warehouse"
import { dialect } from "./internal/dialect.ts"
import { defaultSchema, wrongSchema } from "./internal/options.ts"
import { held, named, statementsOf } from "./internal/statements.ts"

const had: PlanTables.Had = { tables: [], columns: ["description", "deprecated", "personal"] }

const write: Format["write"] = (plan, settings): Exported => {
  const schema = settings.name ?? defaultSchema
  const wrong = wrongSchema(schema)
  if (wrong !== undefined)
    throw new PlanSupportError({ format: "postgres", reason: wrong, remedy: "pass another --name" })
  const tables = PlanTables.make("postgres", plan, settings, dialect)
  const nameOf = named(schema)
  const statements = [
    "BEGIN",
    "SET LOCAL standard_conforming_strings = on",
    `CREATE SCHEMA IF NOT EXISTS ${Sql.quote(schema)}`,
    ...PlanTables.statements(tables, {
      dialect,
      create: (table) => statementsOf({ _tag: "CreateTable", table }, nameOf),
      nameOf,
      held
    }),
    "COMMIT"
  ]
  return {
    files: new Map([["tables.sql", `${statements.join(";\n")};\n`]]),
    losses: PlanTables.losses(tables, had)
  }
}

/**
 * What `trackmap` knows of PostgreSQL: the format `postgres`, with the tables that `Postgres.sink` would make. The sink opens on them, and its role
 * needs no right to change them. `--name` is the schema, by default that of the sink.
 *
 * @example
 * ```ts
 * import { Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
 * import { support } from "@trackmap/postgres/PlanSupport"
 *
 * const plan = Plan.describe(Plan.make(TrackedEvent.make("signedIn")))
 * const sql = support.formats[0]?.write(plan, PlanSupport.noSettings).files.get("tables.sql")
 * console.log(sql?.split(" (")[0]?.split("\n").at(-1)) // CREATE TABLE "trackmap_events"."signed_in"
 * ```
 */
export const support: PlanSupport = {
  formats: [{ name: "postgres", description: "PostgreSQL: the statements that make the sink's tables", write }],
  rules: []
}
