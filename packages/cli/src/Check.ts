/**
 * The rules that a plan should keep: names, personal data, deprecations.
 *
 * @module
 */
import type * as Description from "@trackmap/core/Description"
import { type Finding, partsOf } from "./internal/check/model.ts"
import { described } from "./internal/given.ts"
import * as checking from "./internal/check/rules.ts"

export type { Finding }

/** The names of the rules. */
export const rules: ReadonlyArray<string> = checking.rules.map(({ name }) => name)

/**
 * Returns the parts of a plan that break a rule, except for those whose annotation `allow` exempts them.
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
export const run = (plan: Description.Plan): ReadonlyArray<Finding> =>
  checking.run(partsOf(described("Check.run", plan)))
