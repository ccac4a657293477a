/**
 * What PostHog knows of a plan, for the command `trackmap`, which loads this module in each project that depends on the package: a format to export it in,
 * and the rules for what PostHog does not take.
 *
 * @module
 */
import type * as PlanSupport from "@trackmap/core/PlanSupport"
import { groups } from "./internal/plan/groups.ts"
import { rules } from "./internal/plan/rules.ts"

/** The format `posthog`, and the rules `posthog-limits` and `posthog-reserved`. */
export const support: PlanSupport.PlanSupport = { formats: [groups], rules }
