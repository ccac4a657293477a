import { createHash, randomUUID } from "node:crypto"
import { renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Rows } from "@trackmap/warehouse/Rows"
import * as Sql from "@trackmap/warehouse/Sql"
import type { Existing } from "@trackmap/warehouse/Table"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "../../DuckDBError.ts"
import { stageRows } from "../write/staging.ts"
import type { Engine } from "./engine.ts"
import * as files from "./files.ts"
import { eventOf, optionFor } from "./metadata.ts"

/** The tables that a directory has, with the types of all their files. */
export const existingIn = (engine: Engine, directory: string): Effect.Effect<ReadonlyArray<Existing>, DuckDBError> =>
  Effect.flatMap(files.tablesIn(directory), (tables) =>
    Effect.forEach(tables, ([name, paths]) =>
      Effect.map(engine.run(`DESCRIBE SELECT * FROM ${files.source(paths)}`), (rows): Existing => ({
        name,
        columns: rows.map(([name, type]) => ({ name: String(name), type: String(type) }))
      }))
    )
  )

/** A batch that is sent again has the same name, so that it replaces its file. */
const nameOf = ({ ids }: Rows): string => createHash("sha256").update(JSON.stringify(ids)).digest("hex").slice(0, 32)

/** Writes what a query returns to a file, with further options of COPY: beside it first, so that no reader ever sees a part of it. */
export const copy = (
  { failed, run }: Engine,
  query: string,
  folder: string,
  name: string,
  options: string
): Effect.Effect<void, DuckDBError> => {
  const path = join(folder, `${name}.parquet`)
  // Two relays of one outbox can write the same batch at the same time.
  const beside = join(folder, `${name}-${randomUUID()}${files.temporary}`)
  return Effect.andThen(
    run(`COPY (${query}) TO ${Sql.literal(beside)} (FORMAT parquet, COMPRESSION zstd${options})`),
    Effect.try({ try: () => renameSync(beside, path), catch: failed })
  ).pipe(Effect.onError(() => Effect.sync(() => rmSync(beside, { force: true }))))
}

/** A file of one batch is small, and read as a whole until it is compacted. */
const quick = ", COMPRESSION_LEVEL 1, WRITE_BLOOM_FILTER false"

/** Writes the rows of one table: a file for each day. */
export const write = (engine: Engine, directory: string, rows: Rows): Effect.Effect<void, DuckDBError> =>
  Effect.forEach(
    files.byDay(rows),
    ([day, indices]) => {
      const part = files.pick(rows, indices)
      return Effect.gen(function* () {
        const folder = yield* Effect.try({
          try: () => files.folderIn(directory, rows.table.name, day),
          catch: engine.failed
        })
        const query = yield* stageRows(engine.session, engine.run, part, engine.failed)
        yield* copy(engine, query, folder, nameOf(part), quick + optionFor(eventOf(rows.table)))
      })
    },
    { discard: true }
  )
