import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Plan } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { Pull } from "./index.ts"

const filesOf = (files: Readonly<Record<string, unknown>>): Pull.Files =>
  new Map(
    Object.entries(files).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])
  )

/** What is pulled of one schema, with the title `seen`. */
const pulled = (schema: object) =>
  Effect.runSync(Pull.jsonSchemas(filesOf({ "seen.json": { title: "seen", type: "object", ...schema } })))

/** The code of a property, and what is not taken of it. */
const property = (schema: unknown, definitions = {}): readonly [code: string, ...notTaken: ReadonlyArray<string>] => {
  const { code, notTaken } = pulled({ properties: { it: schema }, required: ["it"], $defs: definitions })
  const [, written = code] = /it: (.*?),\n {2}\},\n\}\);/s.exec(code) ?? []
  return [written.replaceAll(/\s+/g, " "), ...notTaken.map(({ what }) => what)]
}

describe("the code of a property", () => {
  it("is a schema of Effect for each form of JSON Schema", () => {
    const forms: ReadonlyArray<readonly [schema: unknown, ...written: ReadonlyArray<string>]> = [
      [{ type: "string" }, "Schema.String"],
      [true, "Schema.Json"],
      [{}, "Schema.Json"],
      [{ type: "string", format: "date-time" }, "Schema.Date"],
      [{ type: "string", format: "email" }, 'Schema.String.annotate({ format: "email" })'],
      [{ type: "string", contentEncoding: "base64" }, "Schema.String.check(Schema.isBase64())"],
      [
        { type: "string", pattern: "^a/b$", maxLength: 3 },
        "Schema.String.check(Schema.isMaxLength(3), Schema.isPattern(/^a\\/b$/))"
      ],
      [{ pattern: "^\\p{L}+$" }, "Schema.String.check(Schema.isPattern(/^\\p{L}+$/u))"],
      [{ type: "string", minLength: 2.5 }, "Schema.String"],
      [{ type: ["integer", "null"], minimum: 1 }, "Schema.NullOr(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)))"],
      [{ type: "number", minimum: 0, exclusiveMinimum: true }, "Schema.Finite.check(Schema.isGreaterThan(0))"],
      [{ type: "number", maximum: 1, exclusiveMaximum: true }, "Schema.Finite.check(Schema.isLessThan(1))"],
      [{ type: "number", multipleOf: 0 }, "Schema.Finite"],
      [{ const: "a" }, 'Schema.Literal("a")'],
      [{ enum: ["a", 1, null] }, 'Schema.NullOr(Schema.Literals(["a", 1]))'],
      [{ enum: [null] }, "Schema.Null"],
      [{ enum: [] }, "Schema.Null"],
      [{ items: { type: "boolean" }, minItems: 1 }, "Schema.Array(Schema.Boolean).check(Schema.isMinLength(1))"],
      [{ type: "array" }, "Schema.Array(Schema.Json)"],
      [
        { type: "array", items: [{ type: "string" }, {}], minItems: 1, additionalItems: false },
        "Schema.Tuple([Schema.String, Schema.optionalKey(Schema.Json)])"
      ],
      [
        { prefixItems: [{ type: "string" }], minItems: 1 },
        "Schema.TupleWithRest(Schema.Tuple([Schema.String]), [Schema.Json])"
      ],
      [{ prefixItems: [{ type: "string" }], minItems: 1, maxItems: 1 }, "Schema.Tuple([Schema.String])"],
      [{ type: "object" }, "Schema.Record(Schema.String, Schema.Json)"],
      [{ additionalProperties: { type: "integer" } }, "Schema.Record(Schema.String, Schema.Int)"],
      [{ properties: { a: { type: "string" } } }, "Schema.Struct({ a: Schema.optionalKey(Schema.String), })"],
      [{ anyOf: [{ type: "string" }, { type: "null" }] }, "Schema.NullOr(Schema.String)"],
      [
        { oneOf: [{ type: "string" }, { enum: [1] }, { const: 2 }] },
        "Schema.Union([Schema.String, Schema.Literals([1, 2])])"
      ],
      [{ type: ["string", "integer"] }, "Schema.Union([Schema.String, Schema.Int])"],
      [{ allOf: [{ type: "string" }, { maxLength: 3 }, true] }, "Schema.String.check(Schema.isMaxLength(3))"],
      [
        { type: "object", properties: { a: {} }, allOf: [{ properties: { b: {} }, required: ["a"] }], required: ["b"] },
        "Schema.Struct({ a: Schema.Json, b: Schema.Json, })"
      ],
      [{ $ref: "#/$defs/money%20paid" }, "Schema.Int"],
      [
        { type: "string", description: "What it's for", examples: ["a"] },
        'Attribute.annotate(Schema.String, { description: "What it\'s for", examples: ["a"] })'
      ],
      [
        { type: "string", format: "date-time", examples: ["2026-01-01T00:00:00.000Z"] },
        'Attribute.annotate(Schema.Date, { examples: [new Date("2026-01-01T00:00:00.000Z")] })'
      ],
      [{ type: "boolean", deprecated: true }, "Attribute.annotate(Schema.Boolean, { deprecated: true })"]
    ]
    for (const [schema, ...written] of forms)
      assert.deepStrictEqual(
        property(schema, { "money paid": { type: "integer" } }),
        [written[0]!, ...written.slice(1)],
        JSON.stringify(schema)
      )
  })

  it("lists what it does not have", () => {
    const forms: ReadonlyArray<readonly [schema: unknown, what: string, code?: string]> = [
      [false, "that it has no values", "Schema.Json"],
      [{ type: "string", not: { const: "" } }, "the keyword not", "Schema.String"],
      [{ type: "string", if: {} }, "the keyword if"],
      [{ type: "array", items: {}, uniqueItems: true }, "the keyword uniqueItems"],
      [
        { type: "string", pattern: "(" },
        'the pattern "(", which is no regular expression of JavaScript',
        "Schema.String"
      ],
      [{ type: "string", contentEncoding: "base32" }, 'the encoding "base32"'],
      [{ type: "date" }, 'the type "date"', "Schema.Json"],
      [{ enum: [{}] }, "its values, which are lists or objects", "Schema.Json"],
      [{ $ref: "#/$defs/none" }, 'the reference "#/$defs/none", which names no schema', "Schema.Json"],
      [{ $ref: "https://example.com/a.json" }, 'the reference "https://example.com/a.json", which names no schema'],
      [{ $ref: "#/%E0%A4%A" }, 'the reference "#/%E0%A4%A", which names no schema'],
      [{ $ref: "#/$defs/list" }, 'a type inside itself: "#/$defs/list"'],
      [{ properties: { a: {} }, additionalProperties: false }, "that it has no other properties"],
      [{ type: "object", properties: { a: {} }, required: ["b"] }, 'that the property "b" is required'],
      [{ prefixItems: [{}], maxItems: 3 }, "the maximum of 3 elements"],
      [{ type: "string", anyOf: [{ maxLength: 1 }] }, "the keyword type beside anyOf"],
      [{ properties: { a: {} }, anyOf: [{ type: "object" }] }, "its properties beside anyOf"],
      [{ allOf: [{ type: "string" }, { type: "number" }] }, "one of two keywords type, in allOf"],
      [{ type: "integer", examples: ["a"] }, "examples that its schema does not accept, or that code cannot have"]
    ]
    const list = { list: { type: "object", properties: { next: { $ref: "#/$defs/list" } } } }
    for (const [schema, what, code] of forms) {
      const [written, ...notTaken] = property(schema, list)
      assert.deepStrictEqual(notTaken, [what], JSON.stringify(schema))
      if (code !== undefined) assert.strictEqual(written, code)
    }
    assert.deepStrictEqual(property(JSON.parse('{ "properties": { "__proto__": {}, "a": {} } }')).slice(1), [
      'the property "__proto__"'
    ])
  })

  it("has only examples that its schema accepts", () => {
    const examples: ReadonlyArray<readonly [schema: object, accepted: unknown, refused: unknown]> = [
      [{ type: "string", minLength: 2, maxLength: 3, pattern: "^a" }, "ab", "a"],
      [{ type: "string", format: "uuid" }, "0190a3b8-7c1d-7000-8000-000000000000", "x"],
      [{ type: "string", contentEncoding: "base64" }, "YQ==", "?"],
      [{ type: "string", format: "date-time" }, "2026-01-01T00:00:00.000Z", "2026-01-01"],
      [{ type: "integer", minimum: 1 }, 1, 0],
      [{ type: "number", exclusiveMaximum: 2 }, 1.5, 2],
      [{ enum: ["a", 1] }, 1, 2],
      [{ type: "boolean" }, true, "true"],
      [{ type: ["null", "string"] }, null, 1],
      [{ items: { type: "integer" }, maxItems: 2 }, [1, 2], [1, 2, 3]],
      [{ properties: { a: { type: "string" } }, required: ["a"] }, { a: "b" }, { b: "a" }],
      [{}, { any: ["thing", null] }, JSON.parse('{ "__proto__": 1 }')]
    ]
    for (const [schema, accepted, refused] of examples) {
      const [code, ...notTaken] = property({ ...schema, examples: [refused, accepted] })
      assert.match(code, /examples: \[/, JSON.stringify(schema))
      assert.lengthOf(notTaken, 1)
    }
  })

  it("ends where a type is too large, or refers to itself in every way", () => {
    const names = Array.from({ length: 40 }, (_, at) => `a${at}`)
    const doubled = Object.fromEntries(
      names.map((name, at) => [
        name,
        {
          items: {
            anyOf: [1, 2].map((n) => ({
              type: "object",
              properties: { [`p${n}`]: { $ref: `#/$defs/${names[at + 1]}` } }
            }))
          }
        }
      ])
    )
    const [code, ...notTaken] = property({ $ref: "#/$defs/a0" }, doubled)
    assert.include(notTaken, "the rest of its type, which is too large")
    assert.isBelow(code.length, 500_000)
    let deep: unknown = {}
    for (let depth = 0; depth < 5_000; depth++) deep = { items: deep }
    assert.deepStrictEqual(property(deep).slice(1), ["the rest of its type, which is too large"])
    const all = { $defs: { a: { allOf: [{ $ref: "#/$defs/a" }] } } }
    assert.isNotEmpty(property({ $ref: "#/$defs/a" }, all.$defs).slice(1))
    assert.isNotEmpty(property({ $ref: "#/$defs/a" }, { a: { $ref: "#/$defs/a" } }).slice(1))
  })
})

describe("a folder of JSON Schemas", () => {
  it("has an event for each, named by the title or the file, and what files share", () => {
    const { code, notTaken } = Effect.runSync(
      Pull.jsonSchemas(
        filesOf({
          "order placed.schema.json": {
            $ref: "#/definitions/Order",
            definitions: { Order: { description: "no", properties: { at: { $ref: "./types.json#/$defs/time" } } } }
          },
          "second.json": {
            title: "Order Paid",
            description: "Somebody has paid",
            deprecated: true,
            tags: ["shop"],
            allOf: [{ $ref: "types.json#/$defs/base" }],
            properties: { x: {} }
          },
          "third.json": { title: "Order Paid", type: "object" },
          "types.json": {
            $defs: {
              time: { type: "string", format: "date-time" },
              base: { properties: { by: { type: "string" } }, required: ["by"] }
            }
          },
          "list.json": []
        })
      )
    )
    assert.include(
      code,
      'export const OrderPlaced = TrackedEvent.make("order placed", {\n  properties: {\n    at: Schema.optional(Schema.Date),'
    )
    assert.include(code, "x: Schema.optional(Schema.Json),\n    by: Schema.String,")
    assert.include(
      code,
      'TrackedEvent.annotate({ description: "Somebody has paid", tags: ["shop"], deprecated: true })'
    )
    assert.deepStrictEqual(notTaken, [
      { name: "third.json", what: 'the file, since another has the event "Order Paid"' },
      { name: "types.json", what: "the file, which has no schema of an object" },
      { name: "list.json", what: "the file, which has no schema of an object" }
    ])
  })

  it("lists what it does not have of an event", () => {
    const { notTaken } = pulled({ additionalProperties: false, minProperties: 1, allOf: [{ $ref: "#/none" }] })
    assert.deepStrictEqual(
      notTaken.map(({ what }) => what),
      ["that it has no other properties", "the keyword minProperties", 'the reference "#/none", which names no schema']
    )
    assert.deepStrictEqual(pulled({ $ref: "#/none" }).notTaken, [{ name: "seen", what: 'the reference "#/none"' }])
  })
})

const product = { Product_id: { type: "integer" }, Product_name: { type: "string" } }
const required = ["Product_id", "Product_name"]
const eventsOf = (events: Readonly<Record<string, object>>) =>
  Effect.runSync(
    Pull.jsonSchemas(
      filesOf(
        Object.fromEntries(
          Object.entries(events).map(([name, schema]) => [`${name}.json`, { type: "object", ...schema }])
        )
      )
    )
  )

describe("the entities of events", () => {
  it("are keys that begin alike and have an id, and events share them", () => {
    const { code, entities, notTaken } = eventsOf({
      seen: { properties: { ...product, via: { type: "string" } }, required: [...required, "via"] },
      bought: { properties: product, required }
    })
    assert.deepStrictEqual([entities, notTaken], [1, []])
    assert.strictEqual(
      code,
      `import { Entity, Plan, TrackedEvent } from "@trackmap/core";
import * as Schema from "effect/Schema";

export const Product = Entity.make("Product", {
  key: "id",
  attributes: {
    id: Schema.Int,
    name: Schema.String,
  },
});

export const Seen = TrackedEvent.make("seen", {
  entities: { product: Product },
  properties: {
    via: Schema.String,
  },
});

export const Bought = TrackedEvent.make("bought", {
  entities: { product: Product },
});

export const plan = Plan.make(Seen, Bought);
`
    )
  })

  it("are those of most events: in others, the keys stay properties, which is listed", () => {
    const { code, notTaken } = eventsOf({
      seen: { properties: product, required },
      bought: { properties: product, required },
      sold: { properties: product, required: ["Product_id"] }
    })
    assert.include(
      code,
      '"sold", {\n  properties: {\n    Product_id: Schema.Int,\n    Product_name: Schema.optional(Schema.String),'
    )
    assert.deepStrictEqual(notTaken, [
      {
        name: "sold",
        what: "that its keys Product_… are of the entity Product: they differ from those of other events"
      }
    ])
  })

  it("are none without an id, with an id that can be absent, or for a single word in lower case", () => {
    const { entities } = eventsOf({
      a: { properties: { Product_name: {} } },
      b: { properties: { Order_id: { type: "integer" }, Order_total: {} } },
      c: { properties: { user_id: { type: "string" } }, required: ["user_id"] },
      d: { properties: { Buyer_id: { type: ["string", "null"] } }, required: ["Buyer_id"] },
      e: { properties: { Line_id: {} }, required: ["Line_id"] }
    })
    assert.strictEqual(entities, 0)
    const snake = { properties: { order_id: { type: "string" }, order_total: {} }, required: ["order_id"] }
    assert.include(eventsOf({ paid: snake }).code, 'export const Order = Entity.make("order", {')
  })
})

describe("a plan of Segment Protocols", () => {
  const track = (key: string, properties: object, more: object = {}) => ({
    type: "TRACK",
    key,
    version: 1,
    jsonSchema: { type: "object", properties: { context: {}, traits: {}, properties }, ...more }
  })
  const signedIn = track("Signed In", {
    type: "object",
    properties: { method: { type: "string" } },
    required: ["method"]
  })
  const pull = (files: Readonly<Record<string, unknown>>) => Effect.runSync(Pull.segment(filesOf(files)))

  it("is read from a response of the Public API, a request's body, a bare list, and Typewriter's plan.json", () => {
    const { code } = pull({ "plan.json": [signedIn] })
    assert.include(
      code,
      'export const SignedIn = TrackedEvent.make("Signed In", {\n  properties: {\n    method: Schema.String,'
    )
    for (const value of [
      { rules: [signedIn] },
      { data: { rules: [signedIn], pagination: {} } },
      { id: "tp_1", name: "plan", rules: [signedIn] }
    ])
      assert.strictEqual(pull({ "plan.json": value }).code, code)
    const older = {
      name: "plan",
      rules: {
        events: [{ name: "Signed In", rules: signedIn.jsonSchema }],
        identify: { properties: { traits: { properties: { email: {} } } } }
      }
    }
    assert.include(
      pull({ "plan.json": older }).code,
      "Plan.calls({\n    identify: {\n      email: Schema.optional(Schema.Json),"
    )
  })

  it("takes the traits and properties of calls, the latest version, and the description of a rule", () => {
    const { code, notTaken } = pull({
      "1-put.json": {
        rules: [
          track("Signed In", {}),
          { ...signedIn, version: 2, jsonSchema: { ...signedIn.jsonSchema, description: "In again" } }
        ]
      },
      "2-patch.json": {
        rules: [
          {
            type: "IDENTIFY",
            version: 1,
            jsonSchema: { properties: { traits: { properties: { tier: { enum: ["free"] } } } } }
          },
          {
            type: "PAGE",
            version: 1,
            jsonSchema: { properties: { properties: { properties: { path: { type: "string" } } } } }
          },
          { type: "PAGE", version: 1, jsonSchema: {} },
          { type: "COMMON", version: 1, jsonSchema: {} },
          { type: "TRACK", version: 1, jsonSchema: {} },
          track("Paid", {}, { properties: { context: { properties: { ip: {} } }, properties: {} } }),
          "no rule"
        ]
      }
    })
    assert.include(code, 'TrackedEvent.annotate({ description: "In again" })')
    assert.include(code, 'identify: {\n      tier: Schema.optional(Schema.Literal("free")),\n    },\n    page: {')
    assert.deepStrictEqual(
      notTaken.map(({ name, what }) => `${name}: ${what}`),
      [
        "Signed In: its version 1",
        "page: another rule of the call",
        "2-patch.json: the rule for all events (COMMON)",
        "2-patch.json: rule 5, of the type TRACK",
        "Paid: what it says of context",
        "2-patch.json: rule 7, which has no type or no jsonSchema"
      ]
    )
  })
})

describe("a Lexicon of Mixpanel", () => {
  const pull = (value: unknown) => Effect.runSync(Pull.mixpanel(filesOf({ "lexicon.json": value })))
  const entry = {
    entityType: "event",
    name: "Signed In",
    schemaJson: {
      description: "Somebody is here",
      properties: {
        "Sign-in Method": { type: "string", metadata: { "com.mixpanel": { displayName: "Method", hidden: true } } }
      },
      metadata: {
        "com.mixpanel": { tags: ["auth"], owners: [{ email: "a@example.com" }, { name: "B" }, 1], dropped: true }
      }
    }
  }

  it("is read from a response, a request's body or a bare list, with its tags and owners", () => {
    const { code, notTaken } = pull({ entries: [entry] })
    assert.include(code, "Sign_in_Method: Schema.optional(Schema.String),")
    assert.match(code, /description: "Somebody is here",\s+owner: "a@example.com, B",\s+tags: \["auth"\]/)
    assert.deepStrictEqual(
      notTaken.map(({ key, what }) => [key, what]),
      [
        [undefined, "that it is dropped"],
        ["Sign-in Method", 'the display name "Method"'],
        ["Sign-in Method", "that it is hidden"],
        [
          "Sign-in Method",
          "its name: the key is Sign_in_Method, and EventSink.rename writes another name for a destination"
        ]
      ]
    )
    assert.strictEqual(pull({ status: "ok", results: [entry] }).code, code)
    assert.strictEqual(pull([entry]).code, code)
    const contacts = { ...entry, schemaJson: { metadata: { "com.mixpanel": { contacts: ["c"] } } } }
    assert.include(pull([contacts]).code, 'owner: "c"')
  })

  it("has the properties of profiles as traits, by the names that Trackmap has for them", () => {
    const profile = {
      entityType: "profile",
      name: "$user",
      schemaJson: { properties: { $email: { type: "string" }, tier: {} } }
    }
    const { code, notTaken } = pull({
      entries: [profile, entry, entry, { entityType: "lookup" }, { entityType: "event" }, 1]
    })
    assert.include(
      code,
      "identify: {\n      email: Schema.optional(Schema.String),\n      tier: Schema.optional(Schema.Json),"
    )
    assert.includeMembers(
      notTaken.map(({ what }) => what),
      [
        "another entry of the event",
        "entry 4, of the type lookup",
        "entry 5, of the type event",
        "entry 6, which has no schemaJson"
      ]
    )
  })
})

/** Names and texts that would be code, if they were not literals. */
const hostile = fc.constantFrom(
  '"); globalThis.evil = 1; ("',
  "'); globalThis.evil = 1; ('",
  "`${globalThis.evil = 1}`",
  "*/ globalThis.evil = 1 /*",
  "\n globalThis.evil = 1 //",
  "\u2028globalThis.evil = 1",
  "[\\]/; globalThis.evil = 1 //",
  "__proto__",
  "constructor",
  "a b",
  "\uD800",
  "",
  "Product_id",
  "Product_*/"
)

const { schema: anySchema } = fc.letrec<{ readonly schema: unknown }>((tie) => {
  const inner = tie("schema")
  const named = fc.array(fc.tuple(hostile, inner), { maxLength: 3 }).map((entries) => Object.fromEntries(entries))
  const wrong = fc.oneof(
    { weight: 8, arbitrary: hostile },
    fc.integer(),
    fc.constant(null),
    fc.array(hostile, { maxLength: 2 })
  )
  const keywords = fc.record(
    {
      type: fc.oneof(fc.constantFrom("object", "string", "integer", "array", "null"), wrong),
      properties: fc.oneof(named, wrong),
      required: fc.array(hostile, { maxLength: 2 }),
      items: fc.oneof(inner, fc.array(inner, { maxLength: 2 })),
      additionalProperties: inner,
      anyOf: fc.array(inner, { maxLength: 2 }),
      allOf: fc.array(inner, { maxLength: 2 }),
      enum: fc.array(wrong, { maxLength: 3 }),
      pattern: wrong,
      format: wrong,
      description: wrong,
      examples: fc.array(fc.oneof(hostile, fc.jsonValue({ maxDepth: 2 })), { maxLength: 2 }),
      tags: wrong,
      title: wrong,
      $ref: fc.constantFrom("#", "#/properties", "#/allOf/0", "a.json", "#/x/y"),
      minLength: wrong,
      maximum: wrong,
      minItems: fc.integer({ min: -1, max: 3 })
    },
    { requiredKeys: [] }
  )
  return { schema: fc.oneof({ maxDepth: 3, depthSize: "small" }, fc.constant({}), fc.boolean(), keywords) }
})

describe("whatever a source has", () => {
  it("the code is a module that loads, and runs nothing of the source", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(import.meta.dirname, "../.project-"))
    try {
      let runs = 0
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(hostile, anySchema), { minLength: 1, maxLength: 3 }), async (schemas) => {
          const files = new Map(schemas.map(([name, schema]) => [`${name}.json`, JSON.stringify(schema)]))
          const rules = schemas.map(([key, schema]) => ({
            type: "TRACK",
            key,
            jsonSchema: { properties: { properties: schema } }
          }))
          const entries = schemas.map(([name, schemaJson]) => ({ entityType: "event", name, schemaJson }))
          const all = [
            Pull.jsonSchemas(files),
            Pull.segment(filesOf({ a: rules })),
            Pull.mixpanel(filesOf({ a: entries }))
          ]
          for (const { code, events } of all.map(Effect.runSync)) {
            const file = join(folder, `${++runs}.ts`)
            writeFileSync(file, code)
            const { plan } = (await import(pathToFileURL(file).href)) as { readonly plan: Plan.Plan }
            assert.lengthOf(Plan.describe(plan).events, events)
          }
          assert.notProperty(globalThis, "evil")
        }),
        { numRuns: 100 }
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("is refused if it is not JSON, or of another tool", () => {
    const failure = (effect: Effect.Effect<unknown, { readonly message: string }>) =>
      Effect.runSync(Effect.flip(effect)).message
    assert.match(
      failure(Pull.segment(filesOf({ "plan.json": "{" }))),
      /^plan\.json: it is not JSON: .*: pass the file as the tool exports it$/
    )
    assert.include(
      failure(Pull.segment(filesOf({ "plan.json": {} }))),
      "plan.json: it is not a tracking plan of Segment: it has no rules"
    )
    assert.include(failure(Pull.segment(filesOf({ "plan.json": 1 }))), "it has no rules")
    assert.include(
      failure(Pull.mixpanel(filesOf({ "a.json": "1" }))),
      "it is not a Lexicon of Mixpanel: it has no entries"
    )
    assert.include(failure(Pull.mixpanel(filesOf({ "a.json": {} }))), "it has no entries")
  })

  it("is read with a byte order mark", () => {
    assert.strictEqual(Effect.runSync(Pull.segment(filesOf({ "plan.json": "\uFEFF[]" }))).events, 0)
  })
})
