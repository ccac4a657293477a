/**
 * The error of a module whose plan cannot be read.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** A plan that cannot be read. `line` counts from 1, and is absent where it is not known. */
export class PlanError extends Schema.TaggedError<PlanError>("@trackmap/cli/PlanError")("PlanError", {
  file: Schema.String,
  line: Schema.optionalKey(Schema.Natural),
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message(): string {
    return `${this.file}${this.line === undefined ? "" : `:${this.line}`}: ${this.reason}: ${this.remedy}`
  }
}
