/**
 * An erasure deletes a user's rows from the log, and then what is parked. A transaction that parks messages at the same time may have read them
 * before and write them after. So each such transaction shares a lock, and an erasure waits between its two steps until they have ended: those that
 * begin later find no row of the user.
 */
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { PostgresTables } from "./tables.ts"

const keyOf = ({ schema, sql }: PostgresTables) => sql`hashtext(${`${schema}.erase`})`

/** Held until the current transaction ends, which parks messages. */
export const share = (tables: PostgresTables): Effect.Effect<void, SqlError> =>
  Effect.asVoid(tables.sql`SELECT pg_advisory_xact_lock_shared(${keyOf(tables)})`.withoutTransform)

/** Waits for the transactions that park messages now. Fails if one of them does not end. */
export const wait = (tables: PostgresTables): Effect.Effect<void, SqlError> => {
  const { sql } = tables
  return Effect.asVoid(
    sql.withTransaction(
      Effect.andThen(
        sql.unsafe("SET LOCAL lock_timeout = '10s'"),
        sql`SELECT pg_advisory_xact_lock(${keyOf(tables)})`.withoutTransform
      )
    )
  )
}
