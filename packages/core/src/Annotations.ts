/**
 * What people need to know about a part of the plan: an event, an entity, a relation or an attribute. See `TrackedEvent.annotate`,
 * `Entity.annotate`, `Entity.annotateRelation` and `Attribute.annotate`. `Plan.describe` returns them.
 *
 * @module
 */
import type * as Schema from "effect/Schema"

/** Why a part must no longer be used, and what replaces it. */
export interface Deprecation {
  readonly reason?: string | undefined
  /** The name of the event, entity, relation or attribute to use instead. */
  readonly replacedBy?: string | undefined
}

/**
 * The annotations of a part.
 *
 * - `description`: what it is, for people who do not read the code.
 * - `owner`: the team or person to ask.
 * - `tags`: words to find and group parts by.
 * - `since`: the release or date that added it, such as `"2.4.0"` or `"2026-03-01"`.
 * - `deprecated`: `true`, or the reason and the replacement.
 * - `allow`: rules of `trackmap check` that do not hold for the part, each with the reason.
 * - `examples`: values. Examples of an attribute are values of the row; their description is the JSON.
 */
export interface Annotations<out A = Schema.Json> {
  readonly description?: string | undefined
  readonly owner?: string | undefined
  readonly tags?: ReadonlyArray<string> | undefined
  readonly since?: string | undefined
  readonly deprecated?: boolean | Deprecation | undefined
  readonly allow?: Readonly<Record<string, string>> | undefined
  readonly examples?: ReadonlyArray<A> | undefined
}
