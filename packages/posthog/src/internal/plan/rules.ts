import * as PropertyLimits from "@trackmap/core/PropertyLimits"
import * as limits from "../limits.ts"

const { nameBytes } = limits

/** PostHog limits names of events alone. */
const names = PropertyLimits.make({ marker: "" })

/** PostHog's own events begin so. Definitions have no keys that do. */
const reasonAgainst = (name: string): string | undefined =>
  name.startsWith("$") ? "it begins with $, like PostHog's own events" : undefined

/** What PostHog does not take, and what it keeps for itself. */
export const rules = PropertyLimits.rules({
  rule: "posthog",
  destination: "PostHog",
  limitsOf: () => ({ limits: names, nameBytes }),
  reasonAgainstEvent: (name) => (name === limits.dropped ? limits.reasonAgainstName(name) : reasonAgainst(name))
})
