import type * as EventSink from "@trackmap/core/EventSink"
import { Misconfigured, type SendError, TooLarge, Unavailable } from "@trackmap/core/SendError"
import * as Misfits from "@trackmap/warehouse/Misfits"
import * as Rows from "@trackmap/warehouse/Rows"
import type { Table } from "@trackmap/warehouse/Table"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { DuckDBError } from "../../DuckDBError.ts"
import { databaseOf } from "../engine/database.ts"
import { isOutOfMemory } from "../engine/fault.ts"
import { check, type Options } from "../options.ts"
import { isHeld, Trouble } from "./trouble.ts"
import { Writer } from "./writer.ts"

/** Why a batch of some messages was not written. One that needs too much memory may fit in parts. */
export const failureOf = (error: DuckDBError | Misconfigured, messages: number): SendError => {
  const reason = error.message
  return messages > 1 && isOutOfMemory(error) ? new TooLarge({ reason }) : new Unavailable({ reason })
}

/** Opens a sink. A transient error leaves the tables to the first batch, so that the service starts. */
export const open = Effect.fnUntraced(function* (
  options: Options,
  name: string,
  wanted: ReadonlyArray<Table>
): Effect.fn.Return<EventSink.Send, Misconfigured, Scope.Scope> {
  const { bounds, file, keepOpen } = yield* check(options)
  const writer = new Writer(databaseOf(file), bounds, wanted, keepOpen ? yield* Effect.scope : undefined)
  const trouble = new Trouble(name)
  const warn = Misfits.warner(name)
  yield* Effect.catchTag(writer.prepare, "DuckDBError", (error) =>
    error.transient ? trouble.wait(error, isHeld(error)) : Effect.fail(new Misconfigured({ reason: error.message }))
  )
  return (batch) =>
    writer.write(batch).pipe(
      Effect.tap(warn),
      Effect.andThen(trouble.over),
      Effect.map(() => batch.map(Rows.outcomeOf)),
      Effect.catch((error) =>
        Effect.andThen(trouble.wait(error, isHeld(error)), Effect.fail(failureOf(error, batch.length)))
      )
    )
})
