/**
 * The error of the commands of this package.
 *
 * @module
 */
import * as Erasure from "@trackmap/warehouse/Erasure"
import * as Schema from "effect/Schema"

/**
 * PostgreSQL could not do what you asked. The message says what, why and what to do, and contains no value of a message and no password.
 *
 * @example
 * ```ts
 * import { PostgresError } from "@trackmap/postgres"
 *
 * const error = new PostgresError.PostgresError({
 *   operation: "prune",
 *   reason: "the role lacks a right (42501)",
 *   remedy: "grant the role the rights that the README lists",
 *   transient: false
 * })
 * console.log(error.message) // prune: the role lacks a right (42501): grant the role the rights that the README lists
 * ```
 */
export class PostgresError extends Schema.TaggedError<PostgresError>("@trackmap/postgres/PostgresError")(
  "PostgresError",
  Erasure.failure
) {
  override get message(): string {
    return Erasure.messageOf(this)
  }
}
