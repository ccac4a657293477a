import { Plan, type PlanSupport } from "@trackmap/core"
import { PlanSupport as Support } from "@trackmap/core"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { anyPlan, lastFirst, orders } from "../../../fixtures/warehouse/anyPlan.ts"
import { deliver, nextSchema, query, refusal, unavailable, url } from "../test/database.ts"
import { Postgres } from "./index.ts"
import { support } from "./PlanSupport.ts"

const [format] = support.formats
const write = (plan: Plan.Plan, settings: PlanSupport.Settings) => format!.write(Plan.describe(plan), settings)
const sqlOf = (plan: Plan.Plan, settings: PlanSupport.Settings) => write(plan, settings).files.get("tables.sql")!
const named = (name: string): PlanSupport.Settings => ({ ...Support.noSettings, name })

/** All that the catalogue says about a schema, but for the comments of columns, which the sink does not write. */
const catalogue = async (schema: string) =>
  (
    await Promise.all([
      query(
        `SELECT c.relname, c.relkind, obj_description(c.oid, 'pg_class') AS comment, a.attname, a.attnum, a.attnotnull, format_type(a.atttypid, NULL)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relnamespace = $1::regnamespace ORDER BY 1, 5`,
        [schema]
      ),
      query(
        `SELECT tablename, replace(indexdef, schemaname, '') AS def FROM pg_indexes WHERE schemaname = $1 ORDER BY 1, 2`,
        [schema]
      )
    ])
  ).map((rows) => rows.map((row) => JSON.stringify(row)))

describe.skipIf(unavailable !== undefined)("the format postgres", () => {
  it(
    "makes the tables that the sink makes, on which it opens without a change, for plans with any names",
    { timeout: 120_000 },
    async () => {
      let [made, refused] = [0, 0]
      await fc.assert(
        fc.asyncProperty(anyPlan, async (plan) => {
          const [schema, own] = [nextSchema(), nextSchema()]
          let sql: string
          try {
            sql = sqlOf(plan, named(schema))
          } catch (error) {
            const { reason, remedy } = error as { readonly reason: string; readonly remedy: string }
            refused++
            assert.strictEqual(await refusal(Postgres.sink({ url, schema: own }), plan), reason)
            assert.include(remedy, "rename")
            return
          }
          made++
          await query(sql)
          const before = await catalogue(schema)
          await deliver(Postgres.sink({ url, schema }), [], plan)
          assert.deepStrictEqual(await catalogue(schema), before)
          await deliver(Postgres.sink({ url, schema: own }), [], plan)
          assert.deepStrictEqual(await catalogue(own), before)
          await query(`DROP SCHEMA ${schema} CASCADE; DROP SCHEMA ${own} CASCADE`)
        }),
        { numRuns: 25, examples: [[orders]] }
      )
      assert.isAbove(Math.min(made, refused), 0)
    }
  )

  it("comments columns with what the plan says of them", async () => {
    const schema = nextSchema()
    await query(sqlOf(orders, named(schema)))
    const rows = await query(
      `SELECT attname, col_description(attrelid, attnum) AS text FROM pg_attribute
      WHERE attrelid = '${schema}.order_placed'::regclass AND col_description(attrelid, attnum) IS NOT NULL ORDER BY 1`
    )
    assert.deepStrictEqual(rows, [
      { attname: "Order_email", text: "Personal data." },
      { attname: "Order_note", text: "What it's about." }
    ])
  })

  it("has columns in the order of the lock file", async () => {
    const schema = nextSchema()
    await query(sqlOf(orders, { ...lastFirst, name: schema }))
    const rows = await query(
      `SELECT attname FROM pg_attribute WHERE attrelid = '${schema}.order_placed'::regclass AND attname LIKE 'Order%' ORDER BY attnum`
    )
    assert.deepStrictEqual(
      rows.map(({ attname }) => attname),
      ["Order_status", "Order_id", "Order_note", "Order_email", "Order_tags", "Order_at"]
    )
  })
})

describe("the format postgres", () => {
  it("says what tables do not have", () => {
    const { losses } = write(orders, Support.noSettings)
    assert.deepStrictEqual(
      losses.map(({ key, name, what }) => [name, key, what]),
      [
        ["Order Placed", undefined, "the description"],
        ["Order Placed", undefined, "the tags"],
        ["Order Placed", undefined, "which keys can be absent or null"],
        ["Order Placed", "Order_note", "the owner"],
        ["Order Placed", "Order_tags", "the type string[]"],
        ["Order Placed", "Order_status", 'the values "open" | "paid"'],
        ["identify", undefined, "which keys can be absent or null"]
      ]
    )
  })

  it("uses the sink's schema, and refuses a name that is none", () => {
    assert.include(sqlOf(orders, Support.noSettings), 'CREATE SCHEMA IF NOT EXISTS "trackmap_events"')
    assert.throws(() => write(orders, named("pg_mine")), /postgres: schema begins with pg_.*: pass another --name/)
  })
})
