import { createHmac } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { toStandardJsonSchema } from "@valibot/to-json-schema"
import { type } from "arktype"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as v from "valibot"
import { expectTypeOf } from "vitest"
import { z } from "zod"
import { refusal } from "../test/refusal.ts"
import { runs } from "../test/runs.ts"
import {
  Aggregate,
  type Attribute,
  Entity,
  EventSink,
  type Message,
  Pii,
  Plan,
  Receipt,
  RowError,
  TrackedEvent,
  Tracker
} from "./index.ts"

const isoOf = (at: Date): string => at.toISOString()

/** An entity with one attribute besides its key. */
const withAttribute = (schema: Attribute.Any): Entity.Any =>
  Entity.make("Item", { key: "id", attributes: { id: Schema.Int, value: schema as Schema.String } })

/** The value of a record, or the refusal of the row. */
const valued = (schema: Attribute.Any, row: object): Result.Result<object, RowError.InvalidRow> =>
  Result.try({
    try: () => Entity.valuesSync(withAttribute(schema), { id: 1, ...row } as never) as object,
    catch: (error) => error as RowError.InvalidRow
  })
const refused = (schema: Attribute.Any, row: object): RowError.InvalidRow => {
  const result = valued(schema, row)
  assert.isTrue(Result.isFailure(result))
  const error = Result.isFailure(result) ? result.failure : undefined
  assert.instanceOf(error, RowError.InvalidRow)
  return error!
}
const valueOf = (schema: Attribute.Any, value: unknown): unknown =>
  (Result.getOrThrow(valued(schema, { value })) as { readonly Item_value?: unknown }).Item_value

