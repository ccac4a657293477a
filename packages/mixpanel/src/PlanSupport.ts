/**
 * What Mixpanel does not take of a plan, for the command `trackmap`, which loads this module in each project that depends on the package.
 *
 * @module
 */
import type * as PlanSupport from "@trackmap/core/PlanSupport"
import { rules } from "./internal/plan/rules.ts"

/** The rules for Mixpanel: `mixpanel-limits` and `mixpanel-reserved`. */
export const support: PlanSupport.PlanSupport = { formats: [], rules }
