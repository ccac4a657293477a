import { randomUUID } from "node:crypto"
import { globSync, rmSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Sql from "@trackmap/warehouse/Sql"
import * as Table from "@trackmap/warehouse/Table"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { DuckDBError } from "../../DuckDBError.ts"
import type { Bounds } from "../bounds.ts"
import * as engines from "./engine.ts"
import * as files from "./files.ts"
import { eventIn, optionFor } from "./metadata.ts"
import { copy } from "./writer.ts"

/** What was compacted. */
export interface Compacted {
  /** The number of files before, in the days that had several. */
  readonly files: number
  /** The number of files that they have become: one for each table and day. */
  readonly into: number
}

const uniqueOf = (table: string): ReadonlyArray<string> =>
  table === Table.misfits.name ? Table.misfits.unique : ["message_id"]

/** How long a file can be being written, in milliseconds. What is older is of a process that has died. */
const writing = 3_600_000

const failedOn = (directory: string) =>
  new DuckDBError({
    file: directory,
    reason: "a file cannot be deleted",
    remedy: "let this process write there",
    transient: false
  })

/** Deletes what processes left that died while they wrote. */
const removeLeft = (directory: string, now: number): void => {
  for (const file of globSync(`*/day=*/*${files.temporary}`, { cwd: directory })) {
    const path = join(directory, file)
    if (now - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now) > writing) rmSync(path, { force: true })
  }
}

/** Merges the files of each table and day into one, without duplicates. */
export const compact = (directory: string, bounds: Bounds): Effect.Effect<Compacted, DuckDBError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const engine = yield* engines.make(directory, bounds)
      const now = yield* Clock.currentTimeMillis
      let [before, into] = [0, 0]
      for (const [table, paths] of yield* files.tablesIn(directory)) {
        for (const [folder, given] of Map.groupBy(paths, dirname)) {
          if (given.length < 2) continue
          const query = files.once(files.source(given), uniqueOf(table))
          // Another compaction can start at the same moment: one must not replace the file of the other, which may have more rows.
          const name = `compacted-${now}-${randomUUID()}`
          yield* copy(engine, query, folder, name, optionFor(yield* eventIn(engine, given)))
          // Until the old files are deleted, their rows exist twice. The views show them once.
          yield* Effect.try({
            try: () => given.forEach((file) => rmSync(file, { force: true })),
            catch: () => failedOn(directory)
          })
          before += given.length
          into++
        }
      }
      yield* Effect.try({ try: () => removeLeft(directory, now), catch: () => failedOn(directory) })
      return { files: before, into }
    })
  )

/** The SQL of a view for each table that has files, and of the view over all events. */
export const views = (directory: string, bounds: Bounds): Effect.Effect<string, DuckDBError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const engine = yield* engines.make(directory, bounds)
      const columns = Table.messageColumns.map(({ name }) => ({ name, type: "" }))
      const tables = yield* Effect.forEach(yield* files.tablesIn(directory), ([name, paths]) =>
        Effect.map(eventIn(engine, paths), (comment): Table.Existing => ({ name, comment, columns }))
      )
      const statements = tables.map(({ name }) => {
        const rows = files.once(files.allOf(directory, name), uniqueOf(name))
        return `CREATE OR REPLACE VIEW ${Sql.quote(name)} AS ${rows};`
      })
      const events = Sql.events(tables)
      return [...statements, ...(events === "" ? [] : [`CREATE OR REPLACE VIEW "events" AS ${events};`]), ""].join("\n")
    })
  )
