import { areTraits } from "@trackmap/core/PlanSupport"
import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as limits from "../limits.ts"

/** How Mixpanel's own events begin. Definitions have no keys that begin so. */
const own = /^(\$|mp_)/

const reasonAgainst = (name: string): string | undefined => {
  const [start] = own.exec(name) ?? []
  return start === undefined ? undefined : `it begins with ${start}, like Mixpanel's own events`
}

/** What Mixpanel does not take, and what it keeps for itself. */
export const rules = PropertyLimits.rules({
  rule: "mixpanel",
  destination: "Mixpanel",
  limitsOf: (subject) =>
    areTraits(subject) ? { limits: limits.profile } : { limits: limits.event, others: limits.always },
  reasonAgainstEvent: (name) =>
    limits.identityEvents.has(name)
      ? `Mixpanel reads an event of the name ${name} as a change of ids`
      : reasonAgainst(name)
})
