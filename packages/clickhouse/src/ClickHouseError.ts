/**
 * The error of the commands of this package.
 *
 * @module
 */
import * as Erasure from "@trackmap/warehouse/Erasure"
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
  Erasure.failure
) {
  override get message(): string {
    return Erasure.messageOf(this)
  }
}
