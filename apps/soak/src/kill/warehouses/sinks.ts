/** The sinks, by engine. */
import type { EventSink } from "@trackmap/core"
import { DuckDB, Parquet } from "@trackmap/duckdb"
import { Postgres } from "@trackmap/postgres"
import * as Redacted from "effect/Redacted"

export const sinks: Readonly<Record<string, (place: string) => EventSink.EventSink<unknown>>> = {
  duckdb: (file) => DuckDB.sink({ file }),
  "duckdb-kept": (file) => DuckDB.sink({ file, keepOpen: true }),
  parquet: (directory) => Parquet.sink({ directory }),
  postgres: (place) => Postgres.sink({ url: Redacted.make(place) })
}
