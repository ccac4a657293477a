import { assert, describe, it } from "@effect/vitest"
import type { JsonType } from "../../Description.ts"
import * as standardType from "./standardType.ts"

const json: JsonType = { _tag: "Json" }
const string: JsonType = { _tag: "String" }
const integer: JsonType = { _tag: "Integer" }

const types: ReadonlyArray<readonly [what: string, schema: unknown, type: JsonType]> = [
  ["nothing", undefined, json],
  ["true", true, json],
  ["a list in the place of a schema", [], json],
  ["a type that JSON Schema does not have", { type: "date" }, json],
  [
    "a text",
    { type: "string", minLength: 1, maxLength: 9, format: "email", pattern: "@" },
    {
      _tag: "String",
      minLength: 1,
      maxLength: 9,
      format: "email",
      patterns: ["@"]
    }
  ],
  [
    "a number",
    { type: "number", exclusiveMinimum: 0, maximum: 10, multipleOf: 0.5 },
    {
      _tag: "Number",
      exclusiveMinimum: 0,
      maximum: 10,
      multipleOf: 0.5
    }
  ],
  ["an integer", { type: "integer", minimum: -(2 ** 53) + 1, maximum: 2 ** 53 - 1 }, integer],
  ["a boolean", { type: "boolean" }, { _tag: "Boolean" }],
  ["null", { type: "null" }, { _tag: "Null" }],
  ["a constant", { const: "orderLineUpdated" }, { _tag: "Literals", values: ["orderLineUpdated"] }],
  ["a constant object", { const: { a: 1 } }, json],
  ["constants and null", { enum: ["a", 1, null] }, { _tag: "Literals", values: ["a", 1], nullable: true }],
  ["constants and an object", { enum: ["a", { b: 1 }] }, json],
  ["constants and a list", { enum: [["a"]] }, json],
  ["only null as a constant", { enum: [null] }, { _tag: "Null" }],
  ["a type or null", { type: ["string", "null"] }, { _tag: "String", nullable: true }],
  [
    "any of two types",
    { anyOf: [{ type: "string" }, { type: "integer" }] },
    { _tag: "Union", types: [string, integer] }
  ],
  [
    "any of a union that may be null and another type",
    { anyOf: [{ anyOf: [{ type: "string" }, { type: "integer" }, { type: "null" }] }, { type: "boolean" }] },
    { _tag: "Union", types: [string, integer, { _tag: "Boolean" }], nullable: true }
  ],
  ["one of a type and itself", { oneOf: [{ type: "string" }, { type: "string" }] }, string],
  ["one of anything", { oneOf: [{ type: "string" }, true] }, json],
  [
    "a list",
    { type: "array", items: { type: "string" }, minItems: 1, maxItems: 3 },
    {
      _tag: "Array",
      items: string,
      minItems: 1,
      maxItems: 3
    }
  ],
  [
    "a tuple that ends",
    { type: "array", prefixItems: [{ type: "string" }, true], minItems: 1, items: false },
    {
      _tag: "Tuple",
      items: [
        { type: string, optional: false },
        { type: json, optional: true }
      ]
    }
  ],
  [
    "a tuple that goes on",
    { type: "array", prefixItems: [{ type: "string" }], items: { type: "integer" } },
    {
      _tag: "Tuple",
      items: [{ type: string, optional: true }],
      rest: integer
    }
  ],
  [
    "an object",
    {
      type: "object",
      properties: { id: { type: "integer" }, note: { type: "string" } },
      required: ["id"],
      additionalProperties: false
    },
    {
      _tag: "Object",
      properties: [
        { name: "id", type: integer, optional: false, personal: false },
        { name: "note", type: string, optional: true, personal: false }
      ]
    }
  ],
  [
    "an object of any names",
    { type: "object", additionalProperties: { type: "string" } },
    {
      _tag: "Object",
      properties: [],
      rest: string
    }
  ],
  [
    "an object with patterns of names",
    { type: "object", patternProperties: { "^x": { type: "string" } } },
    {
      _tag: "Object",
      properties: [],
      rest: json
    }
  ],
  [
    "an intersection of objects",
    {
      allOf: [
        { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false },
        { type: "object", properties: { b: { type: "integer" } }, required: ["b"], additionalProperties: false }
      ]
    },
    {
      _tag: "Object",
      properties: [
        { name: "a", type: string, optional: false, personal: false },
        { name: "b", type: integer, optional: false, personal: false }
      ]
    }
  ],
  [
    "an intersection of open objects",
    {
      allOf: [
        { type: "object", properties: { a: { type: "string" } } },
        { type: "object", properties: {} }
      ]
    },
    {
      _tag: "Object",
      properties: [{ name: "a", type: string, optional: true, personal: false }],
      rest: json
    }
  ],
  ["an intersection of a text and what is said of it", { type: "string", allOf: [{ minLength: 1 }] }, string],
  ["an intersection of nothing known", { allOf: [true, {}] }, json]
]

describe("the type that a JSON Schema describes", () => {
  for (const [what, schema, type] of types) {
    it(`is that of ${what}`, () => assert.deepStrictEqual(standardType.of(schema), type))
  }
})