describe("schemas of zod, valibot, arktype and Effect in one entity", () => {
  const Order = Entity.make("Order", {
    key: "id",
    attributes: {
      id: z.int(),
      name: v.string(),
      total: type("number"),
      placedAt: Schema.Date,
      shippedAt: z.date().transform(isoOf),
      pages: v.pipe(v.string(), v.transform(Number)),
      note: z.string().optional(),
      channel: z.string().default("web"),
      address: type({ street: "string", "floor?": "number | undefined" }),
      tree: z.json()
    }
  })
  const row = {
    id: 357,
    name: "Office",
    total: 7.5,
    placedAt: new Date(0),
    shippedAt: new Date(1),
    pages: "12",
    address: { street: "Main", floor: undefined },
    tree: { leaves: [1, null, "a"] }
  }
  const values = {
    Order_id: 357,
    Order_name: "Office",
    Order_total: 7.5,
    Order_placedAt: "1970-01-01T00:00:00.000Z",
    Order_shippedAt: "1970-01-01T00:00:00.001Z",
    Order_pages: 12,
    Order_channel: "web",
    Order_address: { street: "Main" },
    Order_tree: { leaves: [1, null, "a"] }
  }

  it("take their inputs from the row, and give their outputs as JSON, in the order of definition", () => {
    assert.deepStrictEqual<object>(Entity.valuesSync(Order, row), values)
    assert.deepStrictEqual(Object.keys(Entity.valuesSync(Order, row)), Object.keys(values))
    assert.deepStrictEqual<object>(Entity.valuesSync(Entity.unchecked(Order), row), values)
    assert.strictEqual(Entity.valuesSync(Order, { ...row, note: "ring" }).Order_note, "ring")
  })

  it("are typed as inputs in the row, and as outputs in the record", () => {
    type Row = Entity.Row<typeof Order>
    expectTypeOf<Row["shippedAt"]>().toEqualTypeOf<Date>()
    expectTypeOf<Row["pages"]>().toEqualTypeOf<string>()
    expectTypeOf<Pick<Row, "note">>().toEqualTypeOf<{ readonly note?: string | undefined }>()
    expectTypeOf<Pick<Row, "channel">>().toEqualTypeOf<{ readonly channel?: string | undefined }>()
    type Values = Entity.Values<typeof Order>
    expectTypeOf<Omit<Values, "Order_tree">>().toEqualTypeOf<{
      readonly Order_id: number
      readonly Order_name: string
      readonly Order_total: number
      readonly Order_placedAt: string
      readonly Order_shippedAt: string
      readonly Order_pages: number
      readonly Order_note?: string
      readonly Order_channel: string
      readonly Order_address: { street: string; floor?: number }
    }>()
    expectTypeOf<Values["Order_tree"]>().toExtend<Schema.Json>()
    expectTypeOf<typeof Order.attributes.placedAt>().toEqualTypeOf<typeof Schema.Date>()
  })

  it("leave the types of a record of Effect schemas as they are", () => {
    const attributes = { id: Schema.Int, name: Schema.optionalKey(Schema.String) }
    expectTypeOf<Attribute.AllOf<typeof attributes>>().toEqualTypeOf<typeof attributes>()
  })

  it("copy what they put out: it does not change with the row", () => {
    const address = { street: "Main" }
    const given = Entity.valuesSync(Order, { ...row, address })
    address.street = "Side"
    assert.deepStrictEqual(given.Order_address, { street: "Main" })
  })

  it("are computed, come beside the row, and are compared before and after", () => {
    const Line = Entity.make("Line", {
      key: "id",
      attributes: { id: z.int(), qty: v.number(), at: z.date().transform(isoOf) }
    })
    const Heavy = Line.pipe(
      Entity.computed("weight", type("number"), (line: { readonly qty: number }) => line.qty * 2),
      Entity.computed("doubled", z.string().transform(Number), (line: { readonly qty: number }) =>
        Effect.succeed(String(line.qty))
      ),
      Entity.extras({ coupon: z.string(), source: Schema.String, note: v.optional(v.string()) })
    )
    expectTypeOf<Entity.Row<typeof Heavy>["extras"]>().toEqualTypeOf<{
      readonly coupon: string
      readonly source: string
      readonly note?: string | undefined
    }>()
    const given = { id: 1, qty: 3, at: new Date(0) }
    assert.deepStrictEqual(
      Effect.runSync(Entity.values(Heavy, { row: given, extras: { coupon: "TAPE10", source: "app" } })),
      {
        Line_id: 1,
        Line_qty: 3,
        Line_at: "1970-01-01T00:00:00.000Z",
        Line_weight: 6,
        Line_doubled: 3,
        Line_coupon: "TAPE10",
        Line_source: "app"
      }
    )
    assert.deepStrictEqual(
      Entity.valuesSync(Entity.changed(Line), { before: { ...given, at: new Date(0) }, after: { ...given, qty: 4 } }),
      {
        Line_id: 1,
        Line_qty: 4,
        Line_at: "1970-01-01T00:00:00.000Z",
        Line_state: "updated",
        Line_changed: ["qty"],
        Line_qty_before: 3
      }
    )
    // @ts-expect-error what is computed is not what the schema takes
    Entity.computed(Line, "wrong", z.string(), () => 1)
  })

  it("are summed up where they are numbers", () => {
    const Line = Entity.make("Line", {
      key: "id",
      attributes: {
        id: z.int(),
        qty: v.number(),
        price: type("number | null"),
        size: z.literal([1, 2]),
        name: z.string(),
        kind: z.literal(["a", 1])
      }
    })
    type Rows = ReadonlyArray<Entity.Row<typeof Line>>
    const linesOf = (order: { readonly lines: Rows }) => order.lines
    const Whole = Entity.make("Whole", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.many(
        "lines",
        Line,
        linesOf,
        Aggregate.sum("id"),
        Aggregate.sum("qty"),
        Aggregate.max("size"),
        Aggregate.keys
      )
    )
    const lineOf = (id: number) => ({ id, qty: 0.5, price: null, size: 2, name: "", kind: 1 }) as const
    assert.deepStrictEqual(Entity.valuesSync(Whole, { id: 1, lines: [lineOf(1), lineOf(2)] }), {
      Whole_id: 1,
      Whole_lines_id_sum: 3,
      Whole_lines_qty_sum: 1,
      Whole_lines_size_max: 2,
      Whole_lines_keys: [1, 2]
    })
    for (const name of ["name", "kind"] as const) {
      assert.strictEqual(
        // @ts-expect-error it is no number
        refusal(() => Entity.many(Whole, "others", Line, linesOf, Aggregate.sum(name))).reason,
        "BadAggregate"
      )
    }
  })
})

