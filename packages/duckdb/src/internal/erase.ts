import { existsSync } from "node:fs"
import * as Erasure from "@trackmap/warehouse/Erasure"
import * as Sql from "@trackmap/warehouse/Sql"
import type * as Table from "@trackmap/warehouse/Table"
import * as Effect from "effect/Effect"
import { DuckDBError } from "../DuckDBError.ts"
import type { Bounds } from "./bounds.ts"
import { connect, databaseOf } from "./engine/database.ts"
import { inTransaction, type Run, runOn } from "./engine/run.ts"
import { catalogOf } from "./write/catalog.ts"
import { dialect } from "./write/dialect.ts"

/** How long a command waits for another process that has the file open, in milliseconds. */
const patience = 30_000

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
          const all = Effect.flatMap(catalogOf(run), (tables) => use(run, Erasure.own(tables)))
          return Effect.tap(inTransaction(run, all), () => Effect.ignore(run("CHECKPOINT")))
        })
      )
    )
  })

/** A text in SQL. DuckDB reads statements only up to a null character. */
const textOf = (text: string): string =>
  text.includes("\0") ? `decode(from_hex('${Buffer.from(text).toString("hex")}'))` : Sql.literal(text)

const engineOf = (run: Run): Erasure.Engine<DuckDBError, never> => ({
  nameOf: Sql.quote,
  text: textOf,
  time: (value) => `TIMESTAMPTZ ${Sql.literal(value)}`,
  contains: (column, text) => `contains(${column}, ${text})`,
  remove: ({ table, where }) =>
    Effect.map(run(`DELETE FROM ${Sql.quote(table)} WHERE ${where}`), ([row]) => Number(row![0])),
  anonymousIds: ({ table, where }) =>
    Effect.map(
      run(`SELECT DISTINCT anonymous_id FROM ${Sql.quote(table)} WHERE ${where} AND anonymous_id IS NOT NULL`),
      (rows) => rows.map(([found]) => String(found))
    )
})

/** Deletes what is older than an age in milliseconds. */
export const prune = (file: string, bounds: Bounds, age: number): Effect.Effect<number, DuckDBError> =>
  command(file, bounds, (run, tables) => Erasure.prune(engineOf(run), tables, age))

/** Deletes all rows of a person. */
export const forget = (file: string, bounds: Bounds, id: Erasure.Id): Effect.Effect<Erasure.Forgotten, DuckDBError> =>
  command(file, bounds, (run, tables) => Erasure.forget(engineOf(run), dialect, tables, id))
