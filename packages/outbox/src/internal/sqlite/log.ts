import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { Entry, Written } from "../../OutboxStore.ts"
import type { Scanned } from "../replays.ts"
import type { SqliteTables } from "./tables.ts"

/** The most rows of one insert: SQLite accepts 32,766 parameters. */
const rowsOfInsert = 10_000
/** The most rows that one transaction reads or deletes, so that no other writer waits for long. */
const rowsOfPage = 1_000

export const statementOf = (prefix: string, entries: ReadonlyArray<Entry>) => ({
  sql: `INSERT INTO ${prefix}message (id, body) VALUES ${entries.map(() => "(?, ?)").join(", ")}`,
  params: entries.flatMap(({ body, id }) => [id, body])
})

/** Inserts entries, and returns the number of the first and of the last. */
const insertRange = (
  tables: SqliteTables,
  entries: ReadonlyArray<Entry>
): Effect.Effect<readonly [number, number], SqlError> => {
  if (entries.length > rowsOfInsert) {
    const first = insertRange(tables, entries.slice(0, rowsOfInsert))
    const rest = insertRange(tables, entries.slice(rowsOfInsert))
    return tables.sql.withTransaction(Effect.zipWith(first, rest, ([from], [, to]) => [from, to] as const))
  }
  const { params, sql: text } = statementOf(tables.prefix, entries)
  return Effect.map(tables.sql.unsafe<{ readonly seq: number }>(`${text} RETURNING seq`, params), (rows) => [
    rows[0]!.seq,
    rows.at(-1)!.seq
  ])
}

export const insert = (tables: SqliteTables, entries: ReadonlyArray<Entry>): Effect.Effect<Written, SqlError> => {
  const ids = entries.map(({ id }) => id)
  if (entries.length === 0) return Effect.succeed({ transaction: "1-0", ids })
  return Effect.map(insertRange(tables, entries), ([from, to]) => ({ transaction: `${from}-${to}`, ids }))
}

/** Reads which of the written ids are in the log. It waits until the connection has no open transaction. */
export const committed = (
  { message, sql }: SqliteTables,
  { ids, transaction }: Written
): Effect.Effect<ReadonlySet<string>, SqlError> => {
  const [from, to] = transaction.split("-").map(Number)
  // After a rollback, other messages can have the same numbers.
  const own = new Set(ids)
  return Effect.map(
    sql<{ readonly id: string }>`SELECT id FROM ${message} WHERE seq BETWEEN ${from} AND ${to}`,
    (rows) => new Set(rows.flatMap(({ id }) => (own.has(id) ? [id] : [])))
  )
}

export interface LogRow {
  readonly seq: number
  readonly id: string
  readonly created: number
  readonly body: string
}

/** Reads the log in pages, and calls a function with each, in a transaction. Sums what it returns. */
export const scan = (
  { contains, message, sql }: SqliteTables,
  { containing, from, ids, to }: Scanned,
  each: (rows: ReadonlyArray<LogRow>) => Effect.Effect<number, SqlError>
): Effect.Effect<number, SqlError> => {
  const where = sql.and([
    ...(ids === undefined ? [] : [sql.in("id", ids)]),
    ...(from === undefined ? [] : [sql`created >= ${from.getTime()}`]),
    ...(containing === undefined ? [] : [contains(containing)]),
    ...(to === undefined ? [] : [sql`created < ${to.getTime()}`])
  ])
  const page = (after: number) =>
    Effect.gen(function* () {
      const rows = yield* sql<LogRow>`
        SELECT seq, id, created, body FROM ${message} WHERE seq > ${after} AND ${where} ORDER BY seq LIMIT ${rowsOfPage}`
      return [rows.at(-1)?.seq, yield* each(rows)] as const
    }).pipe(sql.withTransaction)
  return Effect.gen(function* () {
    let sum = 0
    for (let after: number | undefined = 0; after !== undefined;) {
      const [last, count]: readonly [number | undefined, number] = yield* page(after)
      sum += count
      after = last
    }
    return sum
  })
}

/** Those of a claim's messages that nobody has erased. */
export const kept = (
  { message, sql }: SqliteTables,
  { after, last }: { readonly after: number; readonly last: number },
  ids: ReadonlyArray<string>
): Effect.Effect<ReadonlySet<string>, SqlError> =>
  Effect.map(
    sql<{ readonly id: string }>`
      SELECT id FROM ${message} WHERE seq > ${after} AND seq <= ${last} AND id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
    (found) => new Set(found.map(({ id }) => id))
  )

export const remove = ({ message, sql }: SqliteTables, rows: ReadonlyArray<LogRow>): Effect.Effect<number, SqlError> =>
  rows.length === 0
    ? Effect.succeed(0)
    : Effect.as(
        sql`DELETE FROM ${message} WHERE ${sql.in(
          "seq",
          rows.map(({ seq }) => seq)
        )}`,
        rows.length
      )

/** Deletes messages that every sink has completed and that are older than a number of milliseconds. */
export const sweep = (
  { claim, message, now, sink, sql }: SqliteTables,
  age: number
): Effect.Effect<number, SqlError> => {
  const page = sql`
    DELETE FROM ${message} WHERE seq IN (
      SELECT seq FROM ${message} WHERE created < ${now} - ${age} AND seq <= (
        SELECT min(at) FROM (SELECT last AS at FROM ${sink} UNION ALL SELECT after FROM ${claim}))
      ORDER BY seq LIMIT ${rowsOfPage})
    RETURNING seq`
  return Effect.gen(function* () {
    let sum = 0
    for (let deleted = rowsOfPage; deleted === rowsOfPage; sum += deleted) deleted = (yield* page).length
    return sum
  })
}
