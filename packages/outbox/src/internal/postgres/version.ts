import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { OutboxError } from "../../OutboxError.ts"

/** The oldest major version of PostgreSQL that is supported. */
export const minimum = 14

/** Fails if the server is older than the outbox needs. */
export const check = (sql: SqlClient.SqlClient): Effect.Effect<void, SqlError | OutboxError> =>
  Effect.flatMap(
    sql<{ readonly version: string }>`SELECT current_setting('server_version_num') AS version`.withoutTransform,
    ([row]) => {
      const major = Math.floor(Number(row!.version) / 10_000)
      if (major >= minimum) return Effect.void
      return Effect.fail(
        new OutboxError({
          operation: "migrate",
          reason: `the server is PostgreSQL ${major}`,
          remedy: `update it to PostgreSQL ${minimum} or later`,
          transient: false
        })
      )
    }
  )
