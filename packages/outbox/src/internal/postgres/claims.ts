import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type * as Statement from "effect/sql/Statement"
import type { OutboxError } from "../../OutboxError.ts"
import type { Claim } from "../../OutboxStore.ts"
import { notStarted } from "../knownSinks.ts"
import * as log from "./log.ts"
import type { PostgresTables } from "./tables.ts"

/** Without waiting for the disk at the commit: a claim or a completion that a crash loses delivers messages again. */
const fast = "(SELECT set_config('synchronous_commit', 'off', true))"

/** A sink's progress: its newest claim, and which claims are open. */
interface Progress {
  readonly since: string
  readonly n: unknown
  readonly prev: string
  readonly snap: string
  readonly last_xid: string
  readonly last_seq: string
  readonly is_last: boolean
  /** The lowest claim that is not completed. */
  readonly open: unknown
  /** The lowest of them whose lease has run out. */
  readonly expired: unknown
  /** Whether a parked message is due. */
  readonly due: boolean
}

/** The newest revisions of the claims of a sink that are not completed. */
const openClaims = ({ claim, done, sql }: PostgresTables, sink: Statement.Fragment, low: Statement.Fragment) => sql`
  SELECT * FROM (SELECT DISTINCT ON (n) * FROM ${claim} WHERE sink = ${sink} AND n >= ${low} ORDER BY n, revision DESC) AS newest
  WHERE NOT EXISTS (SELECT FROM ${done} AS d WHERE d.sink = newest.sink AND d.n = newest.n)`

export const progressOf = (tables: PostgresTables, name: string): Effect.Effect<Progress | undefined, SqlError> => {
  const { claim, now, parked, sink, sql } = tables
  return Effect.map(
    sql<Progress>`
      SELECT s.since::text AS since, c.n, c.prev::text AS prev, c.snap::text AS snap, c.last_xid::text AS last_xid,
        c.last_seq::text AS last_seq, c.is_last, o.open, o.expired,
        EXISTS (SELECT FROM ${parked} WHERE sink = s.name AND dead = 0 AND visible_at <= ${now} AND lease_until <= ${now}) AS due
      FROM ${sink} AS s
      CROSS JOIN LATERAL (SELECT * FROM ${claim} WHERE sink = s.name ORDER BY n DESC, revision DESC LIMIT 1) AS c
      CROSS JOIN LATERAL (
        SELECT min(n) AS open, min(n) FILTER (WHERE lease_until <= ${now}) AS expired
        FROM (${openClaims(tables, sql`s.name`, sql`c.low`)}) AS o) AS o
      WHERE s.name = ${name}`.withoutTransform,
    ([row]) => row
  )
}

/** Writes the next revision of a claim, if the newest one still is as the condition says. */
const revise = (
  { claim, done, sql }: PostgresTables,
  { n, sink }: { readonly n: number; readonly sink: string },
  change: {
    readonly when: Statement.Fragment
    readonly attempt: Statement.Fragment
    readonly token: string
    readonly until: Statement.Fragment
  }
) =>
  sql<Revised>`
    WITH revised AS (
      INSERT INTO ${claim} (sink, n, revision, attempt, low, prev, snap, after_xid, after_seq, last_xid, last_seq, is_last, token, lease_until)
      SELECT sink, n, revision + 1, ${change.attempt}, low, prev, snap, after_xid, after_seq, last_xid, last_seq, is_last,
        ${change.token}, ${change.until}
      FROM (SELECT * FROM ${claim} WHERE sink = ${sink} AND n = ${n} ORDER BY revision DESC LIMIT 1) AS newest
      WHERE ${change.when} AND NOT EXISTS (SELECT FROM ${done} AS d WHERE d.sink = newest.sink AND d.n = newest.n)
      ON CONFLICT DO NOTHING RETURNING *)
    SELECT attempt, ${reach(sql)}, lease_until, ${sql.literal(fast)} AS fast FROM revised`.withoutTransform

/** The columns of a claim that say which messages it has. */
interface Reach {
  readonly prev: string
  readonly snap: string
  readonly after_xid: string
  readonly after_seq: string
  readonly last_xid: string
  readonly last_seq: string
}

interface Revised extends Reach {
  readonly attempt: number
  readonly lease_until: unknown
}

const reach = (sql: PostgresTables["sql"]): Statement.Fragment =>
  sql.literal(
    "prev::text AS prev, snap::text AS snap, after_xid::text AS after_xid, after_seq::text AS after_seq, last_xid::text AS last_xid, last_seq::text AS last_seq"
  )

const windowOf = (claim: Reach, since: string): log.Window => ({
  prev: claim.prev,
  snap: claim.snap,
  after: { xid: claim.after_xid, seq: claim.after_seq },
  upTo: { xid: claim.last_xid, seq: claim.last_seq },
  since
})

/** A limit above every claim's. */
const everything = 2_147_483_647

interface Options {
  readonly limit: number
  readonly lease: number
}

