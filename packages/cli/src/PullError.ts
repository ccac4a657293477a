/**
 * The error of a source that cannot be pulled.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** A source that cannot be pulled. `reason` says what is wrong with the file, and `remedy` what to do. */
export class PullError extends Schema.TaggedError<PullError>("@trackmap/cli/PullError")("PullError", {
  file: Schema.String,
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message(): string {
    return `${this.file}: ${this.reason}: ${this.remedy}`
  }
}
