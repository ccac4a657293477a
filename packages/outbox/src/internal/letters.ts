import type { Outcome } from "@trackmap/core/Receipt"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type * as Statement from "effect/sql/Statement"
import type { DeadLetter, LettersOptions, Selection } from "../OutboxStore.ts"
import type { Tables } from "./tables.ts"

interface LetterRow {
  readonly sink: string
  readonly id: string
  readonly event: string
  readonly outcome: string
  readonly attempts: unknown
  readonly created: unknown
  readonly parked_at: unknown
  readonly body: string
}

const letterOf = ({ attempts, body, created, event, id, outcome, parked_at, sink }: LetterRow): DeadLetter => ({
  sink,
  id,
  event,
  outcome: JSON.parse(outcome) as Outcome,
  attempts: Number(attempts),
  created: Number(created),
  at: Number(parked_at),
  body
})

/** The conditions of a selection of parked messages. */
const conditions = (
  { sql }: Tables,
  { events, from, ids, sink, to }: Selection
): ReadonlyArray<Statement.Fragment | string> => [
  ...(sink === undefined ? [] : [sql`sink = ${sink}`]),
  ...(ids === undefined ? [] : [ids.length === 0 ? "1 = 0" : sql.in("id", ids)]),
  ...(events === undefined ? [] : [events.length === 0 ? "1 = 0" : sql.in("event", events)]),
  ...(from === undefined ? [] : [sql`created >= ${from.getTime()}`]),
  ...(to === undefined ? [] : [sql`created < ${to.getTime()}`])
]

const columns = "sink, id, event, outcome, attempts, created, parked_at, body"

export const letters = (
  tables: Tables,
  { after, limit = 100, ...selection }: LettersOptions
): Effect.Effect<ReadonlyArray<DeadLetter>, SqlError> => {
  const { parked, sql } = tables
  const later =
    after === undefined
      ? []
      : [sql`(parked_at < ${after.at} OR (parked_at = ${after.at} AND (sink, id) > (${after.sink}, ${after.id})))`]
  const where = sql.and(["dead = 1", ...conditions(tables, selection), ...later])
  return Effect.map(
    sql<LetterRow>`SELECT ${sql.literal(columns)} FROM ${parked} WHERE ${where} ORDER BY parked_at DESC, sink, id LIMIT ${limit}`
      .withoutTransform,
    (rows) => rows.map(letterOf)
  )
}

export const letter = (
  { parked, sql }: Tables,
  sink: string,
  id: string
): Effect.Effect<DeadLetter | undefined, SqlError> =>
  Effect.map(
    sql<LetterRow>`SELECT ${sql.literal(columns)} FROM ${parked} WHERE sink = ${sink} AND id = ${id} AND dead = 1`
      .withoutTransform,
    ([row]) => row && letterOf(row)
  )

/** Makes dead letters due, except those of sinks that were removed: nobody would claim them. */
export const replay = (tables: Tables, selection: Selection): Effect.Effect<number, SqlError> => {
  const { now, parked, sink, sql } = tables
  const where = sql.and(["dead = 1", sql`sink IN (SELECT name FROM ${sink})`, ...conditions(tables, selection)])
  return Effect.map(
    sql`UPDATE ${parked} SET dead = 0, visible_at = ${now}, token = NULL, lease_until = 0 WHERE ${where} RETURNING id`
      .withoutTransform,
    (rows) => rows.length
  )
}

/** Deletes dead letters that are older than a number of milliseconds. */
export const sweep = ({ now, parked, sql }: Tables, age: number): Effect.Effect<number, SqlError> =>
  Effect.map(
    sql`DELETE FROM ${parked} WHERE dead = 1 AND parked_at < ${now} - ${age} RETURNING id`.withoutTransform,
    (rows) => rows.length
  )
