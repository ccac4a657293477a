import { DuckDB } from "@trackmap/duckdb"

/** A file of DuckDB, with a table for each event. */
export const sink = DuckDB.sink({ file: process.env["DUCKDB_FILE"] ?? "events.duckdb" })
