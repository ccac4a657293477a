/**
 * What Segment and RudderStack know of a plan, for the command `trackmap`, which loads this module in each project that depends on the package: formats to export it in,
 * and the rules for what Segment does not take.
 *
 * @module
 */
import type * as PlanSupport from "@trackmap/core/PlanSupport"
import { publicApi } from "./internal/plan/publicApi.ts"
import { rudderstack } from "./internal/plan/rudderstack/trackingPlan.ts"
import { rules } from "./internal/plan/rules.ts"
import { terraform } from "./internal/plan/terraform.ts"

/** The formats `segment`, `segment-terraform` and `rudderstack`, and the rules `segment-limits` and `segment-reserved`. */
export const support: PlanSupport.PlanSupport = { formats: [publicApi, terraform, rudderstack], rules }
