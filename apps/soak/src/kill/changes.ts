/** The changes of a run: rows of one table, each with its message. */
import { Actor, TrackedEvent, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"

const Changed = TrackedEvent.make("changed", {
  properties: { change: Schema.String, round: Schema.Int, writer: Schema.Int }
})

/** Makes a change, and tracks it. The message has the change's id. */
export const change = Effect.fnUntraced(function* (id: string, round: number, writer: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO change ${sql.insert({ id, round })}`
  const properties = { change: id, round, writer }
  yield* Actor.as(Tracker.track(Changed, { properties }, { messageId: id }), { userId: `u-${writer}` })
})

/** Creates the table. */
export const prepare = Effect.asVoid(
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`CREATE TABLE change (id VARCHAR(100) PRIMARY KEY, round INTEGER NOT NULL)`
  )
)

/** The committed changes of a round, or of all. */
export const committed = Effect.fnUntraced(function* (round?: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* round === undefined
    ? sql<{ readonly id: string }>`SELECT id FROM change`
    : sql<{ readonly id: string }>`SELECT id FROM change WHERE round = ${round}`
  return new Set(rows.map(({ id }) => id))
})
