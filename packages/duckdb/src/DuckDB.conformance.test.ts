import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, it } from "vitest"
import { openFile } from "../test/openFile.ts"
import { query } from "../test/reading.ts"
import { DuckDB } from "./index.ts"

const file = openFile()

// Without a plan, all tracked events are misfits.
const tables = ["identifies", "groups", "aliases", "pages", "screens", "misfits"]

SinkConformance.suite("the sink of DuckDB", {
  runner: { describe, it },
  layer: Layer.empty,
  make: Effect.gen(function* () {
    const there = yield* query(file, "SELECT table_name FROM duckdb_tables()")
    yield* query(
      file,
      ["BEGIN", ...there.map((row) => `DELETE FROM "${String(row["table_name"])}"`), "COMMIT"].join("; ")
    )
    const ids = tables.map((name) => `SELECT message_id FROM ${name}`).join(" UNION ALL ")
    return {
      sink: DuckDB.sink({ file }),
      received: Effect.map(query(file, `SELECT message_id FROM (${ids})`), (rows) =>
        rows.map((row) => String(row["message_id"]))
      )
    }
  })
})
