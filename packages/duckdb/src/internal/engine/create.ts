import { randomUUID } from "node:crypto"
import { existsSync, linkSync, renameSync, rmSync } from "node:fs"

/** Gives a file its name, unless another has it already. Not every file system has links, which never replace a file. */
const name = (file: string, path: string): void => {
  try {
    linkSync(file, path)
  } catch {
    if (!existsSync(path)) renameSync(file, path)
  }
}

/**
 * Makes a file that does not exist, whole or not at all. DuckDB refuses for ever to open a file that it has only begun to make, because the disk was full
 * or the process died. `make` makes it at another path.
 */
export const create = async (path: string, make: (path: string) => Promise<void>): Promise<void> => {
  if (existsSync(path)) return
  const beside = `${path}.${randomUUID()}.new`
  try {
    await make(beside)
    name(beside, path)
  } finally {
    rmSync(beside, { force: true })
  }
}
