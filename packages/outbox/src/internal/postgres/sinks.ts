import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { OutboxError } from "../../OutboxError.ts"
import type { From, SinkStats } from "../../OutboxStore.ts"
import { canRename } from "../knownSinks.ts"
import { progressOf, readWindow } from "./claims.ts"
import * as log from "./log.ts"
import * as snapshots from "./snapshot.ts"
import type { PostgresTables } from "./tables.ts"

/** Writes the claim before the first: it has no messages, and says from where on the sink receives them. */
export const begin = ({ claim, schema, sql }: PostgresTables, name: string, snapshot: string | undefined) => {
  const snap = snapshot === undefined ? sql`pg_current_snapshot()` : sql`${snapshot}::pg_snapshot`
  const seq =
    snapshot === snapshots.beginning ? sql`0` : sql`(SELECT last_value FROM ${sql.literal(schema)}.message_seq)`
  return sql`
    INSERT INTO ${claim} (sink, n, revision, attempt, low, prev, snap, after_xid, after_seq, last_xid, last_seq, is_last, token, lease_until)
    VALUES (${name}, 0, 1, 1, 1, ${snap}, ${snap}, '0', 0, '0', ${seq}, true, '', 0)`.withoutTransform
}

export const start = (tables: PostgresTables, name: string, from: From): Effect.Effect<boolean, SqlError> => {
  const { sink, sql } = tables
  const since = from instanceof Date ? sql`${from}` : sql`'-infinity'`
  return Effect.gen(function* () {
    const started = yield* sql`
      INSERT INTO ${sink} (name, since) VALUES (${name}, ${since}) ON CONFLICT (name) DO NOTHING RETURNING name`
      .withoutTransform
    if (started.length === 0) return false
    yield* begin(tables, name, from === "now" ? undefined : snapshots.beginning)
    return true
  }).pipe(sql.withTransaction)
}

export const remove = (
  { claim, done, parked, sink, sql }: PostgresTables,
  name: string
): Effect.Effect<boolean, SqlError> =>
  Effect.gen(function* () {
    const removed = yield* sql`DELETE FROM ${sink} WHERE name = ${name} RETURNING name`.withoutTransform
    yield* sql`DELETE FROM ${claim} WHERE sink = ${name}`
    yield* sql`DELETE FROM ${done} WHERE sink = ${name}`
    yield* sql`DELETE FROM ${parked} WHERE sink = ${name} AND dead = 0`
    return removed.length > 0
  }).pipe(sql.withTransaction)

export const rename = (
  tables: PostgresTables,
  from: string,
  to: string
): Effect.Effect<boolean, SqlError | OutboxError> => {
  const { claim, done, parked, sink, sql } = tables
  return Effect.gen(function* () {
    if (!(yield* canRename(tables, from, to))) return false
    yield* sql`UPDATE ${sink} SET name = ${to} WHERE name = ${from}`
    yield* sql`UPDATE ${claim} SET sink = ${to} WHERE sink = ${from}`
    yield* sql`UPDATE ${done} SET sink = ${to} WHERE sink = ${from}`
    // An earlier sink of the new name can have left dead letters.
    yield* sql`DELETE FROM ${parked} WHERE sink = ${to} AND id IN (SELECT id FROM ${parked} WHERE sink = ${from})`
    yield* sql`UPDATE ${parked} SET sink = ${to} WHERE sink = ${from}`
    return true
  }).pipe(sql.withTransaction)
}

/** The unfinished part of a sink's messages: the window of the lowest open claim, or of what comes after the newest one. */
export const unfinished = (
  tables: PostgresTables,
  name: string
): Effect.Effect<log.Window & { readonly isLast: boolean }, SqlError> => {
  const { claim, sql } = tables
  return Effect.gen(function* () {
    const progress = (yield* progressOf(tables, name))!
    const { is_last, last_seq, last_xid, open, prev, since, snap } = progress
    if (open === null) {
      return { prev, snap, after: { xid: last_xid, seq: last_seq }, upTo: log.last, since, isLast: is_last }
    }
    const [first] = yield* sql<{
      readonly prev: string
      readonly snap: string
      readonly xid: string
      readonly seq: string
    }>`
      SELECT prev::text AS prev, snap::text AS snap, after_xid::text AS xid, after_seq::text AS seq FROM ${claim}
      WHERE sink = ${name} AND n = ${Number(open)} LIMIT 1`.withoutTransform
    const after = { xid: first!.xid, seq: first!.seq }
    return { prev: first!.prev, snap: first!.snap, after, upTo: log.last, since, isLast: false }
  })
}

interface Counts {
  readonly sink: string
  readonly depth: unknown
  readonly claims: unknown
  readonly parked: unknown
  readonly dead: unknown
}

export const namesOf = ({ sink, sql }: PostgresTables): Effect.Effect<ReadonlyArray<string>, SqlError> =>
  Effect.map(sql<{ readonly name: string }>`SELECT name FROM ${sink} ORDER BY name`.withoutTransform, (rows) =>
    rows.map(({ name }) => name)
  )

export const stats = (tables: PostgresTables): Effect.Effect<ReadonlyArray<SinkStats>, SqlError> => {
  const { claim, done, now, parked, schema, sink, sql } = tables
  const sequence = sql.literal(`${schema}.message_seq`)
  const counts = sql<Counts>`
    SELECT s.name AS sink,
      greatest(0, (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ${sequence}) - c.last_seq) AS depth,
      (SELECT count(DISTINCT n) FROM ${claim} AS k WHERE k.sink = s.name AND k.n >= c.low
        AND NOT EXISTS (SELECT FROM ${done} AS d WHERE d.sink = k.sink AND d.n = k.n)) AS claims,
      (SELECT count(*) FROM ${parked} AS p WHERE p.sink = s.name AND dead = 0) AS parked,
      (SELECT count(*) FROM ${parked} AS p WHERE p.sink = s.name AND dead = 1) AS dead
    FROM ${sink} AS s
    CROSS JOIN LATERAL (SELECT * FROM ${claim} WHERE sink = s.name ORDER BY n DESC, revision DESC LIMIT 1) AS c
    ORDER BY s.name`.withoutTransform
  const oldest = (name: string): Effect.Effect<number, SqlError> =>
    Effect.gen(function* () {
      const { isLast, ...window } = yield* unfinished(tables, name)
      const fresh: log.Window = { ...window, prev: window.snap!, snap: undefined, after: log.first }
      const rows = isLast ? [] : yield* readWindow(tables, window, 1)
      const [row] = rows.length > 0 ? rows : yield* readWindow(tables, fresh, 1)
      if (row === undefined) return 0
      const [clock] = yield* sql<{ readonly now: unknown }>`SELECT ${now} AS now`.withoutTransform
      return Math.max(0, Number(clock!.now) - Math.round(row.created))
    })
  return Effect.flatMap(counts, (rows) =>
    Effect.forEach(rows, (row) =>
      Effect.map(oldest(row.sink), (age): SinkStats => ({
        sink: row.sink,
        depth: Number(row.depth),
        oldest: age,
        claims: Number(row.claims),
        parked: Number(row.parked),
        dead: Number(row.dead)
      }))
    )
  )
}
