import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type * as Statement from "effect/sql/Statement"
import type { Entry, Row, Written } from "../../OutboxStore.ts"
import * as snapshots from "./snapshot.ts"
import type { Scanned } from "../replays.ts"
import type { PostgresTables } from "./tables.ts"

/** The most rows of one insert: PostgreSQL accepts 32,767 parameters. */
const rowsOfInsert = 10_000
const rowsOfPage = 1_000

export const statementOf = (schema: string, entries: ReadonlyArray<Entry>) => ({
  sql: `INSERT INTO ${schema}.message (id, body) VALUES ${entries.map((_, at) => `($${2 * at + 1}, $${2 * at + 2})`).join(", ")}`,
  params: entries.flatMap(({ body, id }) => [id, body])
})

/** Inserts entries, and returns their transaction. */
const insertAll = (tables: PostgresTables, entries: ReadonlyArray<Entry>): Effect.Effect<string, SqlError> => {
  if (entries.length > rowsOfInsert) {
    const first = insertAll(tables, entries.slice(0, rowsOfInsert))
    return tables.sql.withTransaction(Effect.andThen(first, insertAll(tables, entries.slice(rowsOfInsert))))
  }
  const { params, sql: text } = statementOf(tables.schema, entries)
  const written = `WITH written AS (${text}) SELECT pg_current_xact_id()::text AS xid`
  return Effect.map(tables.sql.unsafe<{ readonly xid: string }>(written, params).withoutTransform, ([row]) => row!.xid)
}

export const insert = (tables: PostgresTables, entries: ReadonlyArray<Entry>): Effect.Effect<Written, SqlError> => {
  const ids = entries.map(({ id }) => id)
  if (entries.length === 0) return Effect.succeed({ transaction: "", ids })
  return Effect.map(insertAll(tables, entries), (transaction) => ({ transaction, ids }))
}

/** Reads what became of a transaction. */
export const committed = (
  { message, sql }: PostgresTables,
  { ids, transaction }: Written
): Effect.Effect<"open" | ReadonlySet<string>, SqlError> =>
  ids.length === 0
    ? Effect.succeed(new Set())
    : Effect.gen(function* () {
        const [found] = yield* sql<{ readonly status: string | null }>`
          SELECT pg_xact_status(${transaction}::xid8) AS status`.withoutTransform
        if (found!.status === "in progress") return "open"
        // A statement of its own: the snapshot of the one before can be older than the commit.
        const rows = yield* sql<{ readonly id: string }>`
          SELECT id FROM ${message} WHERE xid = ${transaction}::xid8`.withoutTransform
        const own = new Set(ids)
        return new Set(rows.flatMap(({ id }) => (own.has(id) ? [id] : [])))
      })

/** A place in the log. Rows are in the order of their transaction and then of their number. */
export interface Position {
  readonly xid: string
  readonly seq: string
}

/** Before the first row. */
export const first: Position = { xid: "0", seq: "0" }
/** Behind the last row. */
export const last: Position = { xid: "18446744073709551615", seq: "9223372036854775807" }

/** Rows that are not visible in `prev`, are visible in `snap`, and lie between two places. */
export interface Window {
  readonly prev: string
  /** Undefined: the snapshot of the statement. */
  readonly snap: string | undefined
  readonly after: Position
  readonly upTo: Position
  /** The time from which the sink receives messages, as PostgreSQL's text. */
  readonly since: string
}

export interface BodyRow {
  readonly id: string
  readonly body: string
  readonly created: number
}

export interface MessageRow extends BodyRow, Position {}

/** The column of a message's time, without decimal arithmetic. */
export const created = (sql: PostgresTables["sql"]): Statement.Fragment =>
  sql.literal("date_part('epoch', created) * 1000 AS created")

export const columns = (sql: PostgresTables["sql"]): Statement.Fragment =>
  sql`xid::text AS xid, seq::text AS seq, id, body, ${created(sql)}`

/** Whether a row of a transaction lies behind a place. */
const isBehind = (xid: bigint, place: Position): boolean => xid > BigInt(place.xid)

/**
 * Selects the first rows of a window, in ranges of the index: of transactions that were open in `prev`, and of later ones. Each has a
 * single lower bound, at which PostgreSQL starts its scan.
 */