describe("an attribute whose library does not describe it", () => {
  it("is refused in a row where it is summed up and is no number after all", () => {
    const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, qty: v.string() } })
    const linesOf = (order: { readonly lines: ReadonlyArray<Entity.Row<typeof Line>> }) => order.lines
    for (const aggregate of [Aggregate.sum("qty"), Aggregate.min("qty")]) {
      const Whole = Entity.make("Whole", { key: "id", attributes: { id: Schema.Int } }).pipe(
        Entity.many("lines", Line, linesOf, aggregate as Aggregate.Aggregate<never>)
      )
      const error = Result.getOrThrow(
        Result.flip(
          Result.try({
            try: () => Entity.valuesSync(Whole, { id: 1, lines: [{ id: 1, qty: "a" }] }),
            catch: (error) => error as RowError.InvalidRow
          })
        )
      )
      assert.match(error.path, /qty/)
      assert.match(error.expected, /number/)
    }
  })
})

describe("an attribute of a Standard Schema", () => {
  /** Schemas of other libraries, each with the Effect schema that takes the same. */
  const pairs: ReadonlyArray<readonly [Attribute.Any, Attribute.Any, Attribute.Any, Schema.Constraint]> = [
    [z.string(), v.string(), type("string"), Schema.String],
    [z.number(), v.number(), type("number"), Schema.Finite],
    [z.int(), v.pipe(v.number(), v.safeInteger()), type("number.safe % 1"), Schema.Int],
    [z.boolean(), v.boolean(), type("boolean"), Schema.Boolean],
    [z.string().nullable(), v.nullable(v.string()), type("string | null"), Schema.NullOr(Schema.String)],
    [z.string().optional(), v.optional(v.string()), type("string | undefined"), Schema.UndefinedOr(Schema.String)],
    [z.enum(["S", "M"]), v.picklist(["S", "M"]), type("'S' | 'M'"), Schema.Literals(["S", "M"])],
    [
      z.string().max(3),
      v.pipe(v.string(), v.maxLength(3)),
      type("string <= 3"),
      Schema.String.check(Schema.isMaxLength(3))
    ],
    [
      z.date().transform(isoOf),
      v.pipe(v.date(), v.transform(isoOf)),
      type("Date").pipe((at) => at.toISOString()),
      Schema.Date
    ],
    [z.array(z.boolean()), v.array(v.boolean()), type("boolean[]"), Schema.Array(Schema.Boolean)]
  ]
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom("S", "M", "", -0, NaN, Infinity, null, undefined, 2 ** 53, 5n),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.date({ noInvalidDate: true }),
    fc.array(fc.boolean()),
    fc.anything()
  )

  it("takes the values that the equal Effect schema takes, gives the same record, and refuses the others in the same place", () => {
    fc.assert(
      fc.property(fc.constantFrom(...pairs), fc.option(value, { nil: absentKey }), (schemas, given) => {
        const row = given === absentKey ? {} : { value: given }
        const [expected, ...others] = schemas.toReversed().map((schema) => valued(schema, row))
        for (const result of others) {
          assert.strictEqual(Result.isSuccess(result), Result.isSuccess(expected!))
          if (Result.isSuccess(result)) assert.deepStrictEqual(result.success, Result.getOrThrow(expected!))
          else {
            assert.instanceOf(result.failure, RowError.InvalidRow)
            const { actual, path } = Result.getOrThrow(Result.flip(expected!))
            assert.strictEqual(result.failure.path, path)
            // Whether a value is not taken, or is taken and is no JSON, either describes it.
            assert.strictEqual(result.failure.actual, actual)
          }
        }
      }),
      { numRuns: runs(600) }
    )
  })

  it("puts out nothing but JSON, whatever its schema puts out", () => {
    const anything = type("unknown") as Attribute.Any
    fc.assert(
      fc.property(fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true }), (given) => {
        const result = valued(anything, { value: given })
        if (Result.isFailure(result)) return assert.instanceOf(result.failure, RowError.InvalidRow)
        assert.strictEqual(JSON.stringify(JSON.parse(JSON.stringify(result.success))), JSON.stringify(result.success))
        assert.isTrue(Schema.is(Schema.Json)(result.success))
      }),
      { numRuns: runs(400) }
    )
  })

  it("that puts out a date, a bigint, a map, NaN or a hole in an array is refused with its kind and place", () => {
    const anything = type("unknown") as Attribute.Any
    const outputs = [new Date(0), 1n, new Map(), NaN, [undefined], { a: { b: Symbol("s") } }, () => 1, new URL("a:b")]
    for (const output of outputs) {
      const error = refused(anything, { value: output })
      assert.deepInclude(error, { path: "Item.value", expected: "JSON as the output of its arktype schema" })
    }
    assert.strictEqual(refused(anything, { value: [1n] }).actual, "a bigint")
    const ring: { self?: unknown } = {}
    ring.self = ring
    assert.strictEqual(refused(anything, { value: ring }).actual, "a throw of RangeError")
  })

  it("keeps what a key is called like a prototype, what a class instance holds, and no key that is undefined", () => {
    const anything = type("unknown") as Attribute.Any
    class Point {
      readonly x = 1
    }
    assert.deepStrictEqual(valueOf(anything, new Point()), { x: 1 })
    assert.deepStrictEqual(valueOf(anything, { toJSON: "a" }), { toJSON: "a" })
    assert.strictEqual(JSON.stringify(valueOf(anything, JSON.parse('{"__proto__":{"a":1}}'))), '{"__proto__":{"a":1}}')
    assert.deepStrictEqual(Object.keys(valueOf(anything, { a: undefined, b: 1 }) as object), ["b"])
  })

  it("has no key where it puts out undefined, and can then be missing in the row", () => {
    for (const schema of [z.string().optional(), v.optional(v.string()), type("string | undefined"), z.undefined()]) {
      assert.deepStrictEqual(Result.getOrThrow(valued(schema, {})), { Item_id: 1 })
      assert.deepStrictEqual(Result.getOrThrow(valued(schema, { value: undefined })), { Item_id: 1 })
    }
    const unless = z.string().transform((text) => (text === "" ? undefined : text))
    assert.deepStrictEqual(Result.getOrThrow(valued(unless, { value: "" })), { Item_id: 1 })
    assert.deepStrictEqual(Result.getOrThrow(valued(unless, { value: "a" })), { Item_id: 1, Item_value: "a" })
    const rows = [
      { id: 1, value: "" },
      { id: 2, value: "a" }
    ]
    assert.deepStrictEqual<unknown>(
      Effect.runSync(Entity.valuesAll(withAttribute(unless), rows as never) as Effect.Effect<unknown>),
      [{ Item_id: 1 }, { Item_id: 2, Item_value: "a" }]
    )
    expectTypeOf<Attribute.FromStandard<typeof unless>["~encoded.optionality"]>().toEqualTypeOf<"optional">()
    expectTypeOf<Attribute.FromStandard<typeof unless>["~type.optionality"]>().toEqualTypeOf<"required">()
  })

  it("says what its schema takes, in the words of its JSON Schema, and never the value or what a library says of it", () => {
    const secret = "s3cret"
    const cases: ReadonlyArray<readonly [Attribute.Any, unknown, string]> = [
      [z.int(), secret, "an integer that its zod schema accepts"],
      [z.email(), secret, "a string that its zod schema accepts"],
      [z.enum(["S", "M"]), secret, '"S" or "M" that its zod schema accepts'],
      [z.literal("S"), secret, '"S" that its zod schema accepts'],
      [z.union([z.int(), z.null()]), secret, "an integer or null that its zod schema accepts"],
      [z.string().refine(() => false, `not ${secret}`), secret, "a string that its zod schema accepts"],
      [z.strictObject({}), { [secret]: 1 }, "an object that its zod schema accepts"],
      [z.date().transform(isoOf), secret, "what its zod schema accepts"],
      [v.number(), secret, "what its valibot schema accepts"],
      [toStandardJsonSchema(v.number()), secret, "a number that its valibot schema accepts"],
      [v.pipe(v.string(), v.email()), secret, "what its valibot schema accepts"],
      [type("string.email"), secret, "a string that its arktype schema accepts"],
      [type("Date | string"), { secret }, "what its arktype schema accepts"]
    ]
    for (const [schema, given, expected] of cases) {
      const error = refused(schema, { value: given })
      assert.strictEqual(error.expected, expected)
      assert.notInclude(JSON.stringify(error) + error.message + String(error.cause), secret)
    }
  })

  it("is to be loaded where it is missing", () => {
    assert.match(refused(z.string(), {}).message, /expected a string .*, got undefined\. Load value with the row/)
  })
})

