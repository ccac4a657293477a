import { toStandardJsonSchema } from "@valibot/to-json-schema"
import { assert, describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { type } from "arktype"
import * as v from "valibot"
import { z } from "zod"
import { describes, describesRecord } from "../test/describes.ts"
import { Aggregate, type Attribute, Description, Entity, Loader, Pii, Plan, TrackedEvent } from "./index.ts"

/** The description of an attribute. Asserts that it allows the given values. */
const described = (schema: Attribute.Any, ...values: ReadonlyArray<unknown>) => {
  const Thing = Entity.make("Thing", { key: "id", attributes: { id: Schema.Int, it: schema as Schema.Int } })
  const { nodes } = TrackedEvent.describe(TrackedEvent.make("seen", { entities: { thing: Thing } }))
  const key = nodes[1]!.keys[1]!
  for (const it of values) {
    const { Thing_it: value } = Entity.valuesSync(Thing, { id: 1, it } as never) as { readonly Thing_it?: unknown }
    assert.isTrue(value === undefined ? key.optional : describes(key.type, value), JSON.stringify([key.type, value]))
  }
  return key.optional ? { optional: key.type } : key.type
}

interface Category {
  readonly name: string
  readonly within: ReadonlyArray<Category>
}

describe("the type of an attribute", () => {
  it("is that of its JSON, with the format of what Effect encodes", () => {
    const text = (format: string) => ({ _tag: "String", format }) as const
    assert.deepStrictEqual(described(Schema.Date, new Date(0)), text("date-time"))
    assert.deepStrictEqual(described(Schema.DateFromString, new Date(0)), text("date-time"))
    assert.deepStrictEqual(described(Schema.DateTimeUtc, DateTime.makeUnsafe(0)), text("date-time"))
    assert.deepStrictEqual(described(Schema.BigDecimal, BigDecimal.fromStringUnsafe("1.50")), text("decimal"))
    assert.deepStrictEqual(described(Schema.URL, new URL("https://a.test/")), text("uri"))
    assert.deepStrictEqual(described(Schema.Uint8Array, new Uint8Array([1])), text("byte"))
    assert.deepStrictEqual(described(Schema.String.check(Schema.isUUID())), text("uuid"))
    assert.deepStrictEqual(described(Schema.String.check(Schema.isULID())), text("ulid"))
    assert.deepStrictEqual(described(Schema.String.annotate({ format: "email" }), "a@b.test"), text("email"))
    assert.deepInclude(described(Schema.BigInt, 12n), text("integer"))
    assert.deepStrictEqual(described(Schema.DateFromMillis, new Date(1)), { _tag: "Integer" })
  })

  it("has no format where a transformation of one's own writes the text", () => {
    const Day = Schema.String.pipe(
      Schema.decodeTo(
        Schema.Date,
        SchemaTransformation.transform({
          decode: (day: string) => new Date(day),
          encode: (date: Date) => date.toISOString().slice(0, 10)
        })
      )
    )
    assert.deepStrictEqual(described(Day, new Date(0)), { _tag: "String" })
  })

  it("has the bounds of its checks, the tightest of several", () => {
    const Count = Schema.Int.check(
      Schema.isBetween({ minimum: 0, maximum: 10, exclusiveMaximum: true }),
      Schema.isGreaterThanOrEqualTo(2)
    )
    assert.deepStrictEqual(described(Count, 2, 9), { _tag: "Integer", minimum: 2, exclusiveMaximum: 10 })
    assert.deepStrictEqual(described(Schema.Finite.check(Schema.isMultipleOf(0.5)), 1.5), {
      _tag: "Number",
      multipleOf: 0.5
    })
    const Code = Schema.String.check(Schema.isMinLength(2), Schema.isBetweenLength(1, 5), Schema.isPattern(/^a/i))
    assert.deepStrictEqual(described(Code, "ab", "ABCDE"), {
      _tag: "String",
      minLength: 2,
      maxLength: 5,
      patterns: ["^a"]
    })
    assert.deepStrictEqual(described(Schema.Array(Schema.Int).check(Schema.isMaxLength(3)), [1]), {
      _tag: "Array",
      items: { _tag: "Integer" },
      maxItems: 3
    })
    assert.deepStrictEqual(described(Schema.String.check(Schema.isBase64()), "YQ=="), {
      _tag: "String",
      format: "byte"
    })
    const Short = Schema.String.check(Schema.isMaxCodePoints(3), Schema.isBetweenCodePoints(1, 9))
    assert.deepStrictEqual(described(Short, "a😀"), { _tag: "String", minLength: 1, maxLength: 3 })
    const odd = Schema.makeFilter((n: number) => n % 2 === 1)
    assert.deepStrictEqual(described(Schema.Finite.check(odd), 3), { _tag: "Number" })
    const Route = Schema.TemplateLiteral(["/orders/", Schema.Int])
    assert.deepInclude(described(Route, "/orders/7"), { _tag: "String" })
    const Rest = Schema.TupleWithRest(Schema.Tuple([Schema.String]), [Schema.Int])
    assert.deepStrictEqual(described(Rest, ["a", 1, 2]), {
      _tag: "Tuple",
      items: [{ type: { _tag: "String" }, optional: false }],
      rest: { _tag: "Integer" }
    })
    const even = Schema.makeFilter((n: number) => n % 2 === 0, { toJsonSchema: () => ({ multipleOf: 2 }) })
    assert.deepStrictEqual(described(Schema.Finite.check(even), 4), { _tag: "Number", multipleOf: 2 })
  })

  it("says null of the type, absence of the key, and puts the constants of a union together", () => {
    assert.deepStrictEqual(described(Schema.NullOr(Schema.String), null, "a"), { _tag: "String", nullable: true })
    assert.deepStrictEqual(described(Schema.optional(Schema.Date), undefined, new Date(0)), {
      optional: { _tag: "String", format: "date-time" }
    })
    assert.deepStrictEqual(described(Schema.Option(Schema.NullOr(Schema.Number)), Option.none(), Option.some(1)), {
      optional: { _tag: "Number", nullable: true }
    })
    const Size = Schema.Union([Schema.Literals(["S", "M"]), Schema.Literal(42), Schema.Null, Schema.Boolean])
    assert.deepStrictEqual(described(Size, "S", 42, null, true), {
      _tag: "Union",
      types: [{ _tag: "Literals", values: ["S", "M", 42] }, { _tag: "Boolean" }],
      nullable: true
    })
    const Level = { low: 1, high: "high" } as const
    assert.deepStrictEqual(described(Schema.Enum(Level), 1, "high"), { _tag: "Literals", values: [1, "high"] })
    assert.deepStrictEqual(described(Schema.Struct({}), {}), { _tag: "Json" })
    assert.deepStrictEqual(described(Schema.Null, null), { _tag: "Null" })
    assert.deepStrictEqual(described(Schema.Json, null, [1]), { _tag: "Json" })
  })

  it("goes into objects, records and tuples, and tells what of them is personal", () => {
    const Address = Schema.Struct({
      street: Pii.personal(Schema.String),
      since: Schema.optionalKey(Schema.Date),
      at: Schema.Tuple([Schema.Finite, Schema.Finite]),
      more: Schema.Record(Schema.String, Schema.Int)
    })
    const row = { street: "a", at: [1, 2], more: { floor: 3 } }
    assert.deepStrictEqual(described(Address, row, { ...row, since: new Date(0) }), {
      _tag: "Object",
      properties: [
        { name: "street", type: { _tag: "String" }, optional: false, personal: true },
        { name: "since", type: { _tag: "String", format: "date-time" }, optional: true, personal: false },
        {
          name: "at",
          type: {
            _tag: "Tuple",
            items: [
              { type: { _tag: "Number" }, optional: false },
              { type: { _tag: "Number" }, optional: false }
            ]
          },
          optional: false,
          personal: false
        },
        {
          name: "more",
          type: { _tag: "Object", properties: [], rest: { _tag: "Integer" } },
          optional: false,
          personal: false
        }
      ]
    })
  })

  it("ends where a schema is within itself", () => {
    const Category = Schema.Struct({
      name: Schema.String,
      within: Schema.Array(Schema.suspend((): Schema.Codec<Category> => Category))
    })
    const row = { name: "a", within: [{ name: "b", within: [] }] }
    assert.deepStrictEqual(described(Category, row), {
      _tag: "Object",
      properties: [
        { name: "name", type: { _tag: "String" }, optional: false, personal: false },
        {
          name: "within",
          type: { _tag: "Array", items: { _tag: "Recursive" } },
          optional: false,
          personal: false
        }
      ]
    })
  })

  it("of a Standard Schema is what its library's JSON Schema says, and any JSON where there is none", () => {
    const Cart = z.object({
      id: z.uuid(),
      qty: z.int().min(1),
      note: z.string().max(9).nullable().optional(),
      size: z.enum(["S", "M"]),
      tags: z.array(z.union([z.string(), z.number()])).max(2),
      pair: z.tuple([z.string()], z.number())
    })
    const cart = { id: crypto.randomUUID(), qty: 1, note: null, size: "S", tags: ["a", 1], pair: ["a", 1] }
    const property = (name: string, type: object, optional = false) => ({ name, type, optional, personal: false })
    const { properties, ...object } = described(Cart, cart) as Extract<Description.JsonType, { _tag: "Object" }>
    assert.deepStrictEqual(object, { _tag: "Object" })
    assert.deepInclude(properties[0]!.type, { _tag: "String", format: "uuid" })
    assert.deepStrictEqual(properties.slice(1), [
      property("qty", { _tag: "Integer", minimum: 1 }),
      property("note", { _tag: "String", maxLength: 9, nullable: true }, true),
      property("size", { _tag: "Literals", values: ["S", "M"] }),
      property("tags", {
        _tag: "Array",
        items: { _tag: "Union", types: [{ _tag: "String" }, { _tag: "Number" }] },
        maxItems: 2
      }),
      property("pair", {
        _tag: "Tuple",
        items: [{ type: { _tag: "String" }, optional: false }],
        rest: { _tag: "Number" }
      })
    ] as never)
    assert.deepStrictEqual(described(toStandardJsonSchema(v.pipe(v.string(), v.minLength(3))), "abc"), {
      _tag: "String",
      minLength: 3
    })
    assert.deepStrictEqual(described(type("string | number[]"), "a", [1]), {
      _tag: "Union",
      types: [{ _tag: "String" }, { _tag: "Array", items: { _tag: "Number" } }]
    })
    const both = z.intersection(z.object({ a: z.string() }), z.object({ b: z.int().optional() }))
    assert.deepInclude(described(both, { a: "a" }, { a: "a", b: 1 }), { _tag: "Object" })
    assert.deepStrictEqual(described(v.string(), "a"), { optional: { _tag: "Json" } })
    assert.deepStrictEqual(described(Pii.personal(z.email()), "a@b.test"), described(z.email()))
    assert.deepStrictEqual(described(Schema.Struct({ tags: Pii.personal(z.array(z.int())) }), { tags: [1] }), {
      _tag: "Object",
      properties: [
        { name: "tags", type: { _tag: "Array", items: { _tag: "Integer" } }, optional: false, personal: true }
      ]
    })
  })
})

const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, email: Pii.personal(Schema.String) } })
const Product = Entity.make("Product", { key: "sku", attributes: { sku: Schema.String } })
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } }).pipe(
  Entity.computed("double", Schema.Int, (line: { readonly qty: number }) => line.qty * 2),
  Entity.one(
    "product",
    Product,
    Loader.at(
      Loader.byKey({
        name: "products",
        load: (skus: ReadonlyArray<string>) => Promise.resolve(skus.map((sku) => ({ sku }))),
        keyOf: ({ sku }) => sku
      }),
      (line: { readonly sku: string }) => line.sku
    ),
    { prefix: "Item" }
  ),
  Entity.one("buyer", Buyer, (line: { readonly buyer?: Entity.Row<typeof Buyer> }) => line.buyer, { optional: true })
)
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.many(
    "lines",
    Line.pipe(Entity.omit("product")),
    (order: { readonly lines: ReadonlyArray<any> }) => order.lines,
    Aggregate.list({ max: 2 }),
    Aggregate.count,
    Aggregate.keys,
    Aggregate.max("qty"),
    Aggregate.first
  )
)
const OrderPlaced = TrackedEvent.make("orderPlaced", {
  entities: { order: Order },
  properties: { channel: Schema.optionalKey(Schema.Literals(["web", "app"])) },
  purposes: ["analytics"],
  validation: "deadLetter"
})
const LineAdded = TrackedEvent.make("lineAdded", { entities: { line: Entity.changed(Line) } })

