/**
 * What Mixpanel knows of a plan, for the command `trackmap`, which loads this module in each project that depends on the package: a format to export it in,
 * and the rules for what Mixpanel does not take.
 *
 * @module
 */
import type * as PlanSupport from "@trackmap/core/PlanSupport"
import { lexicon } from "./internal/plan/lexicon.ts"
import { rules } from "./internal/plan/rules.ts"

/** The format `mixpanel`, and the rules `mixpanel-limits` and `mixpanel-reserved`. */
export const support: PlanSupport.PlanSupport = { formats: [lexicon], rules }