const absentKey = Symbol("absentKey")

describe("a Standard Schema that cannot be an attribute", () => {
  it("can be one where its transform throws for what no row has: zod then answers with a promise", () => {
    class ObjectId {
      readonly toHexString = () => "65f1"
    }
    const schema = z.custom<ObjectId>().transform((id) => id.toHexString())
    assert.strictEqual(valueOf(schema, new ObjectId()), "65f1")
  })

  it("is refused where it always validates later, as yup does, in a row where it does so for a value, and what it rejects with is nobody's", async () => {
    const rejecting = {
      "~standard": { version: 1, vendor: "own", validate: () => Promise.reject(new Error("too late")) }
    } as Attribute.Any
    const always: ReadonlyArray<Attribute.Any> = [
      rejecting,
      v.pipeAsync(
        v.string(),
        v.checkAsync(async () => true)
      )
    ]
    for (const schema of always) {
      const { message, reason } = refusal(() => withAttribute(schema))
      assert.match(
        message,
        /^Item: the attribute "value" has a (valibot|own) schema that validates with a promise: use a schema/
      )
      assert.strictEqual(reason, "NotJson")
    }
    const error = refused(
      z.string().refine(async () => true),
      { value: "s3cret" }
    )
    assert.match(error.message, /expected a zod schema that validates at once.*, got /)
    assert.notInclude(error.message, "s3cret")
    // A rejection that nobody awaits would fail this run.
    await new Promise(setImmediate)
  })

  it("is refused in a row where it throws, with the cause", () => {
    const cause = new TypeError("bad")
    const throwing = {
      "~standard": {
        version: 1,
        vendor: "own",
        validate: (): never => {
          throw cause
        }
      }
    } as Attribute.Any
    const error = refused(throwing, { value: 1 })
    assert.deepInclude(error, { path: "Item.value", actual: "a throw of TypeError", cause })
    assert.match(error.remedy, /schema that throws/)
  })

  it("is refused when it is defined where its library can tell that it puts out no JSON", () => {
    for (const schema of [z.date(), z.bigint(), z.map(z.string(), z.string()), z.array(z.date()), z.nan()]) {
      const error = refusal(() => withAttribute(schema))
      assert.deepInclude(error, { reason: "NotJson", paths: ["Item.value"] })
      assert.match(error.message, /cannot be JSON: .* cannot be represented in JSON Schema: transform it/)
      assert.strictEqual(refusal(() => withAttribute(Pii.personal(schema as never))).reason, "NotJson")
    }
    assert.strictEqual(
      refusal(() => TrackedEvent.make("e", { properties: { at: z.date() as never } })).reason,
      "NotJson"
    )
  })

  it("is no schema where it is of another version, or cannot validate", () => {
    const validate = () => ({ value: 1 })
    const none = [
      { "~standard": { version: 2, vendor: "x", validate } },
      { "~standard": { version: 1, vendor: "x" } },
      { "~standard": null },
      () => 1,
      null,
      "z.string()"
    ]
    for (const schema of none) {
      const error = refusal(() => withAttribute(schema as never))
      assert.strictEqual(error.reason, "NotJson")
      assert.match(error.message, /neither an Effect schema nor a Standard Schema/)
      assert.strictEqual(refusal(() => withAttribute(Pii.personal(schema as never))).reason, "NotJson")
    }
  })

  it("is refused by the compiler wherever it is given", () => {
    const Item = Entity.make("Item", { key: "id", attributes: { id: z.int() } })
    const definitions = [
      // @ts-expect-error a date is no JSON
      () => Entity.make("Item", { key: "id", attributes: { id: z.int(), at: z.date() } }),
      // @ts-expect-error a bigint is no JSON
      () => Item.pipe(Entity.computed("big", z.bigint(), () => 1n)),
      // @ts-expect-error a date inside an array is no JSON
      () => Item.pipe(Entity.extras({ all: z.array(z.date()) })),
      // @ts-expect-error a map is no JSON
      () => TrackedEvent.make("e", { properties: { all: z.map(z.string(), z.string()) } }),
      // @ts-expect-error a date is no JSON
      () => withAttribute(Pii.personal(z.date()))
    ]
    for (const define of definitions) assert.strictEqual(refusal(define).reason, "NotJson")
    // @ts-expect-error what can be anything may be no JSON
    Entity.make("Item", { key: "id", attributes: { id: z.int(), any: z.any() } })
    // @ts-expect-error what is unknown may be no JSON
    Entity.make("Item", { key: "id", attributes: { id: z.int(), unknown: z.unknown() } })
    // @ts-expect-error the key is none of the attributes
    const unkeyed = () => Entity.make("Item", { key: "uuid", attributes: { id: z.int() } })
    assert.strictEqual(refusal(unkeyed).reason, "BadKey")
  })
})

