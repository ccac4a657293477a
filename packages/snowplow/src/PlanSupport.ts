/**
 * What Snowplow does not take of a plan, for the command `trackmap`, which loads this module in each project that depends on the package.
 *
 * @module
 */
import type * as PlanSupport from "@trackmap/core/PlanSupport"
import { rules } from "./internal/plan/rules.ts"

/** The rule for Snowplow: `snowplow-names`. */
export const support: PlanSupport.PlanSupport = { formats: [], rules }
