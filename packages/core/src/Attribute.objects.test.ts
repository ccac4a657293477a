import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { expectTypeOf } from "vitest"
import { z } from "zod"
import * as mini from "zod/mini"
import * as z3 from "zod/v3"
import * as paths from "../test/paths.ts"
import { Aggregate, Attribute, Entity, Plan, RowError, TrackedEvent } from "./index.ts"

/** What Temporal's objects have that is read of them, for platforms without Temporal. */
const standIns = {
  instant: { epochMilliseconds: 1_772_362_800_123, toJSON: () => "2026-03-01T11:00:00.123456789Z" },
  zoned: {
    epochMilliseconds: 1_772_362_800_123,
    timeZoneId: "Europe/Berlin",
    toJSON: () => "2026-03-01T12:00:00.123+01:00[Europe/Berlin]"
  },
  date: {
    year: 5786,
    month: 6,
    day: 12,
    toString: (options?: { readonly calendarName?: "never" }) =>
      options?.calendarName === "never" ? "2026-03-01" : "2026-03-01[u-ca=hebrew]",
    toJSON: () => "2026-03-01[u-ca=hebrew]"
  },
  dateTime: {
    year: 2026,
    month: 3,
    day: 1,
    toString: () => "2026-03-01T12:00:00",
    toJSON: () => "2026-03-01T12:00:00"
  },
  time: { toJSON: () => "12:00:00" }
}

const Temporal = (globalThis as any).Temporal
/** The platform's own where it has Temporal. */
const real = Temporal && {
  instant: Temporal.Instant.from("2026-03-01T11:00:00.123456789Z"),
  zoned: Temporal.ZonedDateTime.from("2026-03-01T12:00:00.123+01:00[Europe/Berlin]"),
  date: Temporal.PlainDate.from("2026-03-01").withCalendar("hebrew"),
  dateTime: Temporal.PlainDateTime.from("2026-03-01T12:00:00"),
  time: Temporal.PlainTime.from("12:00:00")
}
const kinds: ReadonlyArray<readonly [string, typeof standIns]> = [
  ["stand-ins", standIns],
  ...(real === undefined ? [] : ([["the platform's own", real]] as const))
]

const Visit = Entity.make("Visit", {
  key: "id",
  attributes: {
    id: z.int(),
    at: Attribute.instant,
    placedAt: Attribute.instant,
    placedIn: Attribute.timeZone,
    day: Attribute.plainDate,
    opens: Attribute.text,
    leftAt: Attribute.nullable(Attribute.instant)
  },
  from: { placedIn: "placedAt" }
})

describe.each(kinds)("Temporal's values: %s", (_, { date, dateTime, instant, time, zoned }) => {
  const row = { id: 1, at: instant, placedAt: zoned, day: date, opens: time, leftAt: null }

  it("are written as ISO 8601, and a zoned time as an instant with its zone in a key of its own", () => {
    const values = Entity.valuesSync(Visit, row)
    assert.deepStrictEqual(values, {
      Visit_id: 1,
      Visit_at: "2026-03-01T11:00:00.123Z",
      Visit_placedAt: "2026-03-01T11:00:00.123Z",
      Visit_placedIn: "Europe/Berlin",
      Visit_day: "2026-03-01",
      Visit_opens: "12:00:00",
      Visit_leftAt: null
    })
    expectTypeOf(values.Visit_placedAt).toEqualTypeOf<string>()
    expectTypeOf(values.Visit_leftAt).toEqualTypeOf<string | null>()
  })

  it("are no others: a plain date with a time, an instant without one", () => {
    const refused = (part: object) => {
      const { expected, path } = paths.invalidRow(() => Entity.valuesSync(Visit, { ...row, ...part }))
      return [path, expected]
    }
    assert.deepStrictEqual(refused({ day: dateTime }), ["Visit.day", "a plain date"])
    assert.deepStrictEqual(refused({ at: { epochMilliseconds: Number.NaN } }), ["Visit.at", "an instant"])
    assert.deepStrictEqual(refused({ at: "2026-03-01T11:00:00Z" }), ["Visit.at", "an instant"])
    assert.deepStrictEqual(refused({ placedAt: instant }), ["Visit.placedIn", "a time with its zone"])
    assert.deepStrictEqual(refused({ opens: {} }), ["Visit.opens", "a value whose toJSON gives a string"])
  })

  it("are described as times and dates", () => {
    const { entities } = Plan.describe(Plan.make(TrackedEvent.make("visited", { entities: { visit: Visit } })))
    const types = Object.fromEntries(entities[0]!.attributes.map(({ name, type }) => [name, type]))
    assert.deepStrictEqual(types["at"], { _tag: "String", format: "date-time" })
    assert.deepStrictEqual(types["day"], { _tag: "String", format: "date" })
    assert.deepStrictEqual(types["leftAt"], { _tag: "String", format: "date-time", nullable: true })
  })
})