describe("the JSON Schema", () => {
  const documentOf = (schema: Attribute.Any): unknown => {
    const { Item } = Schema.toJsonSchemaDocument(Entity.schema(withAttribute(schema))).definitions
    const { properties, required } = Item as { readonly properties: any; readonly required: ReadonlyArray<string> }
    return [properties.Item_value, required.includes("Item_value")]
  }

  it("of an attribute is its library's own, and any JSON where that has none", () => {
    assert.deepStrictEqual(documentOf(z.int().min(1).max(9)), [{ type: "integer", minimum: 1, maximum: 9 }, true])
    assert.deepStrictEqual(documentOf(z.string().optional()), [{ type: "string" }, false])
    assert.deepStrictEqual(documentOf(z.string().default("a")), [{ type: "string", default: "a" }, true])
    assert.deepStrictEqual(documentOf(type({ a: "string", "b?": "number" })), [
      { type: "object", properties: { a: { type: "string" }, b: { type: "number" } }, required: ["a"] },
      true
    ])
    assert.deepStrictEqual(documentOf(toStandardJsonSchema(v.pipe(v.string(), v.minLength(3)))), [
      { type: "string", minLength: 3 },
      true
    ])
    assert.deepStrictEqual(documentOf(v.string()), [{}, true])
    assert.deepStrictEqual(documentOf(v.optional(v.string())), [{}, false])
    assert.deepStrictEqual(documentOf(z.date().transform(isoOf)), [{}, true])
    assert.deepStrictEqual(documentOf(z.date().transform(isoOf).pipe(z.string())), [{ type: "string" }, true])
  })

  it("of an attribute stands alone: what it refers to is written out, and what refers to itself is any JSON there", () => {
    const Street = z.string().meta({ id: "Street/~1" })
    assert.deepStrictEqual(documentOf(z.object({ $ref: Street, enum: Street.describe("where") })), [
      {
        type: "object",
        properties: {
          $ref: { type: "string" },
          enum: { description: "where", allOf: [{ type: "string" }] }
        },
        required: ["$ref", "enum"],
        additionalProperties: false
      },
      true
    ])
    const Tree = z.object({
      get left() {
        return Tree.nullable()
      }
    })
    assert.deepStrictEqual(documentOf(Tree), [
      {
        type: "object",
        properties: { left: { anyOf: [{}, { type: "null" }] } },
        required: ["left"],
        additionalProperties: false
      },
      true
    ])
    const foreign = (json: object): Attribute.Any =>
      ({
        "~standard": {
          version: 1,
          vendor: "own",
          validate: (value: unknown) => (value === undefined ? { issues: [] } : { value }),
          jsonSchema: { input: () => json, output: () => json }
        }
      }) as never
    assert.deepStrictEqual(
      documentOf(foreign({ items: { $ref: "https://example.com" }, not: { $ref: "#/$defs/none" } })),
      [{ items: {}, not: {} }, true]
    )
    // Written out whole, twelve that refer to each other would be more than a billion.
    const names = Array.from({ length: 12 }, (_, i) => `d${i}`)
    const each = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]))
    const $defs = Object.fromEntries(names.map((name) => [name, { type: "object", properties: each }]))
    assert.deepInclude(documentOf(foreign({ $defs, $ref: "#/$defs/d0" })), true)
  })

  it("of an event has its properties, and its schema takes what is sent", () => {
    const Placed = TrackedEvent.make("placed", {
      properties: { action: z.literal("placed"), note: z.string().optional(), at: z.date().transform(isoOf) }
    })
    expectTypeOf<TrackedEvent.Input<typeof Placed>["properties"]>().toEqualTypeOf<{
      readonly action: "placed"
      readonly note?: string | undefined
      readonly at: Date
    }>()
    const { placed } = Schema.toJsonSchemaDocument(TrackedEvent.schema(Placed)).definitions
    assert.deepStrictEqual(placed, {
      type: "object",
      properties: { action: { type: "string", const: "placed" }, note: { type: "string" }, at: {} },
      required: ["action", "at"],
      additionalProperties: true
    })
    assert.isTrue(Schema.is(TrackedEvent.schema(Placed))({ action: "placed", at: "1970-01-01" }))
    assert.isFalse(Schema.is(TrackedEvent.schema(Placed))({ action: "placed" }))
  })

  it("tells entities apart that have one name and another schema for an attribute", () => {
    const other = (id: Attribute.Any) =>
      TrackedEvent.make(`event${String(Math.random())}`, {
        entities: { item: withAttribute(id) }
      })
    Plan.make(other(z.int()), other(z.int()))
    assert.strictEqual(refusal(() => Plan.make(other(z.int()), other(z.string()))).reason, "DuplicateName")
  })
})

