import { Sql, Table } from "@trackmap/warehouse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { PostgresError } from "../PostgresError.ts"
import * as catalogue from "./catalogue.ts"
import * as client from "./client.ts"
import { dialect } from "./dialect.ts"
import { type Failure, toPostgresError } from "./failure.ts"
import { named } from "./migrate.ts"
import { check, type Connection } from "./options.ts"

/** The tables that the sink has made: those with the columns that the table of misfits has, too. */
const own = ({ columns }: Table.Existing): boolean =>
  ["message_id", "timestamp", "loaded_at"].every((name) => columns.some((column) => column.name === name))

const wrong = (operation: string, reason: string): PostgresError =>
  new PostgresError({ operation, reason, remedy: "correct the options", transient: false })

const wrongOption = (operation: string, reason: string): Effect.Effect<never, PostgresError> =>
  Effect.fail(wrong(operation, reason))

/** A command, with the names of the sink's tables in the schema. */
const command = <A>(
  operation: string,
  options: Connection,
  run: (
    connected: client.Client,
    tables: ReadonlyArray<Table.Existing>,
    nameOf: (name: string) => string
  ) => Effect.Effect<A, Failure>
): Effect.Effect<A, PostgresError> =>
  Effect.gen(function* () {
    const settings = yield* Effect.mapError(check({ ...options, timeout: options.timeout ?? "1 hour" }), ({ reason }) =>
      wrong(operation, reason)
    )
    const connected = yield* client.make(settings)
    const found = Effect.map(
      connected.transaction((query) => catalogue.read(query, settings.schema)),
      ({ tables }) => tables.filter(own)
    )
    return yield* Effect.flatMap(found, (tables) => run(connected, tables, named(settings.schema))).pipe(
      Effect.mapError(toPostgresError(operation))
    )
  }).pipe(Effect.scoped)

const deleted = (query: client.Query, table: string, where: string, value: string): Effect.Effect<number, Failure> =>
  Effect.map(
    query(
      `WITH deleted AS (DELETE FROM ${table} WHERE ${where} RETURNING 1) SELECT count(*)::text AS rows FROM deleted`,
      [value]
    ),
    ([row]) => Number(row!["rows"])
  )

const sum = (counts: ReadonlyArray<number>): number => counts.reduce((total, count) => total + count, 0)

/** Deletes what is older than an age: a transaction for each table. */
export const prune = (options: Connection, olderThan: Duration.Input): Effect.Effect<number, PostgresError> => {
  const age = Option.getOrElse(Duration.fromInput(olderThan), () => Duration.zero)
  if (!Duration.isFinite(age) || !(Duration.toMillis(age) > 0))
    return wrongOption("prune", 'olderThan must be a duration, such as "400 days"')
  return command("prune", options, (connected, tables, nameOf) =>
    Effect.gen(function* () {
      const before = new Date((yield* Clock.currentTimeMillis) - Duration.toMillis(age)).toISOString()
      const counts = yield* Effect.forEach(tables, ({ name }) =>
        connected.transaction((query) =>
          // A misfit has no time if that is what does not fit.
          deleted(query, nameOf(name), `coalesce("timestamp", "loaded_at") < $1::timestamptz`, before)
        )
      )
      return sum(counts)
    })
  )
}

/** Whose rows: either of these. */
export interface Person {
  readonly userId?: string | undefined
  readonly anonymousId?: string | undefined
}

const isId = (id: unknown): id is string => typeof id === "string" && id !== ""

/** Deletes all rows of a person in one transaction. */
export const forget = (options: Connection, person: Person): Effect.Effect<Forgotten, PostgresError> => {
  const { anonymousId, userId } = person
  const field = userId === undefined ? "anonymousId" : "userId"
  const id = userId ?? anonymousId
  if (!isId(id) || (userId !== undefined && anonymousId !== undefined))
    return wrongOption("forget", "pass either userId or anonymousId, which is not empty")
  const column = field === "userId" ? "user_id" : "anonymous_id"
  // A text that PostgreSQL cannot hold is in no column, but in the JSON of misfits.
  const isHeld = dialect.encode.string(id) !== undefined
  return command("forget", options, (connected, tables, nameOf) =>
    connected.transaction(
      Effect.fnUntraced(function* (query) {
        const misfits = nameOf(Table.misfits.name)
        const counts: Array<number> = []
        const anonymousIds = new Set<string>()
        for (const { name } of tables) {
          if (name === Table.misfits.name || !isHeld) continue
          const table = nameOf(name)
          const isAlias = name === Table.calls.alias.name && field === "userId"
          const theirs = `${Sql.quote(column)} = $1${isAlias ? ` OR "previous_id" = $1` : ""}`
          const seen = yield* query(
            `SELECT DISTINCT "anonymous_id" AS id FROM ${table} WHERE (${theirs}) AND "anonymous_id" IS NOT NULL`,
            [id]
          )
          for (const row of seen) anonymousIds.add(String(row["id"]))
          counts.push(
            yield* deleted(query, misfits, `"message_id" IN (SELECT "message_id" FROM ${table} WHERE ${theirs})`, id),
            yield* deleted(query, table, theirs, id)
          )
        }
        // A message that is a misfit as a whole is there as JSON.
        for (const name of field === "userId" ? [field, "previousId"] : [field]) {
          const text = `${JSON.stringify(name)}:${JSON.stringify(id)}`
          counts.push(yield* deleted(query, misfits, `"key" = '' AND strpos("value", $1) > 0`, text))
        }
        anonymousIds.delete(id)
        return { rows: sum(counts), anonymousIds: [...anonymousIds] }
      })
    )
  )
}

/** What was deleted. */
export interface Forgotten {
  readonly rows: number
  /** Other anonymous ids that these rows had, such as those from before a sign-in. Their other rows are still there. */
  readonly anonymousIds: ReadonlyArray<string>
}
