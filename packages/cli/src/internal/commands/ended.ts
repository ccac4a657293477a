import * as Schema from "effect/Schema"

/** The end of a command with another exit code than 0. It has said why. */
export class Ended extends Schema.TaggedError<Ended>("@trackmap/cli/Ended")("Ended", { code: Schema.Int }) {}

/** An error of the arguments, or of what they name. */
export class UsageError extends Schema.TaggedError<UsageError>("@trackmap/cli/UsageError")("UsageError", {
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message(): string {
    return `${this.reason}: ${this.remedy}`
  }
}
