/**
 * What Snowplow knows of a plan, for the command `trackmap`, which loads this module in each project that depends on the package: a format to export it in,
 * and the rule for what Snowplow does not take.
 *
 * @module
 */
import type * as PlanSupport from "@trackmap/core/PlanSupport"
import { dataStructures } from "./internal/plan/dataStructures.ts"
import { rules } from "./internal/plan/rules.ts"

/** The format `snowplow`, and the rule `snowplow-names`. */
export const support: PlanSupport.PlanSupport = { formats: [dataStructures], rules }
