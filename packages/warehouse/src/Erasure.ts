/**
 * Deletes rows from the tables of a warehouse, by age and by user. An engine brings the SQL and runs it.
 *
 * @module
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Dialect } from "./Dialect.ts"
import * as Sql from "./Sql.ts"
import * as Table from "./Table.ts"

/** Some rows of a table. */
export interface Rows {
  readonly table: string
  /** A condition in SQL, without its value. */
  readonly where: string
  /** The value that the condition compares with. It is data: pass it as a parameter, or quote it. */
  readonly value: string
}

/** The SQL of an engine, and how it runs. */
export interface Engine<E, R> {
  /** The name of a table in SQL. */
  readonly nameOf: (table: string) => string
  /** A text in SQL: a parameter, such as `$1`, or the quoted value. */
  readonly text: (value: string) => string
  /** A time in SQL, from ISO 8601. */
  readonly time: (value: string) => string
  /** The condition that a column of text contains a text. */
  readonly contains: (column: string, text: string) => string
  /** Deletes rows, and returns how many. */
  readonly remove: (rows: Rows) => Effect.Effect<number, E, R>
  /** The anonymous ids that rows have, each once. */
  readonly anonymousIds: (rows: Rows) => Effect.Effect<Iterable<string>, E, R>
}

/** What `forget` has deleted. */
export interface Forgotten {
  readonly rows: number
  /** Other anonymous ids that these rows had, such as those from before a sign-in. Their other rows are still there. */
  readonly anonymousIds: ReadonlyArray<string>
}

/** Whose rows: either of these. */
export interface Person {
  readonly userId?: string | undefined
  readonly anonymousId?: string | undefined
}

/** A person's id, and the field of messages that has it. */
export interface Id {
  readonly field: "userId" | "anonymousId"
  readonly id: string
}

/** The id of a person, or why there is none. */
export const idOf = ({ anonymousId, userId }: Person): Id | string => {
  const id: unknown = userId ?? anonymousId
  return typeof id !== "string" || id === "" || (userId !== undefined && anonymousId !== undefined)
    ? "pass either userId or anonymousId, which is not empty"
    : { field: userId === undefined ? "anonymousId" : "userId", id }
}

/** The fields of an engine's error. */
export const failure = {
  operation: Schema.String,
  reason: Schema.String,
  remedy: Schema.String,
  /** Whether the same call may succeed later without any change of yours. */
  transient: Schema.Boolean
}

/** The message of such an error: what, why, and what to do. */
export const messageOf = ({
  operation,
  reason,
  remedy
}: {
  readonly operation: string
  readonly reason: string
  readonly remedy: string
}): string => `${operation}: ${reason}: ${remedy}`

/** The milliseconds of an age, or why it is none. */
export const ageOf = (olderThan: Duration.Input): number | string => {
  const age = Option.getOrElse(Duration.fromInput(olderThan), () => Duration.zero)
  const millis = Duration.toMillis(age)
  return Number.isFinite(millis) && millis > 0 ? millis : 'olderThan must be a duration, such as "400 days"'
}

/** The tables that a sink has made: those with the columns that the table of misfits has, too. */
export const own = <T extends Table.Existing>(tables: ReadonlyArray<T>): ReadonlyArray<T> =>
  tables.filter(({ columns }) =>
    ["message_id", "timestamp", "loaded_at"].every((name) => columns.some((column) => column.name === name))
  )

const sum = (counts: ReadonlyArray<number>): number => counts.reduce((total, count) => total + count, 0)

/** Deletes the rows of tables that are older than an age in milliseconds, table by table, and returns how many. */
export const prune = <E, R>(
  engine: Engine<E, R>,
  tables: ReadonlyArray<Table.Existing>,
  age: number
): Effect.Effect<number, E, R> =>
  Effect.gen(function* () {
    const value = new Date((yield* Clock.currentTimeMillis) - age).toISOString()
    const counts = yield* Effect.forEach(tables, ({ name }) => {
      // A misfit has no time if that is what does not fit.
      const time = name === Table.misfits.name ? `coalesce("timestamp", "loaded_at")` : `"timestamp"`
      return engine.remove({ table: name, where: `${time} < ${engine.time(value)}`, value })
    })
    return sum(counts)
  })

/** Deletes all rows of a person, with the misfits of their messages. A table's misfits go before its rows, so that you can run it again after an error. */
export const forget = <E, R>(
  engine: Engine<E, R>,
  dialect: Dialect,
  tables: ReadonlyArray<Table.Existing>,
  { field, id }: Id
): Effect.Effect<Forgotten, E, R> =>
  Effect.gen(function* () {
    const misfits = Table.misfits.name
    const counts: Array<number> = []
    const anonymousIds = new Set<string>()
    const parameter = engine.text(id)
    // A text that the engine cannot hold is in no column, but in the JSON of misfits.
    const isHeld = dialect.encode.string(id) !== undefined
    for (const { name: table } of isHeld ? tables : []) {
      if (table === misfits) continue
      const isAlias = table === Table.calls.alias.name && field === "userId"
      const theirs = `${field === "userId" ? `"user_id"` : `"anonymous_id"`} = ${parameter}`
      const where = isAlias ? `(${theirs} OR "previous_id" = ${parameter})` : theirs
      for (const found of yield* engine.anonymousIds({ table, where, value: id })) anonymousIds.add(found)
      const ids = `SELECT "message_id" FROM ${engine.nameOf(table)} WHERE ${where}`
      counts.push(
        yield* engine.remove({ table: misfits, where: `"message_id" IN (${ids})`, value: id }),
        yield* engine.remove({ table, where, value: id })
      )
    }
    // A message that is a misfit as a whole is there as JSON.
    for (const name of field === "userId" ? [field, "previousId"] : [field]) {
      const value = `${JSON.stringify(name)}:${JSON.stringify(id)}`
      const where = `"key" = '' AND ${engine.contains(Sql.quote("value"), engine.text(value))}`
      counts.push(yield* engine.remove({ table: misfits, where, value }))
    }
    anonymousIds.delete(id)
    return { rows: sum(counts), anonymousIds: [...anonymousIds] }
  })
