import { globSync, mkdirSync, readdirSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Rows } from "@trackmap/warehouse/Rows"
import type { Table } from "@trackmap/warehouse/Table"
import * as Sql from "@trackmap/warehouse/Sql"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "../../DuckDBError.ts"
import { faultOf } from "../engine/fault.ts"
import { dialect } from "../write/dialect.ts"

const day = 86_400_000_000n

/** The beginning of a time's day in UTC. */
const startOf = (micros: bigint): bigint => micros - (((micros % day) + day) % day)

/** The name of a day's folder. JavaScript has no later days than DuckDB. */
const nameOf = (start: bigint): string => `day=${new Date(Number(start / 1000n)).toISOString().replace(/T.*/, "")}`

/**
 * The indices of the rows of each day in UTC, by the name of the day's folder. Rows without a time are in the folder of the day on which they were
 * written.
 */
export const byDay = ({ columns, table }: Rows): ReadonlyMap<string, ReadonlyArray<number>> => {
  const column = (name: string) => columns[table.columns.findIndex((one) => dialect.fold(one.name) === name)]!
  const [times, loaded] = [column("timestamp"), column("loaded_at")] as ReadonlyArray<ReadonlyArray<bigint | null>>
  const days = new Map<bigint, Array<number>>()
  let start = 0n
  let rows: Array<number> | undefined
  for (const [row, time] of times!.entries()) {
    const micros = time ?? loaded![row]!
    // Most rows are of the day of the row before.
    if (rows === undefined || micros < start || micros >= start + day) {
      start = startOf(micros)
      rows = days.get(start)
      if (rows === undefined) days.set(start, (rows = []))
    }
    rows.push(row)
  }
  return new Map(Array.from(days, ([start, rows]) => [nameOf(start), rows]))
}

/** The rows at some indices. */
export const pick = (rows: Rows, indices: ReadonlyArray<number>): Rows =>
  indices.length === rows.size
    ? rows
    : {
        table: rows.table,
        size: indices.length,
        ids: indices.map((at) => rows.ids[at]!),
        columns: rows.columns.map((column) => indices.map((at) => column[at]))
      }

/** Names of files that are being written. They end otherwise, so that nobody reads them. */
export const temporary = ".writing"

/** The name of a table's folder. No name leads out of the directory. */
export const folderOf = (table: string): string => encodeURIComponent(table).replaceAll(".", "%2E")

/** The tables whose folder would have a longer name than file systems take: 255 bytes. */
export const tooLong = (tables: ReadonlyArray<Table>): ReadonlyArray<Table> =>
  tables.filter(({ name }) => folderOf(name).length > 255)

/** The table of a folder, or undefined if the folder is another program's. */
const tableOf = (folder: string): string | undefined => {
  try {
    const table = decodeURIComponent(folder)
    return folderOf(table) === folder ? table : undefined
  } catch {
    return undefined
  }
}

/** Makes a folder, unless it exists. Its parent must exist: with `recursive`, Node.js never returns if the parent is /proc. */
export const makeFolder = (path: string): void => {
  try {
    mkdirSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause
  }
}

/** Makes the folder of a table and a day. */
export const folderIn = (directory: string, table: string, day: string): string => {
  const path = join(directory, folderOf(table), day)
  for (const folder of [directory, dirname(path), path]) makeFolder(folder)
  return path
}

const list = (directory: string): ReadonlyMap<string, ReadonlyArray<string>> => {
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const tables = folders.flatMap(({ name }): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => {
    const table = tableOf(name)
    if (table === undefined) return []
    const cwd = join(directory, name)
    const files = globSync("day=*/*.parquet", { cwd }).map((file) => join(cwd, file))
    return files.length === 0 ? [] : [[table, files.toSorted()]]
  })
  return new Map(tables.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The tables of a directory with their files, by path. Folders of other programs are left alone. */
export const tablesIn = (directory: string): Effect.Effect<ReadonlyMap<string, ReadonlyArray<string>>, DuckDBError> =>
  Effect.try({ try: () => list(directory), catch: (cause) => faultOf(directory, cause) })

/** A path for DuckDB, to which brackets, stars and question marks are patterns. */
const escaped = (path: string): string => Sql.literal(path.replaceAll(/[[*?]/g, "[$&]"))

const reading = (paths: string): string => `read_parquet(${paths}, union_by_name = true, hive_partitioning = false)`

/** A list of files for DuckDB. */
export const listOf = (files: ReadonlyArray<string>): string => `[${files.map(escaped).join(", ")}]`

/** Files as one table, with the columns that any of them has. */
export const source = (files: ReadonlyArray<string>): string => reading(listOf(files))

/** All files of a table, also those of later, as one table. */
export const allOf = (directory: string, table: string): string =>
  reading(`${escaped(join(directory, folderOf(table)))} || '/day=*/*.parquet'`)

/** A table's rows, each once. */
export const once = (from: string, unique: ReadonlyArray<string>): string =>
  `SELECT * FROM ${from} QUALIFY row_number() OVER (PARTITION BY ${unique.map(Sql.quote).join(", ")} ORDER BY "loaded_at") = 1`
