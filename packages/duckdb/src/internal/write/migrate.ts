import { Misconfigured } from "@trackmap/core/SendError"
import * as Migration from "@trackmap/warehouse/Migration"
import * as Sql from "@trackmap/warehouse/Sql"
import * as Table from "@trackmap/warehouse/Table"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "../../DuckDBError.ts"
import { inTransaction, type Run } from "../engine/run.ts"
import { catalogOf } from "./catalog.ts"
import { dialect } from "./dialect.ts"
import { statementsOf } from "./statements.ts"

const views = `SELECT 1 FROM duckdb_views()
WHERE database_name = current_database() AND schema_name = 'main' AND view_name = ${Sql.literal(Table.events)}`

const isView = (name: string): boolean => dialect.fold(name) === Table.events

/** Makes the tables of a plan and the view over them, in one transaction. Returns the tables with the kinds that their columns have. */
export const migrate = (
  run: Run,
  wanted: ReadonlyArray<Table.Table>
): Effect.Effect<ReadonlyArray<Table.Table>, DuckDBError | Misconfigured> =>
  inTransaction(
    run,
    Effect.gen(function* () {
      const existing = yield* catalogOf(run)
      const taken = existing.find(({ name }) => isView(name))
      if (taken !== undefined) {
        const reason = `the file has a table "${taken.name}", and the view over all events has this name: rename the table, or use another file`
        return yield* new Misconfigured({ reason })
      }
      const { changes, tables } = yield* Migration.make(wanted, existing, dialect)
      if (changes.length > 0) yield* run(changes.flatMap(statementsOf).join(";\n"))
      if (changes.length > 0 || (yield* run(views)).length === 0) {
        yield* run(`CREATE OR REPLACE VIEW ${Sql.quote(Table.events)} AS ${Sql.events(yield* catalogOf(run))}`)
      }
      return tables
    })
  )
