/**
 * The error of the outbox.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/**
 * The outbox could not do what you asked. The message says what, where and what to do, and never contains a value of a message.
 *
 * @example
 * ```ts
 * import { OutboxError } from "@trackmap/outbox"
 *
 * const error = new OutboxError.OutboxError({
 *   operation: "claim",
 *   reason: "the database does not respond (ECONNREFUSED)",
 *   remedy: "check that it runs and accepts connections",
 *   transient: true
 * })
 * console.log(error.message)
 * // outbox, claim: the database does not respond (ECONNREFUSED): check that it runs and accepts connections
 * ```
 */
export class OutboxError extends Schema.TaggedError<OutboxError>("@trackmap/outbox/OutboxError")("OutboxError", {
  /** What the outbox was doing: `insert`, `claim`, `migrate`, … */
  operation: Schema.String,
  reason: Schema.String,
  remedy: Schema.String,
  /** Whether the same call may succeed later without any change of yours. */
  transient: Schema.Boolean
}) {
  override get message(): string {
    return `outbox, ${this.operation}: ${this.reason}: ${this.remedy}`
  }
}
