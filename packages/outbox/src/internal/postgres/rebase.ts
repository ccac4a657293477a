import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import * as parked from "../parked.ts"
import { readWindow } from "./claims.ts"
import * as log from "./log.ts"
import * as sinks from "./sinks.ts"
import * as snapshots from "./snapshot.ts"
import type { PostgresTables } from "./tables.ts"

const rowsOfPage = 1_000

/** Parks what a sink has not completed, by its old progress. */
const park = (tables: PostgresTables, sink: string): Effect.Effect<void, SqlError> =>
  Effect.gen(function* () {
    const { isLast: _, ...rest } = yield* sinks.unfinished(tables, sink)
    // What the newest snapshot does not contain comes after what it does.
    const windows: ReadonlyArray<log.Window> = [rest, { ...rest, prev: rest.snap!, snap: undefined, after: log.first }]
    for (const window of windows) {
      for (let after: log.Position | undefined = window.after; after !== undefined;) {
        const rows: ReadonlyArray<log.MessageRow> = yield* readWindow(tables, { ...window, after }, rowsOfPage)
        const added = rows.map(({ body, created, id }) => {
          return { sink, id, body, created: Math.round(created), attempts: 0, outcome: parked.replayed, dead: false }
        })
        yield* parked.insert(tables, added)
        after = rows.at(-1)
      }
    }
  })

/** Gives every row of the log the current transaction, and every sink a progress behind it. What is not completed is parked. */
export const rebase = (tables: PostgresTables): Effect.Effect<void, SqlError> => {
  const { claim, done, message, sql } = tables
  return Effect.gen(function* () {
    yield* sql`LOCK TABLE ${message}, ${claim} IN EXCLUSIVE MODE`
    const names = yield* sinks.namesOf(tables)
    for (const name of names) yield* park(tables, name)
    const [now] = yield* sql<{ readonly xid: string; readonly snap: string }>`
      SELECT pg_current_xact_id()::text AS xid, pg_current_snapshot()::text AS snap`.withoutTransform
    yield* sql`UPDATE ${message} SET xid = ${now!.xid}::xid8`
    yield* sql`DELETE FROM ${claim}`
    yield* sql`DELETE FROM ${done}`
    const own = snapshots.including(snapshots.parse(now!.snap), BigInt(now!.xid))
    for (const name of names) yield* sinks.begin(tables, name, snapshots.format(own))
  }).pipe(sql.withTransaction)
}