describe("properties of an event", () => {
  const Placed = TrackedEvent.make("placed", {
    entities: { item: Entity.make("Item", { key: "id", attributes: { id: z.int() } }) },
    properties: {
      action: z.literal("placed"),
      channel: z.string().default("web"),
      note: v.optional(v.string()),
      coupon: z.string().transform((code) => (code === "" ? undefined : code)),
      at: z.date().transform(isoOf)
    }
  })
  const sentOf = Effect.fnUntraced(function* (properties: TrackedEvent.Input<typeof Placed>["properties"]) {
    const sent: Array<Message.Track> = []
    const sink = EventSink.make({
      name: "kept",
      send: (batch) => {
        sent.push(...(batch.messages as ReadonlyArray<Message.Message> as ReadonlyArray<Message.Track>))
        return Effect.succeed(batch.map(() => Receipt.delivered))
      }
    })
    const tracked = Tracker.track(Placed, { item: { id: 1 }, properties })
    yield* tracked.pipe(Effect.provide(Layer.merge(Tracker.layer(sink), Logger.layer([]))))
    return sent[0]!
  })
  const properties = { action: "placed", coupon: "TAPE10", at: new Date(0) } as const

  it.effect("are sent as their schemas put them out", () =>
    Effect.gen(function* () {
      const rest = { action: "placed", at: "1970-01-01T00:00:00.000Z", Item_id: 1 }
      assert.deepStrictEqual((yield* sentOf(properties)).properties, { ...rest, channel: "web", coupon: "TAPE10" })
      const message = yield* sentOf({ ...properties, coupon: "", channel: "app", note: "ring" })
      assert.deepStrictEqual(message.properties, { ...rest, channel: "app", note: "ring" })
      assert.isUndefined(message.context?.["violations"])
    })
  )

  it.effect("are left out and told of where they are missing or refused", () =>
    Effect.gen(function* () {
      const message = yield* sentOf({ ...properties, at: "s3cret", coupon: undefined, more: 1 } as never)
      assert.deepStrictEqual(message.properties, { action: "placed", channel: "web", Item_id: 1 })
      assert.deepStrictEqual(message.context?.["violations"], [
        {
          path: "placed.properties.coupon",
          expected: "a string that its zod schema accepts",
          actual: "undefined"
        },
        {
          path: "placed.properties.at",
          expected: "what its zod schema accepts",
          actual: "a string of length 6"
        },
        { path: "placed.properties", expected: "only properties that the event declares", actual: "1 more" }
      ])
    })
  )
})

