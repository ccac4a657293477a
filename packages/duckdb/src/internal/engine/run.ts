import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "../../DuckDBError.ts"
import { discard, type Database } from "./database.ts"
import { faultOf, isFatal } from "./fault.ts"

/** Runs something on a connection. An interruption stops it, and waits until it has stopped, since DuckDB runs it in threads of its own. */
export const onConnection = <A, E>(
  connection: DuckDBConnection,
  start: () => Promise<A>,
  failed: (cause: unknown) => E
): Effect.Effect<A, E> =>
  Effect.callback<A, E>((resume) => {
    const ended = start().then(
      (value) => resume(Effect.succeed(value)),
      (cause) => resume(Effect.fail(failed(cause)))
    )
    return Effect.promise(() => {
      connection.interrupt()
      // An interruption between two statements has no effect.
      const again = setInterval(() => connection.interrupt(), 20)
      return ended.finally(() => clearInterval(again))
    })
  })

/** The rows of a statement. */
export type Row = ReadonlyArray<DuckDBValue>

/** What runs a statement on a connection of a file, and returns its rows. */
export type Run = (sql: string) => Effect.Effect<ReadonlyArray<Row>, DuckDBError>

/** What an error on a connection of a file means. An instance that is of no more use is closed. */
export const failedOn =
  (database: Database) =>
  (cause: unknown): DuckDBError => {
    if (isFatal(cause)) discard(database)
    return faultOf(database.path, cause)
  }

export const runOn =
  (database: Database, connection: DuckDBConnection): Run =>
  (sql) =>
    onConnection(
      connection,
      async () => {
        const result = await connection.run(sql)
        return result.getRows()
      },
      failedOn(database)
    )

/** Runs an effect in one transaction. It is rolled back if the effect fails or is interrupted. */
export const inTransaction = <A, E>(run: Run, effect: Effect.Effect<A, E>): Effect.Effect<A, E | DuckDBError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.andThen(
      run("BEGIN TRANSACTION"),
      restore(Effect.tap(effect, () => run("COMMIT"))).pipe(
        // A failed commit has rolled back already, and a discarded instance has no transaction.
        Effect.onError(() => Effect.ignore(run("ROLLBACK")))
      )
    )
  )
