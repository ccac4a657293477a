/**
 * A plan in the formats of other tools. Each export says what its format cannot express.
 *
 * @module
 */
import type * as Description from "@trackmap/core/Description"
import type { Exported } from "@trackmap/core/PlanSupport"
import { described } from "./internal/given.ts"
import * as internal from "./internal/export/jsonSchema.ts"

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
