import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { z } from "zod"
import * as paths from "../test/paths.ts"
import { invalidRow } from "../test/paths.ts"
import { refusal } from "../test/refusal.ts"
import { Aggregate, Entity, Lineage, Loader, Pii, Plan, TrackedEvent } from "./index.ts"
import type { KeysOf, Table } from "./internal/definition/aggregates.ts"
import { table } from "./internal/definition/aggregates.ts"

interface LineRow {
  readonly id: number
  readonly qty: number | null
  readonly sku: string | undefined
  readonly at: Date
  readonly tags: ReadonlyArray<string>
}
interface OrderRow {
  readonly id: number
  readonly lines: ReadonlyArray<LineRow>
}
const Line = Entity.make("Line", {
  key: "id",
  attributes: {
    id: Schema.Int,
    qty: Schema.NullOr(Schema.Finite),
    sku: Schema.optional(Schema.String),
    at: Schema.Date,
    tags: Schema.Array(Schema.String)
  }
})
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })
const linesOf = (order: OrderRow) => order.lines

const spread = Aggregate.make("spread", {
  schema: Schema.optionalKey(Schema.Finite),
  attributes: ["qty", "id"],
  aggregate: (lines: ReadonlyArray<{ readonly qty: number | null; readonly id: number }>) => {
    const numbers = lines.flatMap(({ qty }) => (qty === null ? [] : [qty]))
    return numbers.length === 0 ? undefined : Math.max(...numbers) - Math.min(...numbers)
  }
})
const all = [
  Aggregate.avg("id"),
  Aggregate.countDistinct("sku"),
  Aggregate.countDistinct("tags"),
  Aggregate.countDistinct("qty"),
  Aggregate.last,
  spread
] as const
const Full = Order.pipe(Entity.many("lines", Line, linesOf, ...all))

const line = (id: number, rest: Partial<LineRow> = {}): LineRow => ({
  id,
  qty: id,
  sku: "gquack",
  at: new Date(0),
  tags: [],
  ...rest
})

describe("the mean, the last row, and the number of different values", () => {
  it("are of all rows, and count a value that is null or absent for nothing", () => {
    const lines = [
      line(1, { tags: ["a"] }),
      line(2, { sku: undefined, qty: null }),
      line(6, { tags: ["a"], sku: "anvil" })
    ]
    assert.deepStrictEqual(Entity.valuesSync(Full, { id: 7, lines }), {
      Order_id: 7,
      Order_lines_id_avg: 3,
      Order_lines_sku_countDistinct: 2,
      Order_lines_tags_countDistinct: 2,
      Order_lines_qty_countDistinct: 2,
      Order_lines_last: {
        Line_id: 6,
        Line_qty: 6,
        Line_sku: "anvil",
        Line_at: "1970-01-01T00:00:00.000Z",
        Line_tags: ["a"]
      },
      Order_lines_spread: 5
    })
  })

  it("have no mean and no last row of no rows", () => {
    assert.deepStrictEqual(Entity.valuesSync(Full, { id: 7, lines: [] }), {
      Order_id: 7,
      Order_lines_sku_countDistinct: 0,
      Order_lines_tags_countDistinct: 0,
      Order_lines_qty_countDistinct: 0
    })
  })

  it("value only the last row, beside those that a list carries", () => {
    const valued: Array<number> = []
    const Told = Line.pipe(
      Entity.computed("told", Schema.Int, ({ id }: LineRow) => {
        valued.push(id)
        return id
      })
    )
    const lines = [line(1), line(2), line(3), line(4)]
    const Last = Order.pipe(Entity.many("lines", Told, linesOf, Aggregate.last))
    assert.strictEqual(Entity.valuesSync(Last, { id: 7, lines }).Order_lines_last?.Line_told, 4)
    const Both = Order.pipe(Entity.many("lines", Told, linesOf, Aggregate.last, Aggregate.list({ max: 2 })))
    const { Order_lines, Order_lines_last } = Entity.valuesSync(Both, { id: 7, lines })
    assert.deepStrictEqual([...Order_lines.map((one) => one.Line_id), Order_lines_last?.Line_id], [1, 2, 4])
    const short = Entity.valuesSync(Both, { id: 7, lines: lines.slice(0, 2) })
    assert.deepStrictEqual([short.Order_lines.length, short.Order_lines_last?.Line_id], [2, 2])
    assert.deepStrictEqual(valued, [4, 1, 2, 4, 1, 2])
  })

  it("refuse a mean of numbers whose sum is no finite number, also of rows that nobody checks", () => {
    const Heavy = Order.pipe(Entity.many("lines", Line, linesOf, Aggregate.avg("qty")))
    const lines = [line(1, { qty: 1.7e308 }), line(2, { qty: 1.7e308 })]
    const error = invalidRow(() => Entity.valuesSync(Heavy, { id: 7, lines }))
    assert.deepStrictEqual([error.path, error.actual], ["Order.lines.qty", "Infinity"])
    const texts = [line(1, { qty: "1" as never }), line(2, { qty: "2" as never })]
    assert.strictEqual(
      invalidRow(() => Entity.valuesSync(Entity.unchecked(Heavy), { id: 7, lines: texts })).path,
      "Order.lines.qty"
    )
  })
})

