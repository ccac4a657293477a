/**
 * A warehouse that needs no server: a DuckDB file with a table for each event of the plan.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import type * as SendError from "@trackmap/core/SendError"
import { checkNames, type Options } from "./internal/options.ts"
import { open } from "./internal/write/sink.ts"

export type { Options }

/**
 * A sink that writes messages to a DuckDB file, which it creates. Each event of the plan has a table with a column for each of its keys, and so has
 * each other call; `misfits` has what does not fit the plan, and the view `events` all tracked events, pages and screens. The tables follow the plan: new keys become
 * columns, and nothing is dropped. A message is there once, also after a crash or a retry. The README documents the tables.
 *
 * A batch is one transaction, after which the sink closes the file, so that other programs can read it: DuckDB lets only one process open a file that
 * it writes. While another has it open, messages wait, for an hour at most, and the log names the process. `keepOpen` saves the cost of opening.
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
    open: (plan) => open(options, name, plan)
  }).pipe(
    EventSink.batched({ age: keepOpen ? "1 second" : "5 seconds" }),
    EventSink.buffered({ capacity: 50_000 }),
    EventSink.retried({ limit: "1 hour" })
  )
}
