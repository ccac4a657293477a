import { existsSync } from "node:fs"
import { dirname, join } from "node:path"

/** The closest tsconfig.json around a file. */
export const tsconfigOf = (file: string): string | undefined => {
  const folder = dirname(file)
  const own = join(folder, "tsconfig.json")
  return existsSync(own) ? own : folder === file ? undefined : tsconfigOf(folder)
}
