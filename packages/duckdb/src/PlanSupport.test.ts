import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { EventSink, Plan, PlanSupport } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { anyPlan, lastFirst, orders } from "../../../fixtures/warehouse/anyPlan.ts"
import { folder, query } from "../test/reading.ts"
import { DuckDB } from "./index.ts"
import { support } from "./PlanSupport.ts"

const [format] = support.formats
const write = (plan: Plan.Plan, settings = PlanSupport.noSettings) => format!.write(Plan.describe(plan), settings)
const sqlOf = (plan: Plan.Plan, settings = PlanSupport.noSettings) => write(plan, settings).files.get("tables.sql")!

/** The tables with their columns and the view, as DuckDB says them, but for the comments of columns. */
const catalogue = (file: string) =>
  Effect.all([
    query(
      file,
      `SELECT table_name, t.comment, column_name, column_index, data_type, is_nullable
      FROM duckdb_tables() t JOIN duckdb_columns() c USING (database_name, schema_name, table_name) WHERE t.database_name = current_database() ORDER BY 1, 4`
    ),
    query(file, `SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'events' ORDER BY column_index`)
  ])

const open = (file: string, plan: Plan.Plan) =>
  Effect.result(Effect.scoped(EventSink.deliver(DuckDB.sink({ file }), [], { plan })))

describe("the format duckdb", () => {
  it.live("makes the tables that the sink makes, on which it opens without a change, for plans with any names", () =>
    Effect.gen(function* () {
      const path = yield* folder
      let runs = 0
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(anyPlan, (plan) =>
            Effect.runPromise(
              Effect.gen(function* () {
                const [file, own] = [join(path, `${++runs}.duckdb`), join(path, `${runs}-own.duckdb`)]
                const opened = yield* open(own, plan)
                const sql = yield* Effect.result(
                  Effect.try({ try: () => sqlOf(plan), catch: (error) => error as Error })
                )
                assert.strictEqual(sql._tag, opened._tag)
                if (sql._tag === "Failure") return
                yield* query(file, sql.success)
                const before = yield* catalogue(file)
                yield* open(file, plan)
                assert.deepStrictEqual(yield* catalogue(file), before)
                assert.deepStrictEqual(yield* catalogue(own), before)
              })
            )
          ),
          { numRuns: 8, examples: [[orders]] }
        )
      )
    })
  )

  it.live("has comments of columns, and their order from the lock file", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "events.duckdb")
      yield* query(file, sqlOf(orders, lastFirst))
      const columns = `SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'order_placed' AND column_name LIKE 'Order%' ORDER BY column_index`
      assert.deepStrictEqual(yield* query(file, columns), [
        { column_name: "Order_status", comment: null },
        { column_name: "Order_id", comment: null },
        { column_name: "Order_note", comment: "What it's about." },
        { column_name: "Order_email", comment: "Personal data." },
        { column_name: "Order_tags", comment: null },
        { column_name: "Order_at", comment: null }
      ])
    })
  )

  it("says what tables do not have", () => {
    assert.deepInclude(write(orders).losses, { name: "Order Placed", key: "Order_tags", what: "the type string[]" })
  })
})
