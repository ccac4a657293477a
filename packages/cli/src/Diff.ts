/**
 * What a change of a plan breaks: for programs that read events, for events from before the change, for privacy, meaning and delivery.
 *
 * @module
 */
import { between as changesBetween } from "./internal/diff/between.ts"
import { locked } from "./internal/given.ts"
import { type Change, type Class, greatest } from "./internal/diff/model.ts"
import type { Lock } from "./Lock.ts"

export type { Aspect, Change, Class } from "./internal/diff/model.ts"

/** The changes, the greatest first, and the greatest class of them. */
export interface Diff {
  readonly class: Class | "none"
  readonly changes: ReadonlyArray<Change>
}

/**
 * The changes from one lock to another.
 *
 * A change is `major` if a reader of events can break: a key is gone or renamed, can be absent or null, or has another type; or if personal data comes or
 * goes. It is `minor` if every new event is still one that the old plan allows (new keys aside); if its aspect is `history`, an old event may not be one of
 * the new plan. With a `warning`, it is minor although there are new values: of an enumeration, or beyond a bound. It is a `patch` if only text
 * changed.
 *
 * @example
 * ```ts
 * import { Diff, Lock } from "@trackmap/cli"
 * import { Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const lockOf = (method: Schema.Codec<string>) =>
 *   Lock.make(Plan.describe(Plan.make(TrackedEvent.make("signedIn", { properties: { method } }))))
 * const { changes, class: greatest } = Diff.between(lockOf(Schema.Literals(["password", "link"])), lockOf(Schema.String))
 * console.log(greatest, changes.map(({ key, what }) => `${key}: ${what}`))
 * // major [ 'method: the type "password" | "link" became string' ]
 * ```
 */
export const between = (before: Lock, after: Lock): Diff => {
  const changes = changesBetween(locked("Diff.between", before), locked("Diff.between", after))
  return { class: greatest(changes), changes }
}