/** Takes over a claim whose lease has run out. Undefined if another relay was faster. */
const takeOver = (
  tables: PostgresTables,
  sink: string,
  n: number,
  { lease, since }: { readonly lease: number; readonly since: string }
): Effect.Effect<Claim | undefined, SqlError> => {
  const { now, sql } = tables
  const token = crypto.randomUUID()
  return Effect.gen(function* () {
    const [taken] = yield* revise(
      tables,
      { n, sink },
      {
        when: sql`lease_until <= ${now}`,
        attempt: sql`attempt + 1`,
        token,
        until: sql`${now} + ${lease}`
      }
    )
    if (taken === undefined) return undefined
    const rows = yield* readWindow(tables, windowOf(taken, since), everything)
    return {
      sink,
      source: "log",
      n,
      attempt: taken.attempt,
      token,
      rows: rows.map(log.rowOf),
      leaseUntil: Number(taken.lease_until)
    }
  })
}

export const readWindow = (
  tables: PostgresTables,
  window: log.Window,
  limit: number
): Effect.Effect<ReadonlyArray<log.MessageRow>, SqlError> => {
  const { sql } = tables
  return sql<log.MessageRow>`
    SELECT ${log.columns(sql)} FROM (${log.selectWindow(tables, window, limit)}) AS message ORDER BY message.xid, message.seq`
    .withoutTransform
}

/** Whether a progress is still the sink's: no relay has claimed since, and nobody has removed the sink and started it again elsewhere. */
const isNewest = (
  { claim, sink: table, sql }: PostgresTables,
  sink: string,
  { last_seq, last_xid, n, since, snap }: Progress
): Statement.Fragment => sql`EXISTS (
  SELECT FROM ${table} AS s
  CROSS JOIN LATERAL (SELECT * FROM ${claim} WHERE sink = s.name ORDER BY n DESC, revision DESC LIMIT 1) AS c
  WHERE s.name = ${sink} AND s.since = ${since}::timestamptz AND c.n = ${Number(n)}::bigint AND c.snap::text = ${snap}
    AND c.last_xid = ${last_xid}::xid8 AND c.last_seq = ${last_seq}::bigint)`

/** A claim of the next rows and the progress after it, or that another relay was faster. Undefined if there are no rows. */
type Taken = { readonly claim: Claim; readonly progress: Progress } | "conflict" | undefined

/** Reads the next rows of a window and writes their claim, by one statement. The key of the claim lets one relay pass. */
const takeNext = (
  tables: PostgresTables,
  sink: string,
  window: log.Window,
  { lease, limit }: Options,
  progress: Progress
): Effect.Effect<Taken, SqlError> => {
  const { claim, now, sql } = tables
  const n = Number(progress.n) + 1
  const low = progress.open === null ? n : Number(progress.open)
  const token = crypto.randomUUID()
  const { after, prev, snap } = window
  // The claim comes in a row of its own, behind the messages, since each column of each message takes time.
  return Effect.map(
    sql<TakenRow>`
      WITH taken AS MATERIALIZED (${log.selectWindow(tables, window, limit)}),
      made AS (
        INSERT INTO ${claim} (sink, n, revision, attempt, low, prev, snap, after_xid, after_seq, last_xid, last_seq, is_last, token, lease_until)
        SELECT ${sink}, ${n}, 1, 1, ${low}, ${prev}::pg_snapshot, ${snap === undefined ? sql`pg_current_snapshot()` : sql`${snap}::pg_snapshot`},
          ${after.xid}::xid8, ${after.seq}::bigint, xid, seq, (SELECT count(*) FROM taken) < ${limit}, ${token}, ${now} + ${lease}
        FROM taken WHERE ${isNewest(tables, sink, progress)}
        ORDER BY xid DESC, seq DESC LIMIT 1
        ON CONFLICT DO NOTHING RETURNING last_xid, last_seq, lease_until, snap, ${sql.literal(fast)} AS fast)
      (SELECT id, body, ${log.created(sql)}, NULL AS made FROM taken ORDER BY xid, seq)
      UNION ALL
      SELECT '', '', 0, json_build_object(
        'xid', last_xid::text, 'seq', last_seq::text, 'snap', snap::text, 'until', lease_until, 'fast', fast)::text
      FROM made`.withoutTransform,
    (found): Taken => {
      const made = found.at(-1)?.made
      if (made === undefined) return undefined
      if (made === null) return "conflict"
      const { seq, snap: seen, until, xid } = JSON.parse(made) as Made
      const rows = found.slice(0, -1).map(log.rowOf)
      const next = { prev, snap: seen, last_xid: xid, last_seq: seq, is_last: rows.length < limit }
      return {
        claim: { sink, source: "log", n, attempt: 1, token, rows, leaseUntil: until },
        progress: { ...progress, ...next, n, open: low }
      }
    }
  )
}

interface TakenRow extends log.BodyRow {
  readonly made: string | null
}

/** The claim that a statement has written. */
interface Made {
  readonly xid: string
  readonly seq: string
  readonly snap: string
  readonly until: number
}