describe("personal data in a Standard Schema", () => {
  const Invited = TrackedEvent.make("invited", {
    entities: {
      guest: Entity.make("Guest", { key: "id", attributes: { id: z.int(), email: Pii.personal(z.email()) } })
    },
    properties: { phone: Pii.personal(v.string()), channel: type("string") }
  })

  it("is marked, and keeps its types", () => {
    assert.deepStrictEqual([...TrackedEvent.personalKeys(Invited)], ["phone", "Guest_email"])
    assert.isTrue(Pii.isPersonal(Invited.properties.phone))
    assert.isFalse(Pii.isPersonal(Invited.properties.channel))
    expectTypeOf<TrackedEvent.Input<typeof Invited>>().toEqualTypeOf<
      {
        readonly guest: { readonly id: number; readonly email: string }
      } & { readonly properties: { readonly phone: string; readonly channel: string } }
    >()
    assert.strictEqual(
      refused(Pii.personal(z.int()), { value: "x" }).expected,
      "an integer that its zod schema accepts"
    )
  })

  it.effect("is dropped or hashed by a sink", () =>
    Effect.gen(function* () {
      const sent: Array<unknown> = []
      const sink = EventSink.make({
        name: "kept",
        send: (batch) => {
          sent.push(...batch.map((message) => (message as Message.Track).properties))
          return Effect.succeed(batch.map(() => Receipt.delivered))
        }
      })
      const properties = { phone: "123", channel: "app", Guest_id: 1, Guest_email: "a@b.de" }
      const message: Message.Track = { type: "track", event: "invited", messageId: "m", timestamp: "t", properties }
      const plan = { plan: Plan.make(Invited) }
      yield* EventSink.deliver(EventSink.redact(sink, "drop"), [message], plan)
      yield* EventSink.deliver(EventSink.redact(sink, { hash: Redacted.make("k") }), [message], plan)
      const hash = (text: string) => createHmac("sha256", "k").update(text).digest("hex")
      assert.deepStrictEqual(sent, [
        { channel: "app", Guest_id: 1 },
        { ...properties, phone: hash("123"), Guest_email: hash("a@b.de") }
      ])
    })
  )
})

