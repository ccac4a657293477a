import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { afterAll, it } from "vitest"
import { comesBack } from "../test/comesBack.ts"
import { queryFiles } from "../test/reading.ts"
import { Parquet } from "./index.ts"

const folder = mkdtempSync(join(tmpdir(), "trackmap-parquet-"))
afterAll(() => rmSync(folder, { recursive: true }))

let directories = 0

it("what comes back from the files is what was tracked: in its column, or with its reason among the misfits", () =>
  comesBack(() => {
    const directory = join(folder, `${directories++}`)
    return {
      sink: Parquet.sink({ directory }),
      rows: (table, columns) =>
        existsSync(join(directory, table))
          ? queryFiles(directory, `SELECT ${columns} FROM "${table}"`)
          : Effect.succeed([])
    }
  }))