/** Takes the next rows: the rest of the newest claim's snapshot, or what has been committed since. */
const takeAfter = (
  tables: PostgresTables,
  sink: string,
  progress: Progress,
  options: Options
): Effect.Effect<Taken, SqlError> => {
  const { is_last, last_seq, last_xid, prev, since, snap } = progress
  const later = { prev: snap, snap: undefined, after: log.first, upTo: log.last, since }
  const fresh = takeNext(tables, sink, later, options, progress)
  if (is_last) return fresh
  const rest = { prev, snap, after: { xid: last_xid, seq: last_seq }, upTo: log.last, since }
  return Effect.flatMap(takeNext(tables, sink, rest, options, progress), (taken) =>
    taken === undefined ? fresh : Effect.succeed(taken)
  )
}

/** The progress of each sink after this process's last claim or look, which saves a look for the next claim. */
export type Recent = Map<string, { readonly progress: Progress; readonly at: number }>

/**
 * How long a relay only takes the next messages, without looking for dead relays and what is parked, in milliseconds. After that it still tries the
 * next messages first, since a relay that was idle most likely finds some, and then looks before it claims again.
 */
const lookAfter = 50

/**
 * Claims messages of a relay that has died, what is parked, or the next of the log. `parked` claims what is parked, before or after what is new.
 */
export const claim = (
  tables: PostgresTables,
  sink: string,
  options: Options & { readonly alone: boolean; readonly parkedFirst: boolean },
  parked: Effect.Effect<Claim | undefined, SqlError>,
  recent: Recent
): Effect.Effect<Claim | undefined, SqlError | OutboxError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const last = recent.get(sink)
    recent.delete(sink)
    if (last !== undefined && !options.alone) {
      const taken = yield* takeAfter(tables, sink, last.progress, options)
      if (taken !== undefined && taken !== "conflict") {
        if (now - last.at < lookAfter) recent.set(sink, { progress: taken.progress, at: last.at })
        return taken.claim
      }
    }
    for (;;) {
      const progress = yield* progressOf(tables, sink)
      if (progress === undefined) return yield* notStarted(sink)
      if (progress.expired !== null) {
        const taken = yield* takeOver(tables, sink, Number(progress.expired), { ...options, since: progress.since })
        if (taken !== undefined) return taken
        continue
      }
      if (progress.due && options.parkedFirst) {
        const due = yield* parked
        if (due !== undefined) return due
      }
      const next: Taken =
        options.alone && progress.open !== null ? undefined : yield* takeAfter(tables, sink, progress, options)
      if (next === "conflict") continue
      if (next === undefined) {
        if (progress.due && !options.parkedFirst) return yield* parked
        recent.set(sink, { progress, at: now })
        return undefined
      }
      recent.set(sink, { progress: next.progress, at: now })
      return next.claim
    }
  })

export const renew = (tables: PostgresTables, claim: Claim, lease: number): Effect.Effect<boolean, SqlError> => {
  const { now, sql } = tables
  const change = {
    when: sql`token = ${claim.token}`,
    attempt: sql`attempt`,
    token: claim.token,
    until: sql`${now} + ${lease}`
  }
  return Effect.map(revise(tables, claim, change), (rows) => rows.length > 0)
}

export const release = (tables: PostgresTables, claim: Claim): Effect.Effect<void, SqlError> => {
  const { sql } = tables
  const change = { when: sql`token = ${claim.token}`, attempt: sql`attempt - 1`, token: "", until: sql`0` }
  return Effect.asVoid(revise(tables, claim, change))
}

/** Those of a claim's messages that nobody has erased. */
export const kept = (
  tables: PostgresTables,
  { n, sink }: Claim,
  ids: ReadonlyArray<string>
): Effect.Effect<ReadonlySet<string>, SqlError> => {
  const { claim, sql } = tables
  return Effect.gen(function* () {
    const [made] = yield* sql<Reach>`
      SELECT ${reach(sql)} FROM ${claim} WHERE sink = ${sink} AND n = ${n} ORDER BY revision DESC LIMIT 1`
      .withoutTransform
    if (made === undefined) return new Set<string>()
    const messages = log.selectWindow(tables, windowOf(made, "-infinity"), everything)
    const found = yield* sql<{ readonly id: string }>`
      SELECT id FROM (${messages}) AS message WHERE id IN (SELECT json_array_elements_text(${JSON.stringify(ids)}::json))`
      .withoutTransform
    return new Set(found.map(({ id }) => id))
  })
}

/** Completes a claim, if no other relay has taken it over. */
export const end = (
  { claim, done, sql }: PostgresTables,
  { n, sink, token }: Claim
): Effect.Effect<boolean, SqlError> =>
  Effect.map(
    sql`
      WITH ended AS (
        INSERT INTO ${done} (sink, n) SELECT ${sink}, ${n}
        WHERE ${token} = (SELECT token FROM ${claim} WHERE sink = ${sink} AND n = ${n} ORDER BY revision DESC LIMIT 1)
        ON CONFLICT DO NOTHING RETURNING n)
      SELECT n, ${sql.literal(fast)} AS fast FROM ended`.withoutTransform,
    (rows) => rows.length > 0
  )
