import type { JsonType } from "@trackmap/core/Description"
import { assert, describe, it } from "@effect/vitest"
import { of } from "./type.ts"

const key = (name: string, type: JsonType, optional: boolean) =>
  ({ key: name, path: name, attribute: name, kind: "attribute", type, optional, personal: false }) as const

describe("the JSON Schema of a type", () => {
  it("says what can be said, and nothing that is not so", () => {
    const rows: ReadonlyArray<readonly [JsonType, object]> = [
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
    for (const [type, expected] of rows) assert.deepStrictEqual(of(type), expected)
  })
})
