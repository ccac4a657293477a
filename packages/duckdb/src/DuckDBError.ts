/**
 * The errors of this package.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** The process that has the file open. DuckDB does not name it on every platform. */
export const Holder = Schema.Struct({ program: Schema.String, pid: Schema.Int })
/** A process that has the file open. */
export type Holder = typeof Holder.Type

/**
 * DuckDB could not do what you asked. The message says what, where and what to do, and contains no value of a message.
 *
 * @example
 * ```ts
 * import { DuckDBError } from "@trackmap/duckdb"
 *
 * const error = new DuckDBError.DuckDBError({
 *   file: "/var/lib/shop/events.duckdb",
 *   reason: "duckdb (process 4711) has it open",
 *   remedy: "close it there",
 *   transient: true,
 *   holder: { program: "duckdb", pid: 4711 }
 * })
 * console.log(error.message)
 * // /var/lib/shop/events.duckdb: duckdb (process 4711) has it open: close it there
 * ```
 */
export class DuckDBError extends Schema.TaggedError<DuckDBError>("@trackmap/duckdb/DuckDBError")("DuckDBError", {
  /** The file, or the directory of Parquet files. Empty if the options are wrong. */
  file: Schema.String,
  reason: Schema.String,
  remedy: Schema.String,
  /** Whether the same call may succeed later without any change of yours. */
  transient: Schema.Boolean,
  /** Which process has the file open, if that is why and DuckDB names it. */
  holder: Schema.optionalKey(Holder)
}) {
  override get message(): string {
    return [this.file, this.reason, this.remedy].filter((part) => part !== "").join(": ")
  }
}

/**
 * A question was not answered: its SQL is wrong or does more than read, or it took too much time or memory. The message is for the person who
 * asked, and can contain parts of their SQL.
 */
export class QueryError extends Schema.TaggedError<QueryError>("@trackmap/duckdb/QueryError")("QueryError", {
  reason: Schema.String,
  /** Whether the same question may be answered later. */
  transient: Schema.optionalKey(Schema.Boolean)
}) {
  override get message(): string {
    return this.reason
  }
}