export const selectWindow = (
  { message, sql }: PostgresTables,
  { after, prev, since, snap, upTo }: Window,
  limit: number
): Statement.Fragment => {
  const before = snapshots.parse(prev)
  const until = snap === undefined ? undefined : snapshots.parse(snap)
  const visible =
    until === undefined
      ? sql`true`
      : sql`xid < ${String(until.xmax)}::xid8 AND xid <> ALL (${snapshots.arrayOf(until.xip)}::xid8[])`
  const range = (lower: Statement.Fragment) => sql`(
    SELECT xid, seq, id, body, created FROM ${message}
    WHERE ${lower} AND (xid, seq) <= (${upTo.xid}::xid8, ${upTo.seq}::bigint) AND ${visible} AND created >= ${since}::timestamptz
    ORDER BY xid, seq LIMIT ${limit})`
  const later = isBehind(before.xmax, after) ? { xid: String(before.xmax), seq: "0" } : after
  const ranges = [range(sql`(xid, seq) > (${later.xid}::xid8, ${later.seq}::bigint)`)]
  const open = before.xip.filter((xid) => isBehind(xid, after))
  if (open.length > 0) ranges.push(range(sql`xid = ANY (${snapshots.arrayOf(open)}::xid8[])`))
  if (before.xip.some((xid) => String(xid) === after.xid))
    ranges.push(range(sql`xid = ${after.xid}::xid8 AND seq > ${after.seq}::bigint`))
  const rows = ranges.length === 1 ? ranges[0]! : sql`(${sql.join(" UNION ALL ", false)(ranges)})`
  return sql`SELECT xid, seq, id, body, created FROM ${rows} AS found ORDER BY xid, seq LIMIT ${limit}`
}

export const rowOf = ({ body, created, id }: BodyRow): Row => ({ id, body, created, attempts: 0 })

/** Reads the log in pages, and calls a function with each. Sums what it returns. */
export const scan = (
  { contains, message, sql }: PostgresTables,
  { containing, from, ids, to }: Scanned,
  each: (rows: ReadonlyArray<MessageRow>) => Effect.Effect<number, SqlError>
): Effect.Effect<number, SqlError> => {
  const where = sql.and([
    ...(ids === undefined ? [] : [sql.in("id", ids)]),
    ...(from === undefined ? [] : [sql`created >= ${from}`]),
    ...(containing === undefined ? [] : [contains(containing)]),
    ...(to === undefined ? [] : [sql`created < ${to}`])
  ])
  return Effect.gen(function* () {
    let sum = 0
    for (let after: Position | undefined = first; after !== undefined;) {
      const rows: ReadonlyArray<MessageRow> = yield* sql<MessageRow>`
        SELECT ${columns(sql)} FROM ${message} WHERE (xid, seq) > (${after.xid}::xid8, ${after.seq}::bigint) AND ${where}
        ORDER BY message.xid, message.seq LIMIT ${rowsOfPage}`.withoutTransform
      sum += yield* each(rows)
      after = rows.at(-1)
    }
    return sum
  })
}

const at = (sql: PostgresTables["sql"], positions: ReadonlyArray<Position>): Statement.Fragment =>
  sql`(xid, seq) IN (
    SELECT * FROM unnest(${`{${positions.map(({ xid }) => xid).join(",")}}`}::xid8[], ${`{${positions.map(({ seq }) => seq).join(",")}}`}::bigint[]))`

/** The ids of the rows at these places that nobody has erased. */
export const kept = (
  { message, sql }: PostgresTables,
  positions: ReadonlyArray<Position>
): Effect.Effect<ReadonlySet<string>, SqlError> =>
  Effect.map(
    sql<{ readonly id: string }>`SELECT id FROM ${message} WHERE ${at(sql, positions)}`.withoutTransform,
    (found) => new Set(found.map(({ id }) => id))
  )

export const remove = (
  { message, sql }: PostgresTables,
  rows: ReadonlyArray<MessageRow>
): Effect.Effect<number, SqlError> =>
  rows.length === 0
    ? Effect.succeed(0)
    : Effect.as(sql`DELETE FROM ${message} WHERE ${at(sql, rows)}`.withoutTransform, rows.length)
