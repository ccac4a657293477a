/**
 * What Amplitude knows of a plan, for the command `trackmap`, which loads this module in each project that depends on the package: a format to export it in,
 * and the rules for what Amplitude does not take.
 *
 * @module
 */
import type * as PlanSupport from "@trackmap/core/PlanSupport"
import { rules } from "./internal/plan/rules.ts"
import { trackingPlan } from "./internal/plan/trackingPlan.ts"

/** The format `amplitude`, and the rules `amplitude-limits` and `amplitude-reserved`. */
export const support: PlanSupport.PlanSupport = { formats: [trackingPlan], rules }
