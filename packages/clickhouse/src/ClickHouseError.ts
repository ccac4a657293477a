/**
 * The error of the commands of this package.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/**
 * ClickHouse could not do what you asked. The message says what, why and what to do, and contains no value of a message and no password.
 *
 * @example
 * ```ts
 * import { ClickHouseError } from "@trackmap/clickhouse"
 *
 * const error = new ClickHouseError.ClickHouseError({
 *   operation: "prune",
 *   reason: "ClickHouse answered ACCESS_DENIED (code 497, status 403)",
 *   remedy: "correct the options, or grant the user the rights that the README lists",
 *   transient: false
 * })
 * console.log(error.message)
 * // prune: ClickHouse answered ACCESS_DENIED (code 497, status 403): correct the options, or grant the user the rights that the README lists
 * ```
 */
export class ClickHouseError extends Schema.TaggedError<ClickHouseError>("@trackmap/clickhouse/ClickHouseError")(
  "ClickHouseError",
  {
    operation: Schema.String,
    reason: Schema.String,
    remedy: Schema.String,
    /** Whether the same call may succeed later without any change of yours. */
    transient: Schema.Boolean
  }
) {
  override get message(): string {
    return `${this.operation}: ${this.reason}: ${this.remedy}`
  }
}
