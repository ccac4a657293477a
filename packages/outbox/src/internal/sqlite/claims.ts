import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { OutboxError } from "../../OutboxError.ts"
import type { Claim, Row } from "../../OutboxStore.ts"
import { notStarted } from "../knownSinks.ts"
import type { SqliteTables } from "./tables.ts"

/** A claim of the log: the messages after one and up to another. SQLite has one writer, so that numbers are in the order of the commits. */
interface Range {
  readonly n: number
  readonly attempt: number
  readonly after: number
  readonly last: number
}

/** As an array, which Node.js makes faster than an object. */
type MessageRow = readonly [seq: number, id: string, created: number, body: string]

const rowOf = ([, id, created, body]: MessageRow): Row => ({ id, body, created, attempts: 0 })

const messages = (
  { message, sql }: SqliteTables,
  after: number,
  last: number,
  limit: number
): Effect.Effect<ReadonlyArray<MessageRow>, SqlError> =>
  sql`SELECT seq, id, created, body FROM ${message} WHERE seq > ${after} AND seq <= ${last} ORDER BY seq LIMIT ${limit}`
    .values as unknown as Effect.Effect<ReadonlyArray<MessageRow>, SqlError>

/** The claim of the log whose lease ran out first, if any, and whether another is open. */
const openClaims = ({ claim, now, sql }: SqliteTables, sink: string) =>
  sql<Range & { readonly expired: number }>`
    SELECT n, attempt, after, last, lease_until <= ${now} AS expired FROM ${claim} WHERE sink = ${sink}
    ORDER BY expired DESC, n LIMIT 1`

const progress = ({ sink: table, sql }: SqliteTables, sink: string) =>
  sql<{ readonly last: number; readonly claims: number }>`SELECT last, claims FROM ${table} WHERE name = ${sink}`

/** Whether a claim would find messages of the log. Reads without a lock. */
export const hasNext = (
  tables: SqliteTables,
  sink: string,
  alone: boolean
): Effect.Effect<boolean, SqlError | OutboxError> =>
  Effect.gen(function* () {
    const [at] = yield* progress(tables, sink)
    if (at === undefined) return yield* notStarted(sink)
    const [open] = yield* openClaims(tables, sink)
    if (open !== undefined && (open.expired === 1 || alone)) return open.expired === 1
    const { message, sql } = tables
    return (yield* sql`SELECT 1 FROM ${message} WHERE seq > ${at.last} LIMIT 1`).length > 0
  })

/** Claims the messages of a relay that has died, or the next ones. */
export const next = (
  tables: SqliteTables,
  sink: string,
  options: { readonly limit: number; readonly lease: number; readonly alone: boolean }
): Effect.Effect<Claim | undefined, SqlError | OutboxError> => {
  const { claim, now, sink: table, sql } = tables
  const { alone, lease, limit } = options
  const take = ({ after, attempt, last, n }: Range, found: ReadonlyArray<MessageRow>) => {
    const token = crypto.randomUUID()
    return Effect.map(
      sql<{ readonly lease_until: number }>`
        INSERT INTO ${claim} (sink, n, attempt, after, last, token, lease_until)
        VALUES (${sink}, ${n}, ${attempt}, ${after}, ${last}, ${token}, ${now} + ${lease})
        ON CONFLICT (sink, n) DO UPDATE SET attempt = excluded.attempt, token = excluded.token, lease_until = excluded.lease_until
        RETURNING lease_until`,
      ([row]): Claim => {
        const rows = found.map(rowOf)
        return { sink, source: "log", n, attempt, token, rows, leaseUntil: row!.lease_until }
      }
    )
  }
  return Effect.gen(function* () {
    const [open] = yield* openClaims(tables, sink)
    if (open?.expired === 1) {
      const range = { ...open, attempt: open.attempt + 1 }
      return yield* take(range, yield* messages(tables, open.after, open.last, Number.MAX_SAFE_INTEGER))
    }
    if (open !== undefined && alone) return undefined
    const [at] = yield* progress(tables, sink)
    if (at === undefined) return yield* notStarted(sink)
    const found = yield* messages(tables, at.last, Number.MAX_SAFE_INTEGER, limit)
    if (found.length === 0) return undefined
    const range = { n: at.claims + 1, attempt: 1, after: at.last, last: found.at(-1)![0] }
    yield* sql`UPDATE ${table} SET last = ${range.last}, claims = ${range.n} WHERE name = ${sink}`
    return yield* take(range, found)
  }).pipe(sql.withTransaction)
}

export const renew = ({ claim, now, sql }: SqliteTables, { n, sink, token }: Claim, lease: number) =>
  Effect.map(
    sql`UPDATE ${claim} SET lease_until = ${now} + ${lease} WHERE sink = ${sink} AND n = ${n} AND token = ${token} RETURNING n`,
    (rows) => rows.length > 0
  )

export const release = ({ claim, sql }: SqliteTables, { n, sink, token }: Claim) =>
  Effect.asVoid(
    sql`UPDATE ${claim} SET token = '', lease_until = 0, attempt = attempt - 1 WHERE sink = ${sink} AND n = ${n} AND token = ${token}`
  )

/** Ends a claim. Returns the places of its messages. */
export const end = ({ claim, sql }: SqliteTables, { n, sink, token }: Claim) =>
  Effect.map(
    sql<Pick<Range, "after" | "last">>`
      DELETE FROM ${claim} WHERE sink = ${sink} AND n = ${n} AND token = ${token} RETURNING after, last`,
    ([range]) => range
  )
