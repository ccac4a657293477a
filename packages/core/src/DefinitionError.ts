/**
 * An invalid definition, thrown when you compose it.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** The rule that a definition breaks. */
export const Reason = Schema.Literals([
  "BadName",
  "BadKey",
  "NotJson",
  "DuplicateKey",
  "DuplicateName",
  "BadAggregate",
  "BadPath",
  "BadLimit"
])
/** The rule that a definition breaks. */
export type Reason = typeof Reason.Type

/**
 * Thrown while a module that defines entities loads, so that a service with a bad definition does not start. `paths` are the affected
 * places in the definition; `message` explains how to fix them.
 *
 * @example
 * ```ts
 * import { DefinitionError, Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * try {
 *   Entity.make("Order", { key: "id", attributes: { "order total": Schema.Finite, id: Schema.Int } })
 * } catch (error) {
 *   if (error instanceof DefinitionError.DefinitionError) console.log(error.reason, error.paths) // BadName ["Order.order total"]
 * }
 * ```
 */
export class DefinitionError extends Schema.TaggedError<DefinitionError>("@trackmap/core/DefinitionError")(
  "DefinitionError",
  { entity: Schema.String, reason: Reason, paths: Schema.Array(Schema.String), detail: Schema.String }
) {
  override get message(): string {
    return `${this.entity}: ${this.detail}`
  }
}