describe("every aggregate", () => {
  const rows = fc.record({
    id: fc.integer(),
    qty: fc.option(fc.double({ noNaN: true, min: -1e6, max: 1e6 })),
    sku: fc.option(fc.constantFrom("gquack", "anvil"), { nil: undefined }),
    at: fc.date({ noInvalidDate: true }),
    tags: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 })
  })

  it("gives what the rows' values give, on every path through the library", async () => {
    const Each = Order.pipe(
      Entity.many(
        "lines",
        Line,
        linesOf,
        ...all,
        Aggregate.list({ max: 2 }),
        Aggregate.count,
        Aggregate.keys,
        Aggregate.sum("qty"),
        Aggregate.avg("qty"),
        Aggregate.min("qty"),
        Aggregate.max("qty"),
        Aggregate.first
      )
    )
    const by = (via: unknown) =>
      Order.pipe(Entity.many("lines", Line, via as typeof linesOf, ...Each.relations.lines.aggregates))
    const entities = {
      loaded: Each,
      promises: by(async (order: OrderRow) => order.lines),
      effects: by((order: OrderRow) => Effect.succeed(order.lines))
    }
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { maxLength: 5 }), async (lines) => {
        const given = { id: 7, lines }
        const records = lines.map((one) => Entity.valuesSync(Line, one))
        const quantities = lines.flatMap(({ qty }) => (qty === null ? [] : [qty]))
        const sum = quantities.reduce((a, b) => a + b, 0)
        type Entries = ReadonlyArray<readonly [string, unknown]>
        const ofSome = (some: ReadonlyArray<unknown>, ...entries: Entries): Entries =>
          some.length === 0 ? [] : entries
        const expected: Entries = [
          ["Order_id", 7],
          ...ofSome(lines, ["Order_lines_id_avg", lines.reduce((total, { id }) => total + id, 0) / lines.length]),
          ["Order_lines_sku_countDistinct", new Set(lines.flatMap(({ sku }) => sku ?? [])).size],
          ["Order_lines_tags_countDistinct", new Set(lines.map(({ tags }) => tags.join())).size],
          ["Order_lines_qty_countDistinct", new Set(quantities).size],
          ...ofSome(lines, ["Order_lines_last", records.at(-1)]),
          ...ofSome(quantities, ["Order_lines_spread", Math.max(...quantities) - Math.min(...quantities)]),
          ["Order_lines", records.slice(0, 2)],
          ["Order_lines_truncated", lines.length > 2],
          ["Order_lines_count", lines.length],
          ["Order_lines_keys", lines.map(({ id }) => id)],
          ["Order_lines_qty_sum", sum],
          ...ofSome(
            quantities,
            ["Order_lines_qty_avg", sum / quantities.length],
            ["Order_lines_qty_min", Math.min(...quantities)],
            ["Order_lines_qty_max", Math.max(...quantities)]
          ),
          ...ofSome(lines, ["Order_lines_first", records[0]])
        ]
        for (const [name, value] of Object.entries({ ...paths.loaded, ...paths.all })) {
          for (const entity of Object.values(entities)) {
            const outcome = await value(entity, given)
            if (outcome !== undefined) assert.deepStrictEqual(outcome, { entries: expected }, name)
          }
        }
      }),
      { numRuns: 100 }
    )
  })

  it("gives through a loader what it gives of rows that are loaded", async () => {
    const ofOrder = (orderId: number, one: LineRow) => ({ ...one, orderId })
    const table = [
      ofOrder(7, line(1, { tags: ["a"] })),
      ofOrder(7, line(2, { qty: null })),
      ofOrder(8, line(3, { sku: "anvil" }))
    ]
    const loader = Loader.byForeignKey({
      load: (ids: ReadonlyArray<number>) => Effect.succeed(table.filter(({ orderId }) => ids.includes(orderId))),
      keyOf: ({ orderId }) => orderId
    })
    const Loaded = Order.pipe(
      Entity.many(
        "lines",
        Line,
        Loader.at(loader, ({ id }: { id: number }) => id),
        ...all
      )
    )
    const values = await Effect.runPromise(Entity.valuesAll(Loaded, [{ id: 7 }, { id: 8 }, { id: 9 }]))
    const expected = [7, 8, 9].map((id) =>
      Entity.valuesSync(Full, { id, lines: table.filter(({ orderId }) => orderId === id) })
    )
    assert.deepStrictEqual(values, expected)
  })

  it("is described by the entity's schema, with what can be absent as optional", () => {
    const is = Schema.is(Entity.schema(Full))
    const whole = Entity.valuesSync(Full, { id: 7, lines: [line(1)] })
    assert.isTrue(is(whole))
    assert.isTrue(is(Entity.valuesSync(Full, { id: 7, lines: [] })))
    const { Order_lines_sku_countDistinct, ...rest } = whole
    assert.isFalse(is(rest))
    assert.isFalse(is({ ...whole, Order_lines_spread: "1" }))
  })

  it("has an entry in the table and in the types, or it does not compile", () => {
    type Median = { readonly _tag: "Median" }
    // @ts-expect-error the table has no entry for a median
    const incomplete: Table<Aggregate.Aggregate | Median> = table
    const typed: Exclude<Aggregate.Aggregate["_tag"], keyof KeysOf<{ record: unknown }, never, string>> extends never
      ? true
      : false = true
    // @ts-expect-error nor do the types know its keys
    const untyped: keyof KeysOf<{ record: unknown }, never, string> = "Median"
    assert.isTrue(typed)
    assert.notProperty(incomplete, untyped)
    const exported = Object.keys(table).map((tag) => (tag === "Custom" ? "make" : tag[0]!.toLowerCase() + tag.slice(1)))
    assert.sameMembers(exported, Object.keys(Aggregate))
  })

  it("is personal if it gives values of a personal attribute, and not if it counts them or reads others", () => {
    const Buyer = Entity.make("Buyer", {
      key: "id",
      attributes: { id: Schema.Int, email: Pii.personal(Schema.String), age: Schema.Int }
    })
    const buyersOf = (order: { readonly buyers: ReadonlyArray<Entity.Row<typeof Buyer>> }) => order.buyers
    const event = TrackedEvent.make("seen", {
      entities: {
        order: Full.pipe(
          Entity.many(
            "buyers",
            Buyer,
            buyersOf,
            Aggregate.countDistinct("email"),
            Aggregate.avg("age"),
            Aggregate.last,
            Aggregate.count,
            Aggregate.make("oldest", {
              schema: Schema.optionalKey(Schema.Int),
              attributes: ["age"],
              aggregate: (buyers: ReadonlyArray<{ readonly age: number }>) =>
                buyers
                  .map(({ age }) => age)
                  .sort()
                  .at(-1)
            })
          ),
          Entity.many(
            "heirs",
            Line,
            linesOf,
            Aggregate.make("name", {
              schema: Pii.personal(Schema.String),
              attributes: ["id"],
              aggregate: (_: ReadonlyArray<{ readonly id: number }>) => "Peach"
            })
          )
        )
      }
    })
    assert.sameMembers([...TrackedEvent.personalKeys(event)], ["Order_buyers_last", "Order_heirs_name"])
    assert.deepStrictEqual(
      Lineage.of(event)
        .flatMap(({ keys }) => keys)
        .filter(({ kind }) => kind === "aggregate")
        .map(({ attribute }) => attribute),
      [
        "avg(id)",
        "countDistinct(sku)",
        "countDistinct(tags)",
        "countDistinct(qty)",
        "last",
        "spread(qty, id)",
        "countDistinct(email)",
        "avg(age)",
        "last",
        "count",
        "oldest(age)",
        "name(id)"
      ]
    )
  })

  it("is described in a plan with its type, and the attributes that it reads", () => {
    const event = TrackedEvent.make("seen", { entities: { order: Full } })
    const described = Plan.describe(Plan.make(event)).events[0]!.nodes.flatMap(({ keys }) => keys)
    assert.deepStrictEqual(
      described
        .filter(({ kind }) => kind === "aggregate")
        .map(({ attribute, optional, reads, type }) => [attribute, type._tag, optional, reads]),
      [
        ["avg(id)", "Number", true, ["id"]],
        ["countDistinct(sku)", "Integer", false, ["sku"]],
        ["countDistinct(tags)", "Integer", false, ["tags"]],
        ["countDistinct(qty)", "Integer", false, ["qty"]],
        ["last", "Record", true, undefined],
        ["spread(qty, id)", "Number", true, ["qty", "id"]]
      ]
    )
  })

  it("is of the rows without what the event omits", () => {
    const Nested = Line.pipe(Entity.one("item", Order, ({ id }: LineRow) => ({ id, lines: [] })))
    const Whole = Entity.make("Cart", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.many("lines", Nested, linesOf, Aggregate.last, Aggregate.countDistinct("sku"))
    )
    const Omitted = Whole.pipe(Entity.omit("lines.item"))
    const { Cart_lines_last } = Entity.valuesSync(Omitted, { id: 7, lines: [line(1)] })
    assert.notProperty(Cart_lines_last, "Order_id")
    assert.isTrue(Schema.is(Entity.schema(Omitted))({ Cart_id: 7, Cart_lines_sku_countDistinct: 0 }))
    assert.notInclude(JSON.stringify(Schema.toJsonSchemaDocument(Entity.schema(Omitted))), "Order_id")
  })
})

