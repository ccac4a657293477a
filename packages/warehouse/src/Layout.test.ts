import { Aggregate, Entity, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { dialect } from "../test/dialect.ts"
import { Layout, Table } from "./index.ts"

const layoutOf = (plan: Plan.Plan | undefined, options?: Layout.Options) =>
  Effect.runSync(Layout.make(plan, dialect, options))
const refusal = (plan: Plan.Plan, options?: Layout.Options): string =>
  Effect.runSync(Effect.flip(Layout.make(plan, dialect, options))).reason
const withProperties = (name: string, ...keys: ReadonlyArray<string>) =>
  TrackedEvent.make(name, { properties: Object.fromEntries(keys.map((key) => [key, Schema.String])) })

describe("the tables of a plan", () => {
  it("are those of its events, of the other calls, and the misfits; without a plan only the last two", () => {
    const fixed = ["identifies", "groups", "aliases", "pages", "screens", "misfits"]
    assert.deepStrictEqual(
      layoutOf(undefined).map(({ name }) => name),
      fixed
    )
    assert.deepStrictEqual(
      layoutOf(Plan.make(TrackedEvent.make("Order Placed"), TrackedEvent.make("signedOut"))).map(({ name }) => name),
      ["order_placed", "signed_out", ...fixed]
    )
  })

  it("have a column of the right kind for each flat key, after those of the message", () => {
    const Tag = Entity.make("Tag", { key: "name", attributes: { name: Schema.String } })
    const Order = Entity.make("Order", {
      key: "id",
      attributes: {
        id: Schema.Int,
        uuid: Schema.String.check(Schema.isUUID()),
        total: Schema.Finite,
        paid: Schema.Boolean,
        placedAt: Schema.Date,
        shippedAt: Schema.NullOr(Schema.Date),
        state: Schema.Literals(["open", "done"]),
        size: Schema.Literals([1, 2]),
        weight: Schema.Literals([1, 2.5]),
        gift: Schema.Literals([true, false]),
        mixed: Schema.Literals(["a", 1]),
        either: Schema.Union([Schema.Int, Schema.Finite]),
        both: Schema.Union([Schema.Int, Schema.String]),
        maybe: Schema.NullOr(Schema.Union([Schema.String, Schema.Literal("x")])),
        big: Schema.BigInt,
        address: Schema.Struct({ city: Schema.String }),
        anything: Schema.Json
      }
    }).pipe(
      Entity.many(
        "tags",
        Tag,
        (row: { tags: ReadonlyArray<{ name: string }> }) => row.tags,
        Aggregate.count,
        Aggregate.list({ max: 3 })
      )
    )
    const [placed] = layoutOf(Plan.make(TrackedEvent.make("orderPlaced", { entities: { order: Order } })))
    assert.deepStrictEqual(placed!.columns.slice(0, 8), Table.messageColumns)
    assert.deepStrictEqual(Object.fromEntries(placed!.columns.slice(8).map(({ kind, name }) => [name, kind])), {
      Order_id: "integer",
      Order_uuid: "string",
      Order_total: "number",
      Order_paid: "boolean",
      Order_placedAt: "timestamp",
      Order_shippedAt: "timestamp",
      Order_state: "string",
      Order_size: "integer",
      Order_weight: "number",
      Order_gift: "boolean",
      Order_mixed: "json",
      Order_either: "number",
      Order_both: "json",
      Order_maybe: "string",
      Order_big: "string",
      Order_address: "json",
      Order_anything: "json",
      Order_tags_count: "integer",
      Order_tags: "json",
      Order_tags_truncated: "boolean"
    })
  })

  it("have the declared traits of calls as columns, and the others as JSON", () => {
    const plan = Plan.make().pipe(Plan.calls({ identify: { email: Schema.String, age: Schema.Int } }))
    const identifies = layoutOf(plan).find(({ name }) => name === "identifies")!
    assert.deepStrictEqual(
      identifies.columns.slice(8).map(({ kind, name }) => [name, kind]),
      [
        ["traits", "json"],
        ["email", "string"],
        ["age", "integer"]
      ]
    )
  })

  it("and columns have the names of the options", () => {
    const [table] = layoutOf(Plan.make(withProperties("pages", "timestamp", "other")), {
      tables: { pages: "pages_sold" },
      columns: { timestamp: "happened_at" }
    })
    assert.strictEqual(table!.name, "pages_sold")
    assert.deepStrictEqual(
      table!.columns.slice(8).map(({ name }) => name),
      ["happened_at", "other"]
    )
  })
})

describe("names", () => {
  it("of events that are the same to the engine are refused, with the remedy", () => {
    assert.strictEqual(
      refusal(Plan.make(TrackedEvent.make("Order Placed"), TrackedEvent.make("order_placed"))),
      'the table "order_placed" of the event "order_placed" is the same to Engine as that of the event "Order Placed": pass tables: { "order_placed": "another_name" }'
    )
    assert.strictEqual(
      refusal(Plan.make(TrackedEvent.make("pages"), TrackedEvent.make("events"))),
      'the table "pages" of the event "pages" is the same to Engine as that of the calls of page: pass tables: { "pages": "another_name" }; ' +
        'the table "events" of the event "events" is the same to Engine as that of the view over all events: pass tables: { "events": "another_name" }'
    )
  })

  it("of keys that are the same to the engine, or that a message has, are refused, with the remedy", () => {
    assert.strictEqual(
      refusal(Plan.make(withProperties("signedIn", "how", "How", "User_ID"))),
      'the column "How" of the table "signed_in" is the same as "how" to Engine: rename the key, or pass columns: { "How": "another_name" }; ' +
        'the column "User_ID" of the table "signed_in" is the same as "user_id", a column of every such table: rename the key, or pass columns: { "User_ID": "another_name" }'
    )
    assert.include(
      refusal(Plan.make().pipe(Plan.calls({ page: { name: Schema.String } }))),
      'the column "name" of the table "pages" is the same as "name"'
    )
  })

  it("that the engine does not accept are refused, with the remedy", () => {
    const [long, key] = ["ä".repeat(40), "k".repeat(70)]
    assert.strictEqual(
      refusal(Plan.make(withProperties("a", key, "c"), TrackedEvent.make(long)), {
        columns: { c: "\ud800" }
      }),
      `the column "${key}" of the table "a" has 70 bytes, and Engine accepts 63: rename the key, or pass columns: { "${key}": "another_name" }; ` +
        'the column "\ud800" of the table "a" contains a character that Engine does not accept in names: rename the key, or pass columns: { "c": "another_name" }; ' +
        `the table "${long}" of the event "${long}" has 80 bytes, and Engine accepts 63: pass tables: { "${long}": "another_name" }`
    )
  })

  it("of the engine's own columns are refused, with the remedy", () => {
    assert.strictEqual(
      refusal(Plan.make(withProperties("a", "rowid"))),
      'the column "rowid" of the table "a" has the name of a column of Engine\'s own: rename the key, or pass columns: { "rowid": "another_name" }'
    )
  })

  it("of options that the plan does not have are refused", () => {
    assert.strictEqual(
      refusal(Plan.make(withProperties("paid", "method")), {
        tables: { placed: "x" },
        columns: { qty: "y", method: "z" }
      }),
      'the option tables names "placed", which the plan does not have: correct it, or leave it out; ' +
        'the option columns names "qty", which the plan does not have: correct it, or leave it out'
    )
  })

  it("of options that are no text are refused, with their place", () => {
    const plan = Plan.make(withProperties("paid", "method"))
    const given = { tables: { paid: 3, a: "", b: undefined }, columns: { method: null, c: ["x"] } }
    assert.strictEqual(
      refusal(plan, given as any),
      'the option tables has a value of type number for "paid": pass a name; the option tables has an empty string for "a": pass a name; ' +
        'the option columns has null for "method": pass a name; the option columns has a value of type object for "c": pass a name'
    )
    for (const tables of [null, "paid", ["paid"], new Map([["paid", "x"]])]) {
      assert.strictEqual(
        refusal(plan, { tables } as any),
        'the option tables must be an object such as { "a name": "another_name" }'
      )
    }
  })

  it("are too many if the engine does not accept so many columns", () => {
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`)
    assert.include(
      refusal(Plan.make(withProperties("wide", ...keys))),
      "needs 48 columns, and Engine accepts 40: omit relations"
    )
  })
})
