import { Attribute, Pii, Plan, PlanSupport, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { orders } from "../../../fixtures/warehouse/anyPlan.ts"
import { dialect } from "../test/dialect.ts"
import { PlanTables, Sql } from "./index.ts"

const tablesOf = (plan: Plan.Plan) => PlanTables.make("engine", Plan.describe(plan), PlanSupport.noSettings, dialect)
const nothing: PlanTables.Had = { tables: [], columns: [] }

describe("the tables of a plan's description", () => {
  it("have the plan's keys by the names of their columns", () => {
    const tables = tablesOf(orders)
    assert.deepStrictEqual(
      tables.map(({ call, event, keys, table }) => [table.name, event?.name ?? call, [...keys.keys()].length]),
      [
        ["order_placed", "Order Placed", 6],
        ["identifies", "identify", 1],
        ["groups", "group", 0],
        ["aliases", "alias", 0],
        ["pages", "page", 0],
        ["screens", "screen", 0],
        ["misfits", undefined, 0]
      ]
    )
    assert.strictEqual(tables[0]!.keys.get("Order_note")?.owner, "shop")
  })

  it("are refused with what the sink says, and a remedy in the plan", () => {
    const plan = Plan.make(TrackedEvent.make("order placed"), TrackedEvent.make("orderPlaced"))
    assert.throws(
      () => tablesOf(plan),
      /^engine: the table "order_placed" .* is the same to Engine .*: rename it in the plan/
    )
  })

  it("are made by statements, with comments for what is said of keys, and the view", () => {
    const create = ({ name }: { readonly name: string }) => [`CREATE ${name}`]
    const statements = PlanTables.statements(tablesOf(orders).slice(0, 2), { dialect, create })
    assert.deepStrictEqual(statements.slice(0, -1), [
      "CREATE order_placed",
      `COMMENT ON COLUMN "order_placed"."Order_note" IS 'What it''s about.'`,
      `COMMENT ON COLUMN "order_placed"."Order_email" IS 'Personal data.'`,
      "CREATE identifies"
    ])
    assert.match(statements.at(-1)!, /^CREATE OR REPLACE VIEW "events" AS SELECT .* FROM "order_placed"$/)
    const named = PlanTables.statements(tablesOf(orders).slice(0, 1), {
      dialect,
      create,
      nameOf: (name) => `shop.${Sql.quote(name)}`,
      held: (name) => name.toUpperCase()
    })
    assert.match(named.at(-1)!, /'ORDER PLACED' AS event FROM shop\."order_placed"$/)
  })
})

describe("what a format does not have", () => {
  const plan = Plan.make(
    TrackedEvent.make("seen", {
      purposes: ["analytics"],
      properties: {
        text: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(9), Schema.isPattern(/^a/)),
        id: Schema.String.check(Schema.isUUID()),
        at: Schema.Date,
        count: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1), Schema.isLessThan(9), Schema.isMultipleOf(2)),
        rate: Schema.Finite.check(Schema.isGreaterThan(0), Schema.isLessThanOrEqualTo(1)),
        is: Schema.Boolean,
        any: Schema.Json,
        all: Attribute.annotate(Pii.personal(Schema.String), {
          description: "d",
          owner: "o",
          tags: ["t"],
          since: "2",
          deprecated: true,
          examples: ["e"]
        })
      }
    })
  )

  it("is everything that a column does not say by its type", () => {
    assert.deepStrictEqual(
      PlanTables.losses(tablesOf(plan), nothing).map(({ key, what }) => (key === undefined ? what : `${key}: ${what}`)),
      [
        "the purposes that need consent",
        "which keys can be absent or null",
        "text: the pattern /^a/",
        "text: the minimum length 1",
        "text: the maximum length 9",
        "id: the format uuid",
        "count: the minimum 1",
        "count: the exclusive maximum 9",
        "count: that it is a multiple of 2",
        "rate: the exclusive minimum 0",
        "rate: the maximum 1",
        "all: that it is personal data",
        "all: the description",
        "all: the owner",
        "all: the tags",
        "all: since when it exists",
        "all: that it is deprecated",
        "all: the examples"
      ]
    )
  })

  it("is not what the format has", () => {
    const had: PlanTables.Had = { tables: ["purposes", "presence"], columns: ["pattern", "length", "format", "bounds"] }
    assert.deepStrictEqual([...new Set(PlanTables.losses(tablesOf(plan), had).map(({ key }) => key))], ["all"])
  })

  it("is nothing for tables without keys", () => {
    assert.deepStrictEqual(PlanTables.losses(tablesOf(Plan.make(TrackedEvent.make("seen"))), nothing), [])
  })
})

describe("the text about a key", () => {
  it("has sentences for what is known", () => {
    assert.isUndefined(PlanTables.textOf({}))
    assert.strictEqual(PlanTables.textOf({ description: "Why?", deprecated: {} }), "Why? Deprecated.")
    assert.strictEqual(
      PlanTables.textOf({ deprecated: { reason: "it is wrong", replacedBy: "b" } }),
      "Deprecated, replaced by b: it is wrong."
    )
    assert.strictEqual(PlanTables.textOf({ description: "null \0, half \uD800" }), "null \uFFFD, half \uFFFD.")
  })
})
