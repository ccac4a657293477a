/**
 * The error of a lock file that cannot be read.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** A lock file that cannot be read. `line` counts from 1. */
export class LockError extends Schema.TaggedError<LockError>("@trackmap/cli/LockError")("LockError", {
  file: Schema.String,
  line: Schema.Natural,
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message(): string {
    return `${this.file}:${this.line}: ${this.reason}: ${this.remedy}`
  }
}