describe("an aggregate of one's own", () => {
  const ids = (lines: ReadonlyArray<{ readonly id: number }>) => lines.map(({ id }) => id)
  const own = (schema: Schema.Constraint, aggregate: (lines: ReadonlyArray<{ readonly id: number }>) => unknown) =>
    Order.pipe(
      Entity.many(
        "lines",
        Line,
        linesOf,
        Aggregate.count,
        Aggregate.make("own", {
          schema: schema as Schema.Int,
          attributes: ["id"],
          aggregate: aggregate as (lines: ReadonlyArray<{ readonly id: number }>) => number
        })
      )
    )

  it("reads the values of the attributes that it names, as JSON, and undefined where there is none", () => {
    const seen: Array<unknown> = []
    const Seeing = Order.pipe(
      Entity.many(
        "lines",
        Line,
        linesOf,
        Aggregate.make("seen", {
          schema: Schema.Boolean,
          attributes: ["at", "sku"],
          aggregate: (lines: ReadonlyArray<{ readonly at: string; readonly sku: string | undefined }>) => {
            seen.push(...lines)
            return true
          }
        })
      )
    )
    Entity.valuesSync(Seeing, { id: 7, lines: [line(1), line(2, { sku: undefined })] })
    assert.deepStrictEqual(seen, [
      { at: "1970-01-01T00:00:00.000Z", sku: "gquack" },
      { at: "1970-01-01T00:00:00.000Z", sku: undefined }
    ])
  })

  it("is typed by its schema, which encodes what it gives", () => {
    const Dated = Order.pipe(
      Entity.many(
        "lines",
        Line,
        linesOf,
        Aggregate.make("since", {
          schema: Schema.Date,
          attributes: ["id"],
          aggregate: (lines: ReadonlyArray<{ readonly id: number }>) => new Date(ids(lines)[0]!)
        }),
        Aggregate.make("label", {
          schema: z.string().transform((text) => text.toUpperCase()),
          attributes: ["id"],
          aggregate: (lines: ReadonlyArray<{ readonly id: number }>) =>
            ids(lines)
              .map((id) => `n${id}`)
              .join()
        }),
        Aggregate.make("note", {
          schema: z.string().optional(),
          attributes: ["id"],
          aggregate: (_: ReadonlyArray<{ readonly id: number }>) => undefined
        })
      )
    )
    const values: {
      readonly Order_id: number
      readonly Order_lines_since: string
      readonly Order_lines_label: string
      readonly Order_lines_note?: string
    } = Entity.valuesSync(Dated, { id: 7, lines: [line(1), line(2)] })
    assert.deepStrictEqual(values, {
      Order_id: 7,
      Order_lines_since: "1970-01-01T00:00:00.001Z",
      Order_lines_label: "N1,N2"
    })
  })

  it("fails by its path where it throws, gives what its schema refuses, or answers later", () => {
    const bad = (aggregate: () => unknown) =>
      invalidRow(() => Entity.valuesSync(own(Schema.Int, aggregate), { id: 7, lines: [] }))
    const thrown = bad(() => {
      throw new RangeError("no")
    })
    assert.deepStrictEqual(
      [thrown.path, thrown.expected, thrown.actual],
      ["Order.lines.own", "an integer", "a throw of RangeError"]
    )
    assert.include(thrown.remedy, "aggregate")
    assert.deepStrictEqual([bad(() => "1").path, bad(() => "1").actual], ["Order.lines.own", "a string of length 1"])
    assert.strictEqual(bad(() => undefined).actual, "undefined")
    assert.strictEqual(bad(() => Promise.reject(new Error("late"))).expected, "a value that is there at once")
  })

  it.effect("is left out, and told as a violation, where a tracker goes on without what is wrong", () =>
    Effect.gen(function* () {
      const throwing = own(Schema.Int, () => {
        throw new RangeError("no")
      })
      const refused = own(Schema.Int, () => "one")
      for (const entity of [throwing, refused]) {
        const { values, violations } = yield* paths.tolerant(entity, { id: 7, lines: [line(1)] })
        assert.deepStrictEqual(values, { Order_id: 7, Order_lines_count: 1 })
        assert.deepStrictEqual(violations, ["Order.lines.own"])
      }
      const kept = yield* paths.tolerant(refused, { id: 7, lines: [] }, true)
      assert.deepStrictEqual(kept.values, { Order_id: 7, Order_lines_count: 0, Order_lines_own: "one" })
    })
  )

  it("refuses rows that do not have what it reads, and a result that is not its schema's, when it is compiled", () => {
    const size = Aggregate.make("size", {
      schema: Schema.Int,
      attributes: ["size"],
      aggregate: (lines: ReadonlyArray<{ readonly size: number }>) => lines.length
    })
    // @ts-expect-error a line has no size
    const unsized = refusal(() => Order.pipe(Entity.many("lines", Line, linesOf, size)))
    assert.include(unsized.message, 'Line has no attribute "size"')
    Aggregate.make("text", {
      schema: Schema.Int,
      attributes: [],
      // @ts-expect-error a text is no integer
      aggregate: () => "text"
    })
    Aggregate.make("gone", {
      schema: Schema.Int,
      attributes: [],
      // @ts-expect-error only an optional schema takes nothing
      aggregate: () => undefined
    })
    Aggregate.make("other", {
      schema: Schema.Int,
      // @ts-expect-error the function reads no such attribute
      attributes: ["weight"],
      aggregate: (lines: ReadonlyArray<{ readonly id: number }>) => lines.length
    })
  })
})