describe("the description of an event", () => {
  it("tells its purposes and modes, and of each node where its row comes from", () => {
    assert.deepInclude(TrackedEvent.describe(OrderPlaced), {
      name: "orderPlaced",
      purposes: ["analytics"],
      validation: "deadLetter"
    })
    assert.deepStrictEqual(
      TrackedEvent.describe(LineAdded).nodes.map(({ keys, ...node }) => node),
      [
        { path: "lineAdded.properties", entity: "lineAdded", to: "one", resolver: { _tag: "Row" } },
        { path: "Line", entity: "Line", to: "one", prefix: "Line", resolver: { _tag: "Row" } },
        {
          path: "Line.product",
          entity: "Product",
          parent: "Line",
          relation: "product",
          to: "one",
          prefix: "Item",
          resolver: { _tag: "Loader", loader: "products" }
        },
        {
          path: "Line.buyer",
          entity: "Buyer",
          parent: "Line",
          relation: "buyer",
          to: "one",
          prefix: "Buyer",
          resolver: { _tag: "Function" }
        }
      ]
    )
  })

  it("tells of an aggregate what it is, what it reads, and the keys of the records inside it", () => {
    const [, , lines] = TrackedEvent.describe(OrderPlaced).nodes
    assert.deepStrictEqual(
      lines!.keys.map(({ attribute, key, optional, personal, reads, type }) => [
        key,
        attribute,
        reads,
        type._tag,
        optional,
        personal
      ]),
      [
        ["Order_lines", "list", undefined, "Array", false, true],
        ["Order_lines_truncated", "truncated", undefined, "Boolean", false, false],
        ["Order_lines_count", "count", undefined, "Integer", false, false],
        ["Order_lines_keys", "keys", ["id"], "Array", false, false],
        ["Order_lines_qty_max", "max(qty)", ["qty"], "Number", true, false],
        ["Order_lines_first", "first", undefined, "Record", true, true]
      ]
    )
    const list = lines!.keys[0]!.type as Extract<Description.JsonType, { readonly _tag: "Array" }>
    assert.strictEqual(list.maxItems, 2)
    const record = list.items as Extract<Description.JsonType, { readonly _tag: "Record" }>
    assert.deepStrictEqual(
      record.nodes.flatMap(({ keys }) => keys.map(({ key, kind, optional, path }) => [key, path, kind, optional])),
      [
        ["Line_id", "Order.lines[].id", "attribute", false],
        ["Line_qty", "Order.lines[].qty", "attribute", false],
        ["Line_double", "Order.lines[].double", "computed", false],
        ["Buyer_id", "Order.lines[].buyer.id", "attribute", true],
        ["Buyer_email", "Order.lines[].buyer.email", "attribute", true]
      ]
    )
  })

  it("is true of its messages, which have every key that it says is there", () => {
    const { nodes } = TrackedEvent.describe(OrderPlaced)
    const lines = [1, 2, 3].map((id) => ({ id, qty: id, buyer: id === 2 ? undefined : { id, email: "a@b.test" } }))
    for (const given of [[], lines]) {
      const values = { channel: "web", ...Entity.valuesSync(Order, { id: 1, lines: given }) }
      assert.isTrue(describesRecord(nodes, values))
      const { Order_lines_count: _, ...incomplete } = values
      assert.isFalse(describesRecord(nodes, incomplete))
      assert.isFalse(describesRecord(nodes, { ...values, Order_id: "1" }))
      assert.isFalse(describesRecord(nodes, { ...values, more: 1 }))
    }
  })
})

