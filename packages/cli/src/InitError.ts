/**
 * The error of a service that tracking cannot be added to.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** Why tracking was not added. `written` are the files that were written before. */
export class InitError extends Schema.TaggedError<InitError>("@trackmap/cli/InitError")("InitError", {
  reason: Schema.String,
  remedy: Schema.String,
  written: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const after = this.written.length === 0 ? "" : ` (written before: ${this.written.join(", ")})`
    return `${this.reason}: ${this.remedy}${after}`
  }
}
