import { Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { dialect } from "../test/dialect.ts"
import { Layout, Migration, type Table } from "./index.ts"

const tableOf = (properties: { readonly [name: string]: Schema.Codec<any> }): Table.Table =>
  Effect.runSync(Layout.make(Plan.make(TrackedEvent.make("paid", { properties })), dialect))[0]!
/** The table as the catalogue describes it after it has been made. */
const existing = (table: Table.Table): Table.Existing => ({
  name: table.name,
  comment: "paid",
  columns: table.columns.map(({ kind, name }) => ({ name, type: dialect.types[kind] }))
})
const migrate = (from: Table.Existing | undefined, to: Table.Table) =>
  Migration.make([to], from === undefined ? [] : [from], dialect)
const changesOf = (from: Table.Existing | undefined, to: Table.Table): ReadonlyArray<string> =>
  Effect.runSync(migrate(from, to)).changes.map((change) =>
    change._tag === "CreateTable" ? change._tag : `${change._tag} ${change.column.name} ${change.column.kind}`
  )

describe("a plan that changes", () => {
  const one = tableOf({ amount: Schema.Int })

  it("makes tables that are missing, and changes nothing where nothing has changed", () => {
    assert.deepStrictEqual(changesOf(undefined, one), ["CreateTable"])
    assert.deepStrictEqual(changesOf(existing(one), one), [])
  })

  it("adds columns, and leaves those that it no longer has", () => {
    const two = tableOf({ amount: Schema.Int, currency: Schema.String })
    assert.deepStrictEqual(changesOf(existing(one), two), ["AddColumn currency string"])
    assert.deepStrictEqual(changesOf(existing(two), one), [])
  })

  it("makes numbers of integers, and keeps numbers for integers", () => {
    const wide = tableOf({ amount: Schema.Finite })
    assert.deepStrictEqual(changesOf(existing(one), wide), ["WidenColumn amount number"])
    const { changes, tables } = Effect.runSync(migrate(existing(wide), one))
    assert.deepStrictEqual(changes, [])
    assert.strictEqual(tables[0]!.columns.at(-1)!.kind, "number")
  })

  it("uses the name that a column has, where it differs by case only", () => {
    const upper = {
      ...existing(one),
      columns: existing(one).columns.map(({ name, type }) => ({ name: name.toUpperCase(), type }))
    }
    const { changes, tables } = Effect.runSync(migrate(upper, one))
    assert.deepStrictEqual(changes, [])
    assert.strictEqual(tables[0]!.columns.at(-1)!.name, "AMOUNT")
  })

  it("fails for any other type, naming every such column, both types and the remedy", () => {
    const text = tableOf({ amount: Schema.String, note: Schema.String })
    const json = tableOf({ amount: Schema.Int, note: Schema.Array(Schema.String) })
    assert.strictEqual(
      Effect.runSync(Effect.flip(migrate(existing(text), json))).reason,
      'the column "amount" of the table "paid" is TEXT in Engine, and the plan needs BIGINT: rename the key, change the column\'s type yourself, or give the event another table (tables: { "paid": "another_name" }); ' +
        'the column "note" of the table "paid" is TEXT in Engine, and the plan needs JSON: rename the key, change the column\'s type yourself, or give the event another table (tables: { "paid": "another_name" })'
    )
  })

  it("fails for a table that is not Trackmap's", () => {
    assert.strictEqual(
      Effect.runSync(Effect.flip(migrate({ name: "paid", columns: [{ name: "id", type: "BIGINT" }] }, one))).reason,
      'the table "paid" exists and is not one of Trackmap\'s, since it has no column message_id: give the event another table (tables: { "paid": "another_name" })'
    )
    const misfits = Effect.runSync(Layout.make(undefined, dialect)).at(-1)!
    assert.include(
      Effect.runSync(Effect.flip(migrate({ name: "misfits", columns: [] }, misfits))).reason,
      "since it has no column message_id, key: use another database or schema"
    )
  })
})