describe("an attribute that reads another field", () => {
  class ObjectId {
    readonly #id: string
    constructor(id: string) {
      this.#id = id
    }
    toJSON(): string {
      return this.#id
    }
  }
  const Order = Entity.make("Order", {
    key: "id",
    attributes: { id: Attribute.text, total: z.number(), note: Schema.optional(Schema.String) },
    from: { id: "_id", note: "remark" }
  })

  it("is the key of a row of Mongo's, typed by the field's name, on every path", async () => {
    const row = { _id: new ObjectId("65f1a6c2"), total: 7 }
    expectTypeOf<Entity.Row<typeof Order>>().toExtend<{ readonly _id: Attribute.Text; readonly total: number }>()
    const expected = {
      entries: [
        ["Order_id", "65f1a6c2"],
        ["Order_total", 7]
      ]
    }
    for (const path of Object.values(paths.loaded)) assert.deepStrictEqual(path(Order, row) as unknown, expected)
    for (const path of Object.values(paths.all)) assert.deepStrictEqual((await path(Order, row)) as unknown, expected)
    assert.deepStrictEqual(Entity.valuesSync(Order, { ...row, remark: "ring" }).Order_note, "ring")
    // @ts-expect-error the row has no _id
    assert.throws(() => Entity.valuesSync(Order, { id: new ObjectId("65f1a6c2"), total: 7 }))
  })

  it("does so behind extras, and before and after a change", () => {
    const Placed = Order.pipe(Entity.extras({ coupon: Schema.String }))
    assert.deepStrictEqual(
      Entity.valuesSync(Placed, { row: { _id: new ObjectId("1"), total: 7 }, extras: { coupon: "c" } }),
      { Order_id: "1", Order_total: 7, Order_coupon: "c" }
    )
    const before = { _id: new ObjectId("1"), total: 7 }
    const values = Entity.valuesSync(Entity.changed(Order), { before, after: { ...before, total: 8 } })
    assert.deepStrictEqual(values.Order_changed, ["total"])
  })

  it("can be a field of a schema's, picked by name", () => {
    const Row = Schema.Struct({ id: Schema.Int, name: Schema.String })
    const Item = Entity.make("Item", { key: "id", schema: Row, attributes: ["id"], from: { id: "item_id" } })
    assert.deepStrictEqual(Entity.valuesSync(Item, { item_id: 7 }), { Item_id: 7 })
  })
})

