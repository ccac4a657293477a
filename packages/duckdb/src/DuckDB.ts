/**
 * A warehouse that needs no server: a DuckDB file with a table for each event of the plan.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import type * as SendError from "@trackmap/core/SendError"
import type * as Erasure from "@trackmap/warehouse/Erasure"
import type { Explorer } from "./Explorer.ts"
import * as Observed from "@trackmap/warehouse/Observed"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { DuckDBError } from "./DuckDBError.ts"
import * as erase from "./internal/erase.ts"
import * as exploring from "./internal/explore/explorer.ts"
import {
  checkExplorer,
  checkForget,
  checkNames,
  checkPrune,
  type ExplorerOptions,
  type ForgetOptions,
  type Options,
  type PruneOptions
} from "./internal/options.ts"
import { dialect } from "./internal/write/dialect.ts"
import { open } from "./internal/write/sink.ts"

export type { ExplorerOptions, ForgetOptions, Options, PruneOptions }

/** What `forget` has deleted. */
export type Forgotten = Erasure.Forgotten

/** The module of the reading process: beside this one in the sources, and above it in the published package, where this one is in `internal/`. */
const reader = new URL(import.meta.url.endsWith(".ts") ? "Reader.ts" : "../Reader.js", import.meta.url)

/**
 * A sink that writes messages to a DuckDB file, which it creates. Each event of the plan, and each other call, has a table with a column for each key;
 * `misfits` has what does not fit the plan, and the view `events` all tracked events, pages and screens. The tables follow the plan: new keys become
 * columns, and nothing is dropped. Each message is stored once, even after a crash or a retry. The README documents the tables.
 *
 * A batch is one transaction. Then the sink closes the file for other programs to read: while DuckDB writes a file, no other process can open it. While
 * another process has it open, messages wait for up to an hour, and the log names the process. `keepOpen` saves the cost of opening.
 *
 * Opening fails with `Misconfigured` if an option is invalid, if names of tables or columns collide, if a column of the file has another type than the
 * plan needs, or if the file cannot be written; the error lists every table and column, with the remedy. If the file is in use, or the disk full, the
 * sink opens, and makes the tables with the first batch.
 *
 * @example
 * ```ts
 * import { Plan, TrackedEvent, Tracker } from "@trackmap/core"
 * import { DuckDB } from "@trackmap/duckdb"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 *
 * export const layer = Tracker.layer(DuckDB.sink({ file: "events.duckdb" }), { plan: Plan.make(SignedIn) })
 * ```
 */
export const sink = (given: Options): EventSink.EventSink<SendError.Misconfigured> => {
  const options = checkNames(given)
  const { keepOpen = false, name = "duckdb" } = options
  return EventSink.make({
    name,
    limits: { messages: 10_000, bytes: 32_000_000 },
    ...Observed.make(dialect, options, (tables) => open(options, name, tables))
  }).pipe(
    EventSink.batched({ age: keepOpen ? "1 second" : "5 seconds" }),
    EventSink.buffered({ capacity: 50_000 }),
    EventSink.retried({ limit: "1 hour", schedule: Schedule.jittered(Schedule.spaced("1 second")) })
  )
}

/**
 * Answers questions about a file: those that the inspector's page composes, and SQL that people write. Questions run in a read-only transaction. They
 * reach no other file, no network and no extension, and a statement is one SELECT over the tables and columns that you make visible. Their time, DuckDB's
 * memory and the rows are bounded.
 *
 * While a sink of this process has the file open, its DuckDB instance answers. Otherwise a separate process opens the file read-only for each question,
 * between the batches of this process's sinks. If another process has the file open, a question waits for up to five seconds.
 *
 * Operations fail with `QueryError`, whose message is for the person who asks, or with `DuckDBError` if the file cannot be read. Throws
 * `DefinitionError` if an option is invalid.
 *
 * @example
 * ```ts
 * import { DuckDB } from "@trackmap/duckdb"
 *
 * const warehouse = DuckDB.explorer({ file: "events.duckdb" })
 *
 * export const quantities = warehouse.ask({
 *   table: "order_line_updated",
 *   measure: { of: "sum", key: "OrderLine_qty" },
 *   groupBy: ["Manufacturer_name"],
 *   every: "day",
 *   timeZone: "Europe/Berlin",
 *   filters: [],
 *   limit: 1000
 * })
 * ```
 */
export const explorer = (options: ExplorerOptions): Explorer => {
  const { bounds, file, timeout } = checkExplorer(options)
  return exploring.make(file, bounds, timeout, reader)
}

/**
 * Deletes the rows that are older than an age, by the message's time, from all tables of the sink, and returns how many. Run it once a day. It is one
 * transaction, and waits up to half a minute while another process has the file open.
 *
 * Fails with `DuckDBError`.
 *
 * @example
 * ```ts
 * import { DuckDB } from "@trackmap/duckdb"
 *
 * export const retention = DuckDB.prune({ file: "events.duckdb", olderThan: "400 days" })
 * ```
 */
export const prune = (options: PruneOptions): Effect.Effect<number, DuckDBError> =>
  Effect.flatMap(checkPrune(options), ({ age, bounds, file }) => erase.prune(file, bounds, age))

/**
 * Deletes all rows of a user or of an anonymous id from all tables, with the misfits of their messages, in one transaction. Messages that still wait in a
 * tracker or an outbox arrive later: forget the user again then.
 *
 * Rows from before a sign-in have an anonymous id only. The result lists the anonymous ids that the user's rows had, so that you can decide whether to
 * forget these, too; several people may share a device.
 *
 * Fails with `DuckDBError`.
 *
 * @example
 * ```ts
 * import { DuckDB } from "@trackmap/duckdb"
 * import * as Effect from "effect/Effect"
 *
 * export const forget = (file: string, userId: string) =>
 *   Effect.flatMap(DuckDB.forget({ file, userId }), ({ anonymousIds }) =>
 *     Effect.forEach(anonymousIds, (anonymousId) => DuckDB.forget({ file, anonymousId }))
 *   )
 * ```
 */
export const forget = (options: ForgetOptions): Effect.Effect<Forgotten, DuckDBError> =>
  Effect.flatMap(checkForget(options), ({ bounds, file, id }) => erase.forget(file, bounds, id))
