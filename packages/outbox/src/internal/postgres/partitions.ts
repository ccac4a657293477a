import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import * as sinks from "./sinks.ts"
import * as snapshots from "./snapshot.ts"
import type { PostgresTables } from "./tables.ts"

interface Partition {
  readonly name: string
  readonly starts: unknown
  /** Null: it takes all that is later, so that an insert always finds a partition. */
  readonly ends: unknown
}

const instant = (millis: number): string => `'${new Date(millis).toISOString()}'`

const digits = (millis: number): string => new Date(millis).toISOString().replaceAll(/\D/g, "")

/** Changes partitions in a transaction, unless another transaction uses the log for longer than this: inserts wait as long. */
const lockTimeout = "100ms"

const locked = <A, E, R>({ schema, sql }: PostgresTables, effect: Effect.Effect<A, E, R>) =>
  Effect.andThen(
    sql.unsafe(
      `SELECT pg_advisory_xact_lock(hashtext('${schema}.partition')), set_config('lock_timeout', '${lockTimeout}', true)`
    ),
    effect
  ).pipe(sql.withTransaction)

const all = ({ partition, sql }: PostgresTables) =>
  sql<Partition>`SELECT name, starts, ends FROM ${partition} ORDER BY starts`.withoutTransform

const create = (tables: PostgresTables, from: number, to: number | undefined): Effect.Effect<void, SqlError> => {
  const { partition, schema, sql } = tables
  const name = `message_${digits(from)}_${to === undefined ? "later" : digits(to)}`
  const bounds = `FROM (${from === 0 ? "MINVALUE" : instant(from)}) TO (${to === undefined ? "MAXVALUE" : instant(to)})`
  return Effect.andThen(
    sql.unsafe(`CREATE TABLE ${schema}.${name} PARTITION OF ${schema}.message FOR VALUES ${bounds}`),
    Effect.asVoid(sql`INSERT INTO ${partition} (name, starts, ends) VALUES (${name}, ${from}, ${to ?? null})`)
  )
}

const forget = ({ partition, schema, sql }: PostgresTables, name: string) =>
  Effect.andThen(sql.unsafe(`DROP TABLE ${schema}.${name}`), sql`DELETE FROM ${partition} WHERE name = ${name}`)

/** Makes sure that the current period and the next two have a partition of their own, followed by one for all that is later. */
export const prepare = (tables: PostgresTables, period: number): Effect.Effect<void, SqlError> => {
  const { now, partition, schema, sql } = tables
  return locked(
    tables,
    Effect.gen(function* () {
      const [clock] = yield* sql<{ readonly now: unknown }>`SELECT ${now} AS now`.withoutTransform
      const current = Math.floor(Number(clock!.now) / period) * period
      const latest = (yield* all(tables)).at(-1)
      if (latest !== undefined && Number(latest.starts) >= current + 2 * period) return
      let from = 0
      if (latest !== undefined) {
        from = Number(latest.starts)
        const full = `${schema}.${latest.name}`
        // Ends the transactions that write to it, so that the look below sees their rows. All others lock the log first, and then its partitions.
        yield* sql.unsafe(`LOCK TABLE ONLY ${schema}.message IN ACCESS EXCLUSIVE MODE`)
        if ((yield* sql.unsafe(`SELECT FROM ${full} LIMIT 1`)).length === 0) yield* forget(tables, latest.name)
        else {
          // It has rows only if nothing has prepared partitions for two periods.
          const ends = current + period
          yield* sql.unsafe(`ALTER TABLE ${schema}.message DETACH PARTITION ${full}`)
          yield* sql.unsafe(
            `ALTER TABLE ${schema}.message ATTACH PARTITION ${full} FOR VALUES FROM (${from === 0 ? "MINVALUE" : instant(from)}) TO (${instant(ends)})`
          )
          yield* sql`UPDATE ${partition} SET ends = ${ends} WHERE name = ${latest.name}`
          from = ends
        }
      }
      if (from < current + period) {
        yield* create(tables, from, current + period)
        from = current + period
      }
      for (; from < current + 3 * period; from += period) yield* create(tables, from, from + period)
      yield* create(tables, from, undefined)
    })
  )
}

