/**
 * The error of a plan that cannot be written in a format.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** A plan that cannot be written in a format. `reason` says what and where, and `remedy` what to do. */
export class PlanSupportError extends Schema.TaggedError<PlanSupportError>("@trackmap/core/PlanSupportError")(
  "PlanSupportError",
  { format: Schema.String, reason: Schema.String, remedy: Schema.String }
) {
  override get message(): string {
    return `${this.format}: ${this.reason}: ${this.remedy}`
  }
}
