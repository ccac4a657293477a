import * as Effect from "effect/Effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { OutboxError } from "../OutboxError.ts"
import { outboxError } from "./sqlError.ts"

/** The migrations of a store, by number and name. */
export type Migrations = Readonly<Record<string, Effect.Effect<void, SqlError, SqlClient.SqlClient>>>

/**
 * Runs the migrations that a database lacks, behind a lock: elsewhere than on PostgreSQL, the Migrator answers at once if another process
 * migrates, as if it were done. A database that a newer version has migrated is left as it is.
 */
export const migrate = (
  sql: SqlClient.SqlClient,
  options: {
    readonly table: string
    readonly migrations: Migrations
    readonly lock: Effect.Effect<void, SqlError>
  }
): Effect.Effect<void, OutboxError> => {
  const run = Migrator.make({})({ table: options.table, loader: Migrator.fromRecord(options.migrations) })
  return Effect.andThen(options.lock, run).pipe(
    sql.withTransaction,
    Effect.provideService(SqlClient.SqlClient, sql),
    Effect.mapError((error) => {
      if (error._tag === "SqlError") return outboxError("migrate", error)
      const cause = error.cause as SqlError | undefined
      return cause?._tag === "SqlError"
        ? outboxError("migrate", cause)
        : new OutboxError({
            operation: "migrate",
            reason: error.message,
            remedy: "report it, with the versions of @trackmap/outbox and effect",
            transient: false
          })
    }),
    Effect.asVoid
  )
}