/** Whether a sink has not completed a message of a partition. Without a sink, nobody has completed anything. */
const isNeeded = (tables: PostgresTables, name: string): Effect.Effect<boolean, SqlError> => {
  const { schema, sql } = tables
  return Effect.gen(function* () {
    const names = yield* sinks.namesOf(tables)
    for (const sink of names) {
      const { after, prev, since, snap } = yield* sinks.unfinished(tables, sink)
      const { xip, xmax } = snapshots.parse(prev)
      const rows = yield* sql`
        SELECT FROM ${sql.literal(`${schema}.${name}`)}
        WHERE (xid >= ${String(xmax)}::xid8 OR xid = ANY (${snapshots.arrayOf(xip)}::xid8[]))
          AND NOT (pg_visible_in_snapshot(xid, ${snap!}::pg_snapshot) AND (xid, seq) <= (${after.xid}::xid8, ${after.seq}::bigint))
          AND created >= ${since}::timestamptz LIMIT 1`.withoutTransform
      if (rows.length > 0) return true
    }
    return names.length === 0
  })
}

/** Drops the partitions that have ended a number of milliseconds ago, and that no sink needs. Returns an estimate of their rows. */
export const drop = (tables: PostgresTables, age: number): Effect.Effect<number, SqlError> => {
  const { now, partition, schema, sql } = tables
  const one = (name: string) =>
    Effect.gen(function* () {
      if (yield* isNeeded(tables, name)) return 0
      return yield* locked(
        tables,
        Effect.gen(function* () {
          // Ends the transactions that still write to it, so that the check below sees their rows. Relays read on meanwhile: they have locked the
          // log, which must be locked before the partition can be dropped.
          yield* sql.unsafe(`LOCK TABLE ${schema}.${name} IN SHARE MODE`)
          if (yield* isNeeded(tables, name)) return 0
          const [size] = yield* sql<{ readonly rows: unknown }>`
            SELECT greatest(reltuples, 0)::float8 AS rows FROM pg_class WHERE oid = ${`${schema}.${name}`}::regclass`
            .withoutTransform
          yield* forget(tables, name)
          return Number(size!.rows)
        })
      )
    })
  return Effect.gen(function* () {
    const ended = yield* sql<Partition>`SELECT name FROM ${partition} WHERE ends < ${now} - ${age} ORDER BY starts`
      .withoutTransform
    let sum = 0
    for (const { name } of ended) sum += yield* one(name)
    return sum
  })
}

/** Deletes completed claims that are older than any call can be, but not the newest one, which is the sink's progress. */
export const trim = ({ claim, done, sink, sql }: PostgresTables): Effect.Effect<void, SqlError> => {
  const old = sql`
    SELECT c.name AS sink, c.low FROM (
      SELECT s.name, (SELECT low FROM ${claim} WHERE sink = s.name ORDER BY n DESC, revision DESC LIMIT 1) AS low
      FROM ${sink} AS s) AS c`
  return Effect.gen(function* () {
    const removed = yield* sql<{ readonly sink: string; readonly n: unknown }>`
      DELETE FROM ${claim} AS k USING (${old}) AS o
      WHERE k.sink = o.sink AND k.n < o.low AND k.claimed_at < now() - interval '1 hour'
        AND k.n < (SELECT max(n) FROM ${claim} WHERE sink = k.sink) RETURNING k.sink, k.n`.withoutTransform
    if (removed.length === 0) return
    yield* sql`
      DELETE FROM ${done} AS d WHERE NOT EXISTS (SELECT FROM ${claim} AS k WHERE k.sink = d.sink AND k.n = d.n)`
  })
}
