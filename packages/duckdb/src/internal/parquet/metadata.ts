import * as Sql from "@trackmap/warehouse/Sql"
import type { Table } from "@trackmap/warehouse/Table"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "../../DuckDBError.ts"
import type { Engine } from "./engine.ts"
import { listOf } from "./files.ts"

/** The key of a file's metadata with the name of its event, as it was tracked. */
const key = "trackmap_event"

/** The event whose rows a table has. */
export const eventOf = ({ of }: Table): string | undefined => (of._tag === "Event" ? of.event : undefined)

/** The option of COPY that writes an event's name. */
export const optionFor = (event: string | undefined): string =>
  event === undefined ? "" : `, KV_METADATA {${key}: ${Sql.literal(event)}}`

/** The event of a table's files: of the last, since an event can get another name. The files of other calls have none. */
export const eventIn = (
  { run }: Engine,
  files: ReadonlyArray<string>
): Effect.Effect<string | undefined, DuckDBError> =>
  Effect.map(
    run(
      `SELECT decode(value) FROM parquet_kv_metadata(${listOf(files)}) WHERE key = ${Sql.literal(key)}::BLOB ORDER BY file_name DESC LIMIT 1`
    ),
    ([row]) => row && String(row[0])
  )
