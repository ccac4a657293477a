import type { Existing } from "@trackmap/warehouse/Table"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "../../DuckDBError.ts"
import type { Run } from "../engine/run.ts"

/** All that is said about the tables of a file, in the order of their columns. */
const query = `SELECT t.table_name, t.comment, c.column_name, c.data_type
FROM duckdb_tables() t JOIN duckdb_columns() c USING (database_name, schema_name, table_name)
WHERE t.database_name = current_database() AND t.schema_name = 'main' AND NOT t.temporary
ORDER BY t.table_oid, c.column_index`

type Row = readonly [table: string, comment: string | null, column: string, type: string]

/** The tables of the file that is open. */
export const catalogOf = (run: Run): Effect.Effect<ReadonlyArray<Existing>, DuckDBError> =>
  Effect.map(run(query), (rows) => {
    const tables = new Map<string, Existing & { readonly columns: Array<Existing["columns"][number]> }>()
    for (const [table, comment, name, type] of rows as unknown as ReadonlyArray<Row>) {
      let found = tables.get(table)
      if (found === undefined) {
        found = { name: table, comment: comment ?? undefined, columns: [] }
        tables.set(table, found)
      }
      found.columns.push({ name, type })
    }
    return [...tables.values()]
  })
