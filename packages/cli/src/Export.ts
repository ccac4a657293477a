/**
 * A plan in the formats of other tools. Each export says what its format cannot express.
 *
 * @module
 */
import type * as Description from "@trackmap/core/Description"
import { type Exported, noSettings, type Settings } from "@trackmap/core/PlanSupport"
import * as bigQuery from "./internal/export/bigquery.ts"
import * as sources from "./internal/export/dbt.ts"
import * as internal from "./internal/export/jsonSchema.ts"
import * as contract from "./internal/export/odcs.ts"
import { described } from "./internal/given.ts"

/**
 * The plan as JSON Schema (draft 2020-12): a file for each event, and for each call whose traits or properties the plan declares. A schema describes the
 * properties of a message, or its traits.
 *
 * @example
 * ```ts
 * import { Export } from "@trackmap/cli"
 * import { Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 * const { files } = Export.jsonSchema(Plan.describe(Plan.make(SignedIn)))
 * console.log([...files.keys()]) // [ "signedIn.json" ]
 * ```
 */
export const jsonSchema = (plan: Description.Plan): Exported =>
  internal.jsonSchema(described("Export.jsonSchema", plan))

/**
 * The tables that the sinks for warehouses make, as schemas of BigQuery: a JSON file for each table, which `bq mk --table` takes. Throws
 * `PlanSupportError` if names collide.
 *
 * @example
 * ```ts
 * import { Export } from "@trackmap/cli"
 * import { Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.String } })
 * const { files } = Export.bigquery(Plan.describe(Plan.make(SignedIn)))
 * console.log(JSON.parse(files.get("signed_in.json") ?? "").at(-1)) // { name: "method", type: "STRING", mode: "NULLABLE" }
 * ```
 */
export const bigquery = (plan: Description.Plan, settings: Settings = noSettings): Exported =>
  bigQuery.bigquery(described("Export.bigquery", plan), settings)

/**
 * The tables that the sinks for warehouses make, as sources of dbt: one file of YAML. The name of the settings is the schema, by default
 * `trackmap_events`. Throws `PlanSupportError` if names collide.
 *
 * @example
 * ```ts
 * import { Export } from "@trackmap/cli"
 * import { Plan, TrackedEvent } from "@trackmap/core"
 *
 * const { files } = Export.dbt(Plan.describe(Plan.make(TrackedEvent.make("signedIn"))))
 * console.log(files.get("sources.yml")?.split("\n")[1]) // version: 2
 * ```
 */
export const dbt = (plan: Description.Plan, settings: Settings = noSettings): Exported =>
  sources.dbt(described("Export.dbt", plan), settings)

/**
 * The tables that the sinks for warehouses make, as a data contract of the Open Data Contract Standard 3.1: one file of YAML. The name of the settings
 * is the contract's. Throws `PlanSupportError` if names collide.
 *
 * @example
 * ```ts
 * import { Export } from "@trackmap/cli"
 * import { Plan, TrackedEvent } from "@trackmap/core"
 *
 * const { files } = Export.odcs(Plan.describe(Plan.make(TrackedEvent.make("signedIn"))))
 * console.log(files.get("contract.odcs.yaml")?.split("\n")[1]) // apiVersion: "v3.1.0"
 * ```
 */
export const odcs = (plan: Description.Plan, settings: Settings = noSettings): Exported =>
  contract.odcs(described("Export.odcs", plan), settings)
