/**
 * The rules that a plan should keep: names, personal data, deprecations.
 *
 * @module
 */
import type * as Description from "@trackmap/core/Description"
import type * as PlanSupport from "@trackmap/core/PlanSupport"
import { type Finding, partsOf } from "./internal/check/model.ts"
import { refused } from "./internal/check/refused.ts"
import { described } from "./internal/given.ts"
import * as checking from "./internal/check/rules.ts"
import { rules as usageRules } from "./internal/usage/rules.ts"

export type { Finding }

/** The names of the rules that need neither a destination nor the code: those are in `Usage.rules`. */
export const rules: ReadonlyArray<string> = checking.rules.map(({ name }) => name)

/**
 * Returns the parts of a plan that break a rule, except for those whose annotation `allow` exempts them. `destinations` are the `support` of their packages:
 * their limits and reserved names are rules, too.
 *
 * @example
 * ```ts
 * import { Check } from "@trackmap/cli"
 * import { Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { email: Schema.String } })
 * console.log(Check.run(Plan.describe(Plan.make(SignedIn))).map(({ remedy, rule }) => `${rule}: ${remedy}`))
 * // [ "personal-unmarked: mark it with Pii.personal" ]
 * ```
 */
export const run = (
  plan: Description.Plan,
  destinations: ReadonlyArray<PlanSupport.PlanSupport> = []
): ReadonlyArray<Finding> => {
  const given = described("Check.run", plan)
  const others = [...usageRules, ...destinations.flatMap(({ rules }) => rules.map(({ name }) => name))]
  return [...checking.run(partsOf(given), others), ...refused(given, destinations)]
}