describe("the description of a plan", () => {
  const plan = Plan.make(OrderPlaced, LineAdded)

  it("has the events in the plan's order, with the keys that each has", () => {
    const { events, format } = Plan.describe(plan)
    assert.strictEqual(format, 1)
    for (const event of [OrderPlaced, LineAdded]) {
      const { nodes } = events.find(({ name }) => name === event.name)!
      const keys = nodes.flatMap((node) => node.keys)
      assert.deepStrictEqual(
        keys.map(({ key }) => key),
        [...TrackedEvent.keys(event)]
      )
      assert.deepStrictEqual(
        keys.filter(({ personal }) => personal).map(({ key }) => key),
        [...TrackedEvent.personalKeys(event)]
      )
    }
  })

  it("has each entity once, by name, with all that any event reaches of it", () => {
    assert.deepStrictEqual(
      Plan.describe(plan).entities.map(({ attributes, key, name, relations }) => [
        name,
        key,
        attributes.map((one) => one.name),
        relations.map((one) => `${one.name} to ${one.to} ${one.entity}`)
      ]),
      [
        ["Buyer", "id", ["id", "email"], []],
        ["Line", "id", ["id", "qty", "double"], ["buyer to one Buyer", "product to one Product"]],
        ["Order", "id", ["id"], ["lines to many Line"]],
        ["Product", "sku", ["sku"], []]
      ]
    )
  })

  it("is JSON, decoded again by its schema, and made once", () => {
    const description = Plan.describe(plan)
    assert.strictEqual(Plan.describe(plan), description)
    assert.deepStrictEqual(
      Schema.decodeUnknownSync(Description.Plan)(JSON.parse(JSON.stringify(description))),
      description
    )
    assert.throws(() => Schema.decodeUnknownSync(Description.Plan)({ ...description, format: 2 }))
  })
})
