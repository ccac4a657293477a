import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { statements } from "./tables.ts"

/** A database in a temporary file, which any number of connections can open. */
export interface Sqlite {
  readonly file: string
  readonly connect: () => DatabaseSync
  readonly remove: () => void
}

/** The wholesale company's database in SQLite, with Node's built-in driver. */
export const openSqlite = (): Sqlite => {
  const folder = mkdtempSync(join(tmpdir(), "trackmap-sqlite-"))
  const file = join(folder, "wholesale.sqlite")
  const connect = (): DatabaseSync => new DatabaseSync(file)
  const database = connect()
  // With WAL, readers do not wait for a transaction, and do not see its uncommitted rows.
  database.exec("PRAGMA journal_mode = WAL")
  for (const statement of statements) database.exec(statement)
  database.close()
  return { file, connect, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