describe("the definition of an aggregate", () => {
  const many = (...aggregates: ReadonlyArray<unknown>) =>
    refusal(() => Order.pipe(Entity.many("lines", Line, linesOf, ...(aggregates as [typeof Aggregate.count]))))
  const own = (name: string, rest: object = {}) =>
    Aggregate.make(name, { schema: Schema.Int, attributes: ["id"] as never, aggregate: () => 1, ...rest })

  it("is refused for an attribute that the rows do not have, or that is no number", () => {
    const unknown = many(Aggregate.countDistinct("price"))
    assert.deepStrictEqual([unknown.reason, unknown.paths], ["BadAggregate", ["Order.lines", "Line.price"]])
    assert.strictEqual(many(Aggregate.avg("sku")).message, 'Order: avg("sku") of Order.lines: Line.sku is not a number')
    assert.strictEqual(
      many(own("x", { attributes: ["id", "price"] })).message,
      'Order: the aggregate "x" of Order.lines: Line has no attribute "price"'
    )
  })

  it("is refused for a name that vendors refuse, without a function, without attributes, and without JSON", () => {
    assert.deepStrictEqual([many(own("the mean")).reason, many(own("the mean")).paths], ["BadName", ["Order.lines"]])
    assert.include(many(own("x", { aggregate: undefined })).message, "needs a function of the rows' values")
    assert.include(many(own("x", { attributes: [] })).message, "needs the names of the attributes that it reads")
    assert.include(many(own("x", { attributes: undefined })).message, "needs the names of the attributes")
    assert.strictEqual(many(own("x", { schema: Schema.Unknown })).reason, "NotJson")
    assert.strictEqual(many(own("x", { schema: undefined })).reason, "NotJson")
  })

  it("is refused twice in one relation", () => {
    const twice = many(Aggregate.sum("qty"), Aggregate.sum("qty"))
    assert.deepStrictEqual([twice.reason, twice.paths], ["DuplicateKey", ["Order.lines"]])
    assert.strictEqual(
      twice.message,
      "Order: more than one aggregate writes Order_lines_qty_sum (Order.lines): leave one out, or give one of your own another name"
    )
    assert.strictEqual(many(own("x"), own("x")).reason, "DuplicateKey")
    assert.strictEqual(many(own("count"), Aggregate.count).reason, "DuplicateKey")
  })
})
