import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { keepOpen } from "./reading.ts"

/** A file for the tests of a module, which stays open meanwhile: that makes it cheap to open again. */
export const openFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "trackmap-duckdb-"))
  const file = join(folder, "events.duckdb")
  let close: (() => void) | undefined
  beforeAll(async () => {
    close = await keepOpen(file)
  })
  afterAll(() => {
    close?.()
    rmSync(folder, { recursive: true })
  })
  return file
}
