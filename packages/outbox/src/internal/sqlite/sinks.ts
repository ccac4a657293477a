import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { OutboxError } from "../../OutboxError.ts"
import type { From, SinkStats } from "../../OutboxStore.ts"
import { canRename } from "../knownSinks.ts"
import type { SqliteTables } from "./tables.ts"

export const start = (tables: SqliteTables, name: string, from: From): Effect.Effect<boolean, SqlError> => {
  const { message, prefix, sink, sql } = tables
  const newest = sql`coalesce((SELECT seq FROM sqlite_sequence WHERE name = ${`${prefix}message`}), 0)`
  const last =
    from === "beginning"
      ? sql`0`
      : from === "now"
        ? newest
        : sql`coalesce((SELECT min(seq) - 1 FROM ${message} WHERE created >= ${from.getTime()}), ${newest})`
  return Effect.map(
    sql`INSERT INTO ${sink} (name, last, claims) VALUES (${name}, ${last}, 0) ON CONFLICT (name) DO NOTHING RETURNING name`,
    (rows) => rows.length > 0
  )
}

export const remove = ({ claim, parked, sink, sql }: SqliteTables, name: string): Effect.Effect<boolean, SqlError> =>
  Effect.gen(function* () {
    const removed = yield* sql`DELETE FROM ${sink} WHERE name = ${name} RETURNING name`
    yield* sql`DELETE FROM ${claim} WHERE sink = ${name}`
    yield* sql`DELETE FROM ${parked} WHERE sink = ${name} AND dead = 0`
    return removed.length > 0
  }).pipe(sql.withTransaction)

export const rename = (
  tables: SqliteTables,
  from: string,
  to: string
): Effect.Effect<boolean, SqlError | OutboxError> => {
  const { claim, parked, sink, sql } = tables
  return Effect.gen(function* () {
    if (!(yield* canRename(tables, from, to))) return false
    yield* sql`UPDATE ${sink} SET name = ${to} WHERE name = ${from}`
    yield* sql`UPDATE ${claim} SET sink = ${to} WHERE sink = ${from}`
    yield* sql`UPDATE OR REPLACE ${parked} SET sink = ${to} WHERE sink = ${from}`
    return true
  }).pipe(sql.withTransaction)
}

export const stats = ({
  claim,
  message,
  now,
  parked,
  prefix,
  sink,
  sql
}: SqliteTables): Effect.Effect<ReadonlyArray<SinkStats>, SqlError> => {
  const first = sql`coalesce((SELECT min(after) FROM ${claim} WHERE sink = s.name), s.last)`
  return sql<SinkStats>`
    SELECT s.name AS sink,
      max(0, coalesce((SELECT seq FROM sqlite_sequence WHERE name = ${`${prefix}message`}), 0) - s.last) AS depth,
      coalesce((SELECT max(0, ${now} - created) FROM ${message} WHERE seq > ${first} ORDER BY seq LIMIT 1), 0) AS oldest,
      (SELECT count(*) FROM ${claim} WHERE sink = s.name) AS claims,
      (SELECT count(*) FROM ${parked} WHERE sink = s.name AND dead = 0) AS parked,
      (SELECT count(*) FROM ${parked} WHERE sink = s.name AND dead = 1) AS dead
    FROM ${sink} AS s ORDER BY s.name`
}
