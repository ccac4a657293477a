import type * as EventSink from "@trackmap/core/EventSink"
import { Misconfigured } from "@trackmap/core/SendError"
import * as Migration from "@trackmap/warehouse/Migration"
import * as Misfits from "@trackmap/warehouse/Misfits"
import * as Rows from "@trackmap/warehouse/Rows"
import type { Table } from "@trackmap/warehouse/Table"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import type * as Scope from "effect/Scope"
import type { DuckDBError } from "../../DuckDBError.ts"
import { checkParquet, type ParquetOptions } from "../options.ts"
import { dialect } from "../write/dialect.ts"
import { failureOf } from "../write/sink.ts"
import { Trouble } from "../write/trouble.ts"
import * as engines from "./engine.ts"
import { makeFolder, tooLong } from "./files.ts"
import { existingIn, write } from "./writer.ts"

const misconfigured = (error: DuckDBError): Misconfigured => new Misconfigured({ reason: error.message })

/** Opens a sink. */
export const open = Effect.fnUntraced(function* (
  options: ParquetOptions,
  name: string,
  wanted: ReadonlyArray<Table>
): Effect.fn.Return<EventSink.Send, Misconfigured, Scope.Scope> {
  const { bounds, directory } = yield* checkParquet(options)
  const reasons = tooLong(wanted).map(
    ({ name }) =>
      `the folder of the table "${name}" would have a name of more than 255 bytes: give the event another table (tables: { … })`
  )
  if (reasons.length > 0) return yield* new Misconfigured({ reason: reasons.join("; ") })
  const engine = yield* Effect.mapError(engines.make(directory, bounds), misconfigured)
  const trouble = new Trouble(name)
  // The first batch makes the folder if the disk is full now, so that the service starts.
  const isThere = yield* Effect.try({ try: () => makeFolder(directory), catch: engine.failed }).pipe(
    Effect.as(true),
    Effect.catch((error) =>
      error.transient ? Effect.as(trouble.wait(error, false), false) : Effect.fail(misconfigured(error))
    )
  )
  // A compaction deletes files that have just been listed.
  const found = Effect.retry(existingIn(engine, directory), { times: 5, schedule: Schedule.spaced("100 millis") })
  const existing = isThere ? yield* Effect.mapError(found, misconfigured) : []
  const { tables } = yield* Migration.make(wanted, existing, dialect)
  const rowsOf = Rows.make(tables, dialect)
  // One connection writes.
  const turn = Semaphore.makeUnsafe(1)
  const warn = Misfits.warner(name)
  return (batch) =>
    Effect.gen(function* () {
      const rows = rowsOf(batch, yield* Clock.currentTimeMillis)
      // Misfits come last, and are written first: a row is never there without them.
      yield* turn.withPermits(1)(
        Effect.forEach(rows.toReversed(), (one) => write(engine, directory, one), { discard: true })
      )
      yield* warn(rows)
      yield* trouble.over
      return batch.map(Rows.outcomeOf)
    }).pipe(
      Effect.catch((error) => Effect.andThen(trouble.wait(error, false), Effect.fail(failureOf(error, batch.length))))
    )
})
