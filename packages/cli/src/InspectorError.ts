/**
 * The error of an inspector that cannot be read.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** An inspector that refuses, or that is none. */
export class InspectorError extends Schema.TaggedError<InspectorError>("@trackmap/cli/InspectorError")(
  "InspectorError",
  {
    url: Schema.String,
    reason: Schema.String,
    remedy: Schema.String
  }
) {
  override get message(): string {
    return `${this.url}: ${this.reason}: ${this.remedy}`
  }
}
