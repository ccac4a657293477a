import { it } from "vitest"
import { comesBack } from "../test/comesBack.ts"
import { openFile } from "../test/openFile.ts"
import { query } from "../test/reading.ts"
import { DuckDB } from "./index.ts"

const file = openFile()

it("what comes back is what was tracked: in its column, or with its reason among the misfits", () =>
  comesBack(() => ({
    sink: DuckDB.sink({ file }),
    rows: (table, columns) => query(file, `SELECT ${columns} FROM "${table}"`)
  })))
