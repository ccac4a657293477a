import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** Runs with a folder that has these files, and removes it. */
export const inRepository = <A>(files: Readonly<Record<string, string>>, run: (root: string) => A): A => {
  const root = mkdtempSync(join(tmpdir(), "rooms-"))
  try {
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), source)
    }
    return run(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}