describe("an ORM's JSON column", () => {
  /** As Prisma generates it. */
  type JsonValue = string | number | boolean | JsonObject | JsonArray | null
  type JsonObject = { [Key in string]?: JsonValue }
  interface JsonArray extends Array<JsonValue> {}

  const Item = Entity.make("Item", { key: "id", attributes: { id: Schema.Int, meta: Attribute.json } })

  it("fits as it is typed, and is copied without the keys that are undefined", () => {
    const meta: JsonValue = { a: 1, gone: undefined, list: [{ b: null }] }
    const values = Entity.valuesSync(Item, { id: 1, meta })
    expectTypeOf(values.Item_meta).toExtend<Schema.Json>()
    ;(meta["list"] as Array<JsonObject>)[0]!["b"] = "later"
    assert.deepStrictEqual(values, { Item_id: 1, Item_meta: { a: 1, list: [{ b: null }] } })
  })

  it("is refused where it is no JSON", () => {
    for (const meta of [new Date(0), 1n, Number.NaN, new Map(), [undefined]]) {
      const { expected, path } = paths.invalidRow(() => Entity.valuesSync(Item, { id: 1, meta } as never))
      assert.deepStrictEqual([path, expected], ["Item.meta", "JSON"])
    }
  })

  it("is unchanged where a database gives its keys in another order, and is one of its distinct values", () => {
    const change = {
      before: { id: 1, meta: { a: 1, b: { c: 1, d: 2 } } },
      after: { id: 1, meta: { b: { d: 2, c: 1 }, a: 1 } }
    }
    const values = Entity.valuesSync(Entity.changed(Item), change)
    assert.deepStrictEqual([values.Item_state, values.Item_changed], ["unchanged", []])
    const listed = { ...change, after: { id: 1, meta: { a: 1, b: [1, 2] } } }
    assert.strictEqual(Entity.valuesSync(Entity.changed(Item), listed).Item_state, "updated")
    const Whole = Entity.make("Whole", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.many("items", Item, () => [change.before, change.after], Aggregate.countDistinct("meta"))
    )
    assert.strictEqual(Entity.valuesSync(Whole, { id: 1 }).Whole_items_meta_countDistinct, 1)
  })
})

describe("a change of one object that stands for both", () => {
  const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
  const Changed = Entity.changed(Line)

  it("is refused with a remedy, which works", () => {
    const row = { id: 1, qty: 2 }
    const change = { before: row, after: row }
    row.qty = 3
    const error = paths.invalidRow(() => Entity.valuesSync(Changed, change))
    assert.instanceOf(error, RowError.InvalidRow)
    assert.strictEqual(
      error.message,
      "Line.state: expected a row as it was before, and another object as it is after, got one object for both. Copy what the attributes read before you change the row: before = { ...row }, or row.toJSON() of an ORM."
    )
    const before = { ...row }
    row.qty = 4
    assert.deepStrictEqual(Entity.valuesSync(Changed, { before, after: row }).Line_changed, ["qty"])
  })

  it.effect("says of an event what it is after, and not that nothing has changed", () =>
    Effect.gen(function* () {
      const row = { id: 1, qty: 2 }
      const found = yield* paths.tolerant(Changed, { before: row, after: row })
      assert.deepStrictEqual(found, { values: { Line_id: 1, Line_qty: 2 }, violations: ["Line.state"] })
    })
  )
})

describe("aggregates of nullable columns", () => {
  const Line = Entity.make("Line", {
    key: "id",
    attributes: {
      id: Schema.Int,
      a: Schema.NullOr(Schema.Finite),
      b: Schema.optional(Schema.NullOr(Schema.Int)),
      c: z.number().nullable(),
      d: z.int().nullish(),
      e: Schema.Option(Schema.Finite)
    }
  })
  it("compile, and skip the rows without a value", async () => {
    const { none, some } = await import("effect/Option")
    const lines = [
      { id: 1, a: 1, b: 1, c: 1, d: 1, e: some(1) },
      { id: 2, a: null, b: null, c: null, d: null, e: none<number>() },
      { id: 3, a: 3, b: 3, c: 3, d: 3, e: some(3) }
    ]
    for (const name of ["a", "b", "c", "d", "e"] as const) {
      const Whole = Entity.make("Whole", { key: "id", attributes: { id: Schema.Int } }).pipe(
        Entity.many(
          "lines",
          Line,
          () => lines,
          Aggregate.sum(name),
          Aggregate.min(name),
          Aggregate.max(name),
          Aggregate.avg(name)
        )
      )
      const { Whole_id, ...values } = Entity.valuesSync(Whole, { id: 1 })
      assert.deepStrictEqual(Object.values(values), [4, 1, 3, 2])
    }
  })
})

describe("other kinds of zod", () => {
  it("are Standard Schemas, too: zod/mini, and zod 3", () => {
    const Item = Entity.make("Item", { key: "id", attributes: { id: mini.int(), name: z3.string().optional() } })
    assert.deepStrictEqual(Entity.valuesSync(Item, { id: 1, name: "n" }), { Item_id: 1, Item_name: "n" })
    assert.strictEqual(paths.invalidRow(() => Entity.valuesSync(Item, { id: "1" } as never)).path, "Item.id")
  })
})
