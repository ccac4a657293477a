import { assert, describe, it } from "@effect/vitest"
import { EventSink, HttpTransport, Plan, PlanSupport } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as fc from "fast-check"
import { anyPlan, lastFirst, orders } from "../../../fixtures/warehouse/anyPlan.ts"
import { ClickHouseServer } from "../../testing/src/index.ts"
import { ClickHouse } from "./index.ts"
import { support } from "./PlanSupport.ts"

const [format] = support.formats
const write = (plan: Plan.Plan, settings = PlanSupport.noSettings) => format!.write(Plan.describe(plan), settings)
const sqlOf = (plan: Plan.Plan, settings = PlanSupport.noSettings) => write(plan, settings).files.get("tables.sql")!

/** The statements that a sink runs to make its tables. */
const statementsOf = (plan: Plan.Plan) =>
  Effect.gen(function* () {
    const server = yield* ClickHouseServer.make()
    const { password, url, user } = server
    const sink = ClickHouse.sink({ url, user, password: Redacted.make(password) })
    const opened = yield* Effect.result(Effect.scoped(EventSink.deliver(sink, [], { plan })))
    const requests = yield* server.requests
    const made = requests.map(({ text }) => text).filter((text) => text.startsWith("CREATE"))
    return opened._tag === "Failure" ? undefined : made
  }).pipe(Effect.scoped, Effect.provide(HttpTransport.layerFetch))

describe("the format clickhouse", () => {
  it("has the statements that the sink runs, for plans with any names", () =>
    fc.assert(
      fc.asyncProperty(anyPlan, async (plan) => {
        const statements = await Effect.runPromise(statementsOf(plan))
        if (statements === undefined) {
          assert.throws(() => sqlOf(plan), /rename/)
          return
        }
        const sql = sqlOf(plan)
        for (const statement of statements.slice(0, -1)) assert.include(sql, `${statement};\n`)
        assert.include(sql, "CREATE OR REPLACE VIEW")
        assert.lengthOf(sql.split(/^CREATE /m), statements.length + 1)
      }),
      { numRuns: 20, examples: [[orders]] }
    ))

  it("has the columns in the order of the lock file, and the database by its name", () => {
    const sql = sqlOf(orders, { ...lastFirst, name: "shop" })
    assert.match(sql, /^CREATE TABLE IF NOT EXISTS "shop"."order_placed"/)
    assert.isBelow(sql.indexOf('"Order_status"'), sql.indexOf('"Order_id"'))
    assert.deepInclude(write(orders).losses, { name: "Order Placed", key: "Order_note", what: "the description" })
  })
})
