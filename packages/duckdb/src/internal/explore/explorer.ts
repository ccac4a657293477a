import { basename } from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type DuckDBError, QueryError } from "../../DuckDBError.ts"
import type { Answered, Explorer, Table } from "../../Explorer.ts"
import type { Bounds } from "../bounds.ts"
import { connect, databaseOf, isOpen, whileLocked } from "../engine/database.ts"
import { onConnection } from "../engine/run.ts"
import { answer, type Job } from "./answer.ts"
import { ReadingProcess } from "./process.ts"

/** How long a question waits for another process that has the file open, in milliseconds. */
const patience = 5_000

/** What the person who asks is told of a file that cannot be read now. */
const busy = (error: DuckDBError): DuckDBError | QueryError =>
  error.transient ? new QueryError({ reason: `${error.reason}: try again`, transient: true }) : error

const missing = "the file or its folder does not exist"

export const make = (file: string, bounds: Bounds, timeout: Duration.Duration, entry: URL): Explorer => {
  const database = databaseOf(file)
  const reading = new ReadingProcess(entry)
  /** On the instance that this process has open: it has no lock to wait for. */
  const here = (job: Job) =>
    Effect.scoped(
      Effect.flatMap(connect(database, bounds, patience), (session) =>
        onConnection(
          session.connection,
          () => answer(session, job),
          (cause) => cause as QueryError
        )
      )
    )
  /** In a process of its own, while none of this process writes. */
  const there = (job: Job) =>
    database.turn.withPermits(1)(
      Effect.suspend(() =>
        isOpen(database) ? here(job) : whileLocked(reading.ask({ file: database.path, bounds, job }), patience)
      )
    )
  const run = (job: Job): Effect.Effect<unknown, DuckDBError | QueryError> =>
    Effect.suspend(() => (isOpen(database) ? here(job) : there(job))).pipe(
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () =>
          Effect.fail(
            new QueryError({ reason: `the query took longer than ${Duration.format(timeout)}: narrow it down` })
          )
      }),
      Effect.mapError((error) => (error._tag === "DuckDBError" ? busy(error) : error))
    )
  return {
    name: basename(file),
    catalog: () =>
      (run({ _tag: "Catalog" }) as Effect.Effect<ReadonlyArray<Table>, DuckDBError | QueryError>).pipe(
        // The first batch will make the file.
        Effect.catchTag("DuckDBError", (error) => (error.reason === missing ? Effect.succeed([]) : Effect.fail(error)))
      ),
    ask: (question) => run({ _tag: "Ask", question }) as Effect.Effect<Answered, DuckDBError | QueryError>,
    select: (sql, { limit, visible }) =>
      run({ _tag: "Select", sql, options: { limit, visible } }) as Effect.Effect<Answered, DuckDBError | QueryError>
  }
}
