import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { z } from "zod"
import { type Description, JsonSchema, Plan, TrackedEvent } from "./index.ts"

const key = (name: string, type: Description.JsonType, optional: boolean) =>
  ({ key: name, path: name, attribute: name, kind: "attribute", type, optional, personal: false }) as const

describe("the JSON Schema of a type", () => {
  it("says what can be said, and nothing that is not so", () => {
    const rows: ReadonlyArray<readonly [Description.JsonType, object]> = [
      [
        { _tag: "String", minLength: 3, maxLength: 9 },
        { type: "string", minLength: 2, maxLength: 9 }
      ],
      [
        { _tag: "String", format: "date-time" },
        { type: "string", format: "date-time" }
      ],
      [
        { _tag: "String", format: "byte" },
        { type: "string", contentEncoding: "base64" }
      ],
      [
        { _tag: "String", format: "integer" },
        { type: "string", pattern: String.raw`^-?\d+$` }
      ],
      [
        { _tag: "String", patterns: ["^a", String.raw`\-`] },
        { type: "string", allOf: [{ pattern: "^a" }] }
      ],
      [
        { _tag: "Number", exclusiveMinimum: 0, nullable: true },
        { anyOf: [{ type: "number", exclusiveMinimum: 0 }, { type: "null" }] }
      ],
      [
        { _tag: "Integer", minimum: 0 },
        { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
      ],
      [{ _tag: "Boolean" }, { type: "boolean" }],
      [{ _tag: "Null" }, { type: "null" }],
      [{ _tag: "Literals", values: ["a", 1], nullable: true }, { enum: ["a", 1, null] }],
      [{ _tag: "Json" }, {}],
      [{ _tag: "Recursive" }, {}],
      [
        { _tag: "Array", items: { _tag: "Boolean" }, maxItems: 2 },
        { type: "array", items: { type: "boolean" }, maxItems: 2 }
      ],
      [
        { _tag: "Tuple", items: [{ type: { _tag: "Boolean" }, optional: true }] },
        { type: "array", prefixItems: [{ type: "boolean" }], items: false, minItems: 0 }
      ],
      [
        { _tag: "Tuple", items: [{ type: { _tag: "Boolean" }, optional: false }], rest: { _tag: "Json" } },
        { type: "array", prefixItems: [{ type: "boolean" }], items: {}, minItems: 1 }
      ],
      [
        {
          _tag: "Object",
          properties: [{ name: "a", type: { _tag: "Json" }, optional: true, personal: false }],
          rest: { _tag: "Null" }
        },
        { type: "object", properties: { a: {} }, additionalProperties: { type: "null" } }
      ],
      [
        {
          _tag: "Record",
          nodes: [
            {
              path: "a",
              entity: "A",
              to: "one",
              resolver: { _tag: "Row" },
              keys: [key("A_id", { _tag: "Boolean" }, false), key("A_b", { _tag: "Json" }, true)]
            }
          ]
        },
        { type: "object", properties: { A_id: { type: "boolean" }, A_b: {} }, required: ["A_id"] }
      ],
      [
        { _tag: "Union", types: [{ _tag: "Boolean" }, { _tag: "Null" }] },
        { anyOf: [{ type: "boolean" }, { type: "null" }] }
      ]
    ]
    for (const [type, expected] of rows) assert.deepStrictEqual(JsonSchema.ofType(type), expected)
  })
})

describe("the JSON Schema of an event", () => {
  it("has what people need to know", () => {
    const Seen = TrackedEvent.make("seen", {
      properties: {
        it: Schema.String.annotate({ description: "What was seen", examples: ["a"] }),
        old: z.int().meta({ deprecated: true }).optional()
      }
    }).pipe(TrackedEvent.annotate({ description: "A person saw it", deprecated: { replacedBy: "watched" } }))
    assert.deepStrictEqual(JsonSchema.ofEvent(TrackedEvent.describe(Seen)), {
      title: "seen",
      description: "A person saw it",
      deprecated: true,
      type: "object",
      properties: {
        it: { description: "What was seen", examples: ["a"], type: "string" },
        old: { deprecated: true, type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
      },
      required: ["it"]
    })
  })

  it("without keys is an object", () => {
    const event = TrackedEvent.describe(TrackedEvent.make("seen"))
    assert.deepStrictEqual(JsonSchema.ofEvent(event), { title: "seen", type: "object", properties: {} })
  })

  it("is like that of declared keys", () => {
    const { context = [] } = Plan.describe(Plan.make().pipe(Plan.context({ ip: Schema.String })))
    const expected = { type: "object", properties: { ip: { type: "string" } }, required: ["ip"] }
    assert.deepStrictEqual(JsonSchema.ofKeys(context), expected)
  })
})

describe("what a JSON Schema cannot express", () => {
  it("is told in words, wherever it is", () => {
    const bad = { _tag: "String", patterns: [String.raw`\-`, "a"], minLength: 2 } as const
    const words = [String.raw`the pattern /\-/`, "the minimum length, which JSON Schema counts in code points"]
    const types: ReadonlyArray<Description.JsonType> = [
      bad,
      { _tag: "Array", items: bad },
      { _tag: "Tuple", items: [{ type: bad, optional: false }] },
      { _tag: "Tuple", items: [], rest: bad },
      { _tag: "Object", properties: [{ name: "a", type: bad, optional: false, personal: false }] },
      { _tag: "Object", properties: [], rest: bad },
      { _tag: "Union", types: [{ _tag: "Boolean" }, bad] },
      {
        _tag: "Record",
        nodes: [{ path: "a", entity: "A", to: "one", resolver: { _tag: "Row" }, keys: [key("a", bad, false)] }]
      }
    ]
    for (const type of types) assert.deepStrictEqual(JsonSchema.losses(type), words)
    assert.deepStrictEqual(JsonSchema.losses({ _tag: "Array", items: { _tag: "Recursive" } }), ["a type inside itself"])
    assert.deepStrictEqual(JsonSchema.losses({ _tag: "String", minLength: 1, patterns: ["a"] }), [])
  })
})
