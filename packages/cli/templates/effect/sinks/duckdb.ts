import { DuckDB } from "@trackmap/duckdb"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"

/** A file of DuckDB, with a table for each event. */
export const Sink = Effect.gen(function* () {
  const file = yield* Config.withDefault(Config.String("DUCKDB_FILE"), "events.duckdb")
  return DuckDB.sink({ file })
})
