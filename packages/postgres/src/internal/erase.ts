import * as Erasure from "@trackmap/warehouse/Erasure"
import type * as Table from "@trackmap/warehouse/Table"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { PostgresError } from "../PostgresError.ts"
import * as catalogue from "./catalogue.ts"
import * as client from "./client.ts"
import { dialect } from "./dialect.ts"
import { type Failure, toPostgresError } from "./failure.ts"
import { named } from "./statements.ts"
import { check, type Connection } from "./options.ts"

type Engine = Erasure.Engine<Failure, never>

const wrong = (operation: string, reason: string): PostgresError =>
  new PostgresError({ operation, reason, remedy: "correct the options", transient: false })

/** Deletes with the queries that `run` runs: in one transaction, or in one for each. */
const engineOf = (
  schema: string,
  run: <A>(use: (query: client.Query) => Effect.Effect<A, Failure>) => Effect.Effect<A, Failure>
): Engine => {
  const nameOf = named(schema)
  return {
    nameOf,
    text: () => "$1",
    time: () => "$1::timestamptz",
    contains: (column, text) => `strpos(${column}, ${text}) > 0`,
    remove: ({ table, value, where }) => {
      const rows = `DELETE FROM ${nameOf(table)} WHERE ${where} RETURNING 1`
      const count = `WITH deleted AS (${rows}) SELECT count(*)::text AS rows FROM deleted`
      return run((query) => Effect.map(query(count, [value]), ([row]) => Number(row!["rows"])))
    },
    anonymousIds: ({ table, value, where }) => {
      const ids = `SELECT DISTINCT "anonymous_id" AS id FROM ${nameOf(table)} WHERE ${where} AND "anonymous_id" IS NOT NULL`
      return run((query) => Effect.map(query(ids, [value]), (found) => found.map((row) => String(row["id"]))))
    }
  }
}

/** A command, with the sink's tables in the schema. */
const command = <A>(
  operation: string,
  options: Connection,
  use: (connected: client.Client, tables: ReadonlyArray<Table.Existing>, schema: string) => Effect.Effect<A, Failure>
): Effect.Effect<A, PostgresError> =>
  Effect.gen(function* () {
    const settings = yield* Effect.mapError(check({ ...options, timeout: options.timeout ?? "1 hour" }), ({ reason }) =>
      wrong(operation, reason)
    )
    const connected = yield* client.make(settings)
    return yield* connected
      .transaction((query) => catalogue.read(query, settings.schema))
      .pipe(
        Effect.flatMap(({ tables }) => use(connected, Erasure.own(tables), settings.schema)),
        Effect.mapError(toPostgresError(operation))
      )
  }).pipe(Effect.scoped)

/** Deletes what is older than an age: a transaction for each table. */
export const prune = (options: Connection, olderThan: Duration.Input): Effect.Effect<number, PostgresError> => {
  const age = Erasure.ageOf(olderThan)
  return typeof age === "string"
    ? Effect.fail(wrong("prune", age))
    : command("prune", options, ({ transaction }, tables, schema) =>
        Erasure.prune(engineOf(schema, transaction), tables, age)
      )
}

/** Deletes all rows of a person in one transaction. */
export const forget = (
  options: Connection,
  person: Erasure.Person
): Effect.Effect<Erasure.Forgotten, PostgresError> => {
  const id = Erasure.idOf(person)
  return typeof id === "string"
    ? Effect.fail(wrong("forget", id))
    : command("forget", options, ({ transaction }, tables, schema) =>
        transaction((query) =>
          Erasure.forget(
            engineOf(schema, (use) => use(query)),
            dialect,
            tables,
            id
          )
        )
      )
}
