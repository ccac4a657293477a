import type { Outcome } from "@trackmap/core/Receipt"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { Claim, Parked, Row } from "../OutboxStore.ts"
import { eventOf } from "./body.ts"
import type { Tables } from "./tables.ts"

/** The most rows of one insert: PostgreSQL accepts 32,767 parameters. */
const rowsOfInsert = 500

interface ClaimedRow {
  readonly id: string
  readonly body: string
  readonly created: unknown
  readonly attempts: unknown
  readonly lease_until: unknown
}

/** Leases parked messages that are due: those with which a relay died, or the others. */
const leaseDue = (
  { now, parked, skipLocked, sql }: Tables,
  sink: string,
  { abandoned, lease, limit }: { readonly abandoned: boolean; readonly lease: number; readonly limit: number }
): Effect.Effect<Claim | undefined, SqlError> =>
  Effect.suspend(() => {
    const token = crypto.randomUUID()
    const held = sql.literal(abandoned ? "token IS NOT NULL" : "token IS NULL")
    // A subquery with a lock could run more than once.
    const claimed = sql<ClaimedRow>`
      WITH due (due_id) AS MATERIALIZED (
        SELECT id FROM ${parked} WHERE sink = ${sink} AND dead = 0 AND visible_at <= ${now} AND lease_until <= ${now} AND ${held}
        ORDER BY visible_at, lease_until LIMIT ${limit} ${skipLocked})
      UPDATE ${parked} AS p SET token = ${token}, lease_until = ${now} + ${lease}, attempts = attempts + ${abandoned ? 1 : 0}
      FROM due WHERE p.sink = ${sink} AND p.id = due.due_id
      RETURNING id, body, created, attempts, lease_until`.withoutTransform
    return Effect.map(claimed, (found): Claim | undefined => {
      if (found.length === 0) return undefined
      const rows = found.map(({ attempts, body, created, id }): Row => ({
        id,
        body,
        created: Number(created),
        attempts: Number(attempts)
      }))
      const leaseUntil = Number(found[0]!.lease_until)
      rows.sort((a, b) => a.created - b.created)
      return { sink, source: "parked", n: 0, attempt: abandoned ? 2 : 1, token, rows, leaseUntil }
    })
  })

/**
 * Leases parked messages that are due. A message with which a relay died comes alone, and after all others: if sending it is what ends a relay,
 * it takes no other message with it.
 */
export const claim = (
  tables: Tables,
  sink: string,
  limit: number,
  lease: number
): Effect.Effect<Claim | undefined, SqlError> =>
  Effect.flatMap(leaseDue(tables, sink, { abandoned: false, lease, limit }), (due) =>
    due === undefined ? leaseDue(tables, sink, { abandoned: true, lease, limit: 1 }) : Effect.succeed(due)
  )

/** Whether a parked message is due. */
export const isDue = ({ now, parked, sql }: Tables, sink: string): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql`SELECT 1 FROM ${parked} WHERE sink = ${sink} AND dead = 0 AND visible_at <= ${now} AND lease_until <= ${now} LIMIT 1`
      .withoutTransform,
    (rows) => rows.length > 0
  )

export const renew = (
  { now, parked, sql }: Tables,
  { sink, token }: Claim,
  lease: number
): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql`UPDATE ${parked} SET lease_until = ${now} + ${lease} WHERE sink = ${sink} AND token = ${token} RETURNING id`
      .withoutTransform,
    (rows) => rows.length > 0
  )

export const release = ({ parked, sql }: Tables, { sink, token }: Claim): Effect.Effect<void, SqlError> =>
  Effect.asVoid(
    sql`UPDATE ${parked} SET token = NULL, lease_until = 0 WHERE sink = ${sink} AND token = ${token}`.withoutTransform
  )

/** Completes a claim of parked messages, in the current transaction. */
export const complete = (
  tables: Tables,
  claimed: Claim,
  again: ReadonlyArray<Parked>
): Effect.Effect<boolean, SqlError> => {
  const { parked, sql } = tables
  const { sink, token } = claimed
  return Effect.gen(function* () {
    const ended = yield* sql<{ readonly id: string }>`
      DELETE FROM ${parked} WHERE sink = ${sink} AND token = ${token} RETURNING id`.withoutTransform
    if (ended.length === 0) return false
    const own = new Set(ended.map(({ id }) => id))
    yield* add(
      tables,
      claimed,
      again.filter(({ id }) => own.has(id))
    )
    return true
  })
}

/** Sets messages of a claim of the log aside, in the current transaction, except for those that were erased after the claim. */
export const addLogged = (
  tables: Tables,
  claimed: Claim,
  again: ReadonlyArray<Parked>,
  kept: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlySet<string>, SqlError>
): Effect.Effect<void, SqlError> => {
  if (again.length === 0) return Effect.void
  return Effect.flatMap(kept(again.map(({ id }) => id)), (ids) =>
    add(
      tables,
      claimed,
      again.filter(({ id }) => ids.has(id))
    )
  )
}

/** Sets messages of a claim aside, in the current transaction. */
const add = (tables: Tables, { rows, sink }: Claim, again: ReadonlyArray<Parked>): Effect.Effect<void, SqlError> => {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const added = again.flatMap((one) => {
    const row = byId.get(one.id)
    return row === undefined ? [] : [{ ...one, sink, body: row.body, created: row.created }]
  })
  return insert(tables, added)
}

/** A message to set aside. */
export interface Set extends Parked {
  readonly sink: string
  readonly body: string
  readonly created: number
}

/** Sets messages aside. A message that is parked already takes the new state. */
export const insert = ({ now, parked, sql }: Tables, added: ReadonlyArray<Set>): Effect.Effect<void, SqlError> => {
  // One statement cannot change a row twice.
  const distinct = [...new Map(added.map((one) => [one.id, one])).values()]
  const chunks = Array.from({ length: Math.ceil(distinct.length / rowsOfInsert) }, (_, index) =>
    distinct.slice(index * rowsOfInsert, (index + 1) * rowsOfInsert)
  )
  return Effect.forEach(
    chunks,
    (chunk) => {
      const rows = chunk.map(
        ({ attempts, body, created, dead, id, outcome, sink, visibleAt }) =>
          sql`(${sink}, ${id}, ${body}, ${eventOf(body)}, ${created}, ${attempts}, ${JSON.stringify(outcome)}, ${dead ? 1 : 0}, ${visibleAt ?? 0}, ${now})`
      )
      return sql`
        INSERT INTO ${parked} (sink, id, body, event, created, attempts, outcome, dead, visible_at, parked_at)
        VALUES ${sql.csv(rows)}
        ON CONFLICT (sink, id) DO UPDATE SET body = excluded.body, event = excluded.event, created = excluded.created,
          attempts = excluded.attempts, outcome = excluded.outcome, dead = excluded.dead, visible_at = excluded.visible_at,
          parked_at = excluded.parked_at, token = NULL, lease_until = 0`.withoutTransform
    },
    { discard: true }
  )
}

/** What a message that is sent again has, as long as no sink has answered. */
export const replayed: Outcome = { _tag: "Expired", reason: "it waits to be sent again" }
