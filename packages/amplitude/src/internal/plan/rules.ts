import { areTraits } from "@trackmap/core/PlanSupport"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as limits from "../limits.ts"

/** What Amplitude does not take, and what it keeps for itself. */
export const rules = PropertyLimits.rules({
  rule: "amplitude",
  destination: "Amplitude",
  limitsOf: (subject) => ({ limits: areTraits(subject) ? limits.traits : limits.properties }),
  reasonAgainstEvent: limits.reasonAgainstReserved
})