describe("the Effect schema that a Standard Schema becomes", () => {
  const { channel, maybe, size } = Entity.make("Item", {
    key: "size",
    attributes: { size: z.string().transform(Number), maybe: z.string().optional(), channel: z.string().default("web") }
  }).attributes

  it("encodes wherever a schema can stand, and does not decode", () => {
    const Sizes = Schema.Array(size)
    assert.deepStrictEqual(Schema.encodeSync(Sizes)(["1", "2"]), [1, 2])
    assert.throws(() => Schema.encodeUnknownSync(Sizes)([3]), /Expected a string that its zod schema accepts/)
    assert.throws(() => Schema.decodeSync(Sizes)([1]), /only encodes/)
    assert.deepStrictEqual(valueOf(Sizes, ["1"]), [1])
    assert.deepStrictEqual(Schema.encodeSync(Schema.Struct({ maybe: Schema.optionalKey(maybe) }))({}), {})
    assert.deepStrictEqual(Schema.encodeSync(Schema.Struct({ maybe, channel }))({}), { channel: "web" })
    assert.deepStrictEqual(Schema.encodeSync(Schema.Struct({ maybe }))({ maybe: "a" }), { maybe: "a" })
  })

  it("can be made optional, and checked", () => {
    assert.deepStrictEqual(Result.getOrThrow(valued(Schema.optionalKey(size), {})), { Item_id: 1 })
    assert.strictEqual(valueOf(Schema.optionalKey(size), "3"), 3)
    const even = size.check(Schema.makeFilter((text) => text.length % 2 === 0))
    assert.strictEqual(valueOf(even, "12"), 12)
    refused(even, { value: "1" })
  })
})
