/**
 * The error of a query for related rows.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/**
 * A query for related rows failed, or its rows are not what the description of their table says. The failure of a relation is core's
 * `ResolveFailed`, and this is its `cause`. Neither has a value of a row, nor the database's own text, which can quote one.
 *
 * @example
 * ```ts
 * import { TableError } from "@trackmap/sql"
 *
 * const error = new TableError.TableError({
 *   table: "products",
 *   column: "manufacturer_id",
 *   reason: "has no column manufacturer_id (42703)",
 *   remedy: "Describe the table as the database has it."
 * })
 * console.log(error.message) // products has no column manufacturer_id (42703). Describe the table as the database has it.
 * ```
 */
export class TableError extends Schema.TaggedError<TableError>("@trackmap/sql/TableError")("TableError", {
  table: Schema.String,
  /** The column in the database, if one is at fault. */
  column: Schema.optionalKey(Schema.String),
  reason: Schema.String,
  remedy: Schema.String
}) {
  override get message(): string {
    return `${this.table} ${this.reason}. ${this.remedy}`
  }
}
