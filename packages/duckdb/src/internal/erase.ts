import { existsSync } from "node:fs"
import * as Sql from "@trackmap/warehouse/Sql"
import * as Table from "@trackmap/warehouse/Table"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { DuckDBError } from "../DuckDBError.ts"
import type { Bounds } from "./bounds.ts"
import { connect, databaseOf } from "./engine/database.ts"
import { inTransaction, type Run, runOn } from "./engine/run.ts"
import { catalogOf } from "./write/catalog.ts"
import { dialect } from "./write/dialect.ts"

/** How long a command waits for another process that has the file open, in milliseconds. */
const patience = 30_000

/** The tables that the sink has made: those with the columns that the table of misfits has, too. */
const own = ({ columns }: Table.Existing): boolean =>
  ["message_id", "timestamp", "loaded_at"].every((name) => columns.some((column) => column.name === name))

const failed = (file: string, reason: string, remedy: string) =>
  Effect.fail(new DuckDBError({ file, reason, remedy, transient: false }))

/** Runs a command on a file in one transaction, while no sink of this process writes, and gives the space of deleted rows back. */
const command = <A>(
  file: string,
  bounds: Bounds,
  use: (run: Run, tables: ReadonlyArray<Table.Existing>) => Effect.Effect<A, DuckDBError>
): Effect.Effect<A, DuckDBError> =>
  Effect.suspend(() => {
    if (!existsSync(file)) return failed(file, "the file does not exist", "correct the path")
    const database = databaseOf(file)
    return database.turn.withPermits(1)(
      Effect.scoped(
        Effect.flatMap(connect(database, bounds, patience), ({ connection }) => {
          const run = runOn(database, connection)
          const all = Effect.flatMap(catalogOf(run), (tables) => use(run, tables.filter(own)))
          return Effect.tap(inTransaction(run, all), () => Effect.ignore(run("CHECKPOINT")))
        })
      )
    )
  })

const deleted = (run: Run, table: string, where: string): Effect.Effect<number, DuckDBError> =>
  Effect.map(run(`DELETE FROM ${Sql.quote(table)} WHERE ${where}`), ([row]) => Number(row![0]))

const sum = (counts: ReadonlyArray<number>): number => counts.reduce((total, count) => total + count, 0)

/** Deletes what is older than an age. */
export const prune = (file: string, bounds: Bounds, olderThan: Duration.Duration): Effect.Effect<number, DuckDBError> =>
  command(file, bounds, (run, tables) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const before = new Date(now - Duration.toMillis(olderThan)).toISOString()
      // A misfit has no time if that is what does not fit.
      const where = `coalesce("timestamp", "loaded_at") < TIMESTAMPTZ ${Sql.literal(before)}`
      return Effect.map(
        Effect.forEach(tables, ({ name }) => deleted(run, name, where)),
        sum
      )
    })
  )

/** What was deleted. */
export interface Forgotten {
  readonly rows: number
  /** Other anonymous ids that these rows had, such as those from before a sign-in. Their other rows are still there. */
  readonly anonymousIds: ReadonlyArray<string>
}

/** A text in SQL. DuckDB reads statements only up to a null character. */
const textOf = (text: string): string =>
  text.includes("\0") ? `decode(from_hex('${Buffer.from(text).toString("hex")}'))` : Sql.literal(text)

/** Deletes all rows of a person, by a field of messages. */
export const forget = (
  file: string,
  bounds: Bounds,
  field: "userId" | "anonymousId",
  id: string
): Effect.Effect<Forgotten, DuckDBError> =>
  command(
    file,
    bounds,
    Effect.fnUntraced(function* (run, tables) {
      const column = field === "userId" ? "user_id" : "anonymous_id"
      const misfits = Table.misfits.name
      const counts: Array<number> = []
      const anonymousIds = new Set<string>()
      // A text that DuckDB cannot hold is in no column, but in the JSON of misfits.
      const isHeld = dialect.encode.string(id) !== undefined
      for (const { name } of isHeld ? tables : []) {
        if (name === misfits) continue
        const table = Sql.quote(name)
        const isAlias = name === Table.calls.alias.name && field === "userId"
        const theirs = `${column} = ${textOf(id)}${isAlias ? ` OR previous_id = ${textOf(id)}` : ""}`
        const seen = yield* run(
          `SELECT DISTINCT anonymous_id FROM ${table} WHERE (${theirs}) AND anonymous_id IS NOT NULL`
        )
        for (const [found] of seen) anonymousIds.add(String(found))
        counts.push(
          yield* deleted(run, misfits, `message_id IN (SELECT message_id FROM ${table} WHERE ${theirs})`),
          yield* deleted(run, name, theirs)
        )
      }
      // A message that is a misfit as a whole is there as JSON.
      for (const name of field === "userId" ? [field, "previousId"] : [field]) {
        const text = Sql.literal(`${JSON.stringify(name)}:${JSON.stringify(id)}`)
        counts.push(yield* deleted(run, misfits, `key = '' AND contains(value, ${text})`))
      }
      anonymousIds.delete(id)
      return { rows: sum(counts), anonymousIds: [...anonymousIds] }
    })
  )
