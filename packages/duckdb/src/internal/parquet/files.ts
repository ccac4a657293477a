import { existsSync, globSync, mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { Rows } from "@trackmap/warehouse/Rows"
import * as Sql from "@trackmap/warehouse/Sql"
import { dialect } from "../write/dialect.ts"

const day = 86_400_000_000n

/** The day of a time in UTC, as the name of its folder. Rows without a time are in the folder of the day on which they were written. */
const dayOf = (micros: bigint): string => {
  const start = micros - (((micros % day) + day) % day)
  const date = new Date(Number(start / 1000n))
  // JavaScript has no later days than DuckDB, except for signs and digits in years that no event has.
  return `day=${date.toISOString().replace(/T.*/, "")}`
}

/** The indices of the rows of each day, by the name of the day's folder. */
export const byDay = ({ columns, table }: Rows): ReadonlyMap<string, ReadonlyArray<number>> => {
  const column = (name: string) => columns[table.columns.findIndex((one) => dialect.fold(one.name) === name)]!
  const [times, loaded] = [column("timestamp"), column("loaded_at")] as ReadonlyArray<ReadonlyArray<bigint | null>>
  const days = new Map<string, Array<number>>()
  for (const [row, time] of times!.entries()) {
    const folder = dayOf(time ?? loaded![row]!)
    const found = days.get(folder)
    if (found === undefined) days.set(folder, [row])
    else found.push(row)
  }
  return days
}

/** The rows at some indices. */
export const pick = (rows: Rows, indices: ReadonlyArray<number>): Rows =>
  indices.length === rows.size
    ? rows
    : {
        table: rows.table,
        size: indices.length,
        columns: rows.columns.map((column) => indices.map((at) => column[at]))
      }

/** Names of files that are being written. They end otherwise, so that nobody reads them. */
export const temporary = ".writing"

/** The name of a table's folder. No name leads out of the directory. */
export const folderOf = (table: string): string => encodeURIComponent(table).replaceAll(".", "%2E")

/** Makes the folder of a table and a day. */
export const folderIn = (directory: string, table: string, day: string): string => {
  const path = join(directory, folderOf(table), day)
  mkdirSync(path, { recursive: true })
  return path
}

/** The files of a table, by path. */
export const filesIn = (directory: string, table: string): ReadonlyArray<string> => {
  const folder = join(directory, folderOf(table))
  return globSync("day=*/*.parquet", { cwd: folder })
    .map((file) => join(folder, file))
    .toSorted()
}

/** The tables of a directory that have files. */
export const tablesIn = (directory: string): ReadonlyArray<string> =>
  existsSync(directory)
    ? readdirSync(directory, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => decodeURIComponent(name))
        .filter((table) => filesIn(directory, table).length > 0)
        .toSorted()
    : []

/** A path for DuckDB, to which brackets, stars and question marks are patterns. */
const escaped = (path: string): string => Sql.literal(path.replaceAll(/[[*?]/g, "[$&]"))

const reading = (paths: string): string => `read_parquet(${paths}, union_by_name = true, hive_partitioning = false)`

/** Files as one table, with the columns that any of them has. */
export const source = (files: ReadonlyArray<string>): string => reading(`[${files.map(escaped).join(", ")}]`)

/** All files of a table, also those of later, as one table. */
export const allOf = (directory: string, table: string): string =>
  reading(`${escaped(join(directory, folderOf(table)))} || '/day=*/*.parquet'`)

/** A table's rows, each once. */
export const once = (from: string, unique: ReadonlyArray<string>): string =>
  `SELECT * FROM ${from} QUALIFY row_number() OVER (PARTITION BY ${unique.map(Sql.quote).join(", ")} ORDER BY "loaded_at") = 1`
