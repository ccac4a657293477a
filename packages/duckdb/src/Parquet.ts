/**
 * A warehouse of Parquet files: a folder for each event of the plan, and in it one for each day.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import type * as SendError from "@trackmap/core/SendError"
import * as Observed from "@trackmap/warehouse/Observed"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "./DuckDBError.ts"
import { checkDirectory, checkParquetNames, type DirectoryOptions, type ParquetOptions } from "./internal/options.ts"
import * as compacting from "./internal/parquet/compact.ts"
import { dialect } from "./internal/write/dialect.ts"
import { open } from "./internal/parquet/sink.ts"

export type { DirectoryOptions, ParquetOptions as Options }

/** What `compact` has done. */
export type Compacted = compacting.Compacted

/**
 * A sink that writes messages to Parquet files: one for each batch, table and day (in UTC), as `order_line_updated/day=2026-01-01/….parquet`. The tables
 * are those of `DuckDB.sink`. A file appears whole, or not at all. Any number of services can write to one directory.
 *
 * A retried batch replaces its own files, and the views of `Parquet.views` remove all duplicates. Many small files slow queries down: run
 * `Parquet.compact` once a day.
 *
 * Opening fails with `Misconfigured` if an option is invalid, if names of tables or columns collide, if the files have a column of another type than the
 * plan needs, or if the directory cannot be written. While the disk is full, messages wait for up to an hour.
 *
 * @example
 * ```ts
 * import { Plan, TrackedEvent, Tracker } from "@trackmap/core"
 * import { Parquet } from "@trackmap/duckdb"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 *
 * export const layer = Tracker.layer(Parquet.sink({ directory: "events" }), { plan: Plan.make(SignedIn) })
 * ```
 */
export const sink = (given: ParquetOptions): EventSink.EventSink<SendError.Misconfigured> => {
  const options = checkParquetNames(given)
  const { name = "parquet" } = options
  return EventSink.make({
    name,
    limits: { messages: 10_000, bytes: 32_000_000 },
    ...Observed.make(dialect, options, (tables) => open(options, name, tables))
  }).pipe(
    EventSink.batched({ age: "10 seconds" }),
    EventSink.buffered({ capacity: 50_000 }),
    EventSink.retried({ limit: "1 hour" })
  )
}

/**
 * Merges the files of each table and day into one, without duplicates, and removes the unfinished files of crashed processes. Sinks can write at the
 * same time. A query that runs at the same time can fail because its files are gone: run it again.
 *
 * Fails with `DuckDBError`.
 *
 * @example
 * ```ts
 * import { Parquet } from "@trackmap/duckdb"
 *
 * export const nightly = Parquet.compact({ directory: "events" })
 * ```
 */
export const compact = (options: DirectoryOptions): Effect.Effect<Compacted, DuckDBError> =>
  Effect.flatMap(checkDirectory("Parquet.compact", options), ({ bounds, directory }) =>
    compacting.compact(directory, bounds)
  )

/**
 * SQL for DuckDB that creates a view for each table that has files, without duplicates and with the columns of all files, and the view `events`. The views
 * also have columns that a later release adds; for a new table, run the SQL again.
 *
 * @example
 * ```ts
 * import { Parquet } from "@trackmap/duckdb"
 * import * as Effect from "effect/Effect"
 * import { writeFileSync } from "node:fs"
 *
 * export const write = Effect.map(Parquet.views({ directory: "events" }), (sql) => writeFileSync("views.sql", sql))
 * ```
 */
export const views = (options: DirectoryOptions): Effect.Effect<string, DuckDBError> =>
  Effect.flatMap(checkDirectory("Parquet.views", options), ({ bounds, directory }) =>
    compacting.views(directory, bounds)
  )
