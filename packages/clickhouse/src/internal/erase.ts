import type { HttpTransport } from "@trackmap/core/HttpTransport"
import type { Misconfigured, Unavailable } from "@trackmap/core/SendError"
import * as Erasure from "@trackmap/warehouse/Erasure"
import type { Existing } from "@trackmap/warehouse/Table"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ClickHouseError } from "../ClickHouseError.ts"
import { dialect } from "./dialect.ts"
import { catalogueOf } from "./migrate.ts"
import type { Connection } from "./options.ts"
import * as servers from "./server.ts"
import * as sql from "./sql.ts"

type Failure = Unavailable | Misconfigured
type Engine = Erasure.Engine<Failure, HttpTransport>

/** Deletes only where there is something to delete, since a mutation reads every part of a table. */
const engineOf = (server: servers.Server): Engine => ({
  nameOf: (table) => sql.nameOf(server.place, table),
  text: () => sql.parameter,
  time: () => `parseDateTime64BestEffort(${sql.parameter}, 6, 'UTC')`,
  contains: (column, text) => `position(${column}, ${text}) > 0`,
  remove: ({ table, value, where }) =>
    Effect.gen(function* () {
      const { rows, run } = yield* server.withValue(value)
      const [found] = yield* rows(sql.count(server.place, table, where))
      const count = Number(found?.[0])
      if (count > 0) yield* run(sql.remove(server.place, table, where))
      return count
    }),
  anonymousIds: ({ table, value, where }) =>
    Effect.gen(function* () {
      const { rows } = yield* server.withValue(value)
      return (yield* rows(sql.anonymousIds(server.place, table, where))).map(([id]) => id!)
    })
})

const wrong = (operation: string, reason: string): Effect.Effect<never, ClickHouseError> =>
  Effect.fail(new ClickHouseError({ operation, reason, remedy: "correct the options", transient: false }))

const errorOf = (operation: string, { _tag, reason }: Failure): ClickHouseError => {
  const transient = _tag === "Unavailable"
  const remedy = transient
    ? "run it again later"
    : "correct the options, or grant the user the rights that the README lists"
  return new ClickHouseError({ operation, reason, remedy, transient })
}

/** A command, with the sink's tables in the database. */
const command = <A>(
  operation: "prune" | "forget",
  options: Connection,
  use: (engine: Engine, tables: ReadonlyArray<Existing>) => Effect.Effect<A, Failure, HttpTransport>
): Effect.Effect<A, ClickHouseError, HttpTransport> =>
  Effect.gen(function* () {
    const server = yield* servers.make(`ClickHouse.${operation}`, { ...options, timeout: options.timeout ?? "1 hour" })
    const tables = (yield* catalogueOf(server)).filter(sql.isTable)
    return yield* use(engineOf(server), Erasure.own(tables))
  }).pipe(Effect.mapError((error) => errorOf(operation, error)))

/** Deletes what is older than an age. */
export const prune = (
  options: Connection,
  olderThan: Duration.Input
): Effect.Effect<number, ClickHouseError, HttpTransport> => {
  const age = Erasure.ageOf(olderThan)
  return typeof age === "string"
    ? wrong("prune", age)
    : command("prune", options, (engine, tables) => Erasure.prune(engine, tables, age))
}

/** Deletes all rows of a person. */
export const forget = (
  options: Connection,
  person: Erasure.Person
): Effect.Effect<Erasure.Forgotten, ClickHouseError, HttpTransport> => {
  const id = Erasure.idOf(person)
  return typeof id === "string"
    ? wrong("forget", id)
    : command("forget", options, (engine, tables) => Erasure.forget(engine, dialect, tables, id))
}
