import { assert, describe, it } from "@effect/vitest"
import type { JsonType } from "./Description.ts"
import { PlainType } from "./index.ts"

const integer: JsonType = { _tag: "Integer" }
const text: JsonType = { _tag: "String" }
const nothing: JsonType = { _tag: "Null" }
const types: ReadonlyArray<readonly [JsonType, PlainType.Name | undefined, ReadonlyArray<PlainType.Part>]> = [
  [text, "string", []],
  [{ _tag: "String", maxLength: 2, patterns: ["a"], nullable: true }, "string", ["length", "pattern", "null"]],
  [{ _tag: "Integer", minimum: 0 }, "integer", ["bounds"]],
  [{ _tag: "Number" }, "number", []],
  [{ _tag: "Boolean", nullable: true }, "boolean", ["null"]],
  [nothing, "null", []],
  [{ _tag: "Literals", values: ["a", "b"] }, "string", ["values"]],
  [{ _tag: "Literals", values: [1, 2.5] }, "number", ["values"]],
  [{ _tag: "Literals", values: [true] }, "boolean", ["values"]],
  [{ _tag: "Literals", values: [1, "a"] }, undefined, ["type"]],
  [{ _tag: "Array", items: text }, "array", ["elements"]],
  [{ _tag: "Array", items: text, maxItems: 3 }, "array", ["elements", "length"]],
  [{ _tag: "Tuple", items: [] }, "array", ["elements", "length"]],
  [{ _tag: "Object", properties: [] }, "object", ["properties"]],
  [{ _tag: "Record", nodes: [] }, "object", ["properties"]],
  [{ _tag: "Union", types: [integer, { _tag: "Number" }] }, "number", ["type"]],
  [{ _tag: "Union", types: [integer, text, nothing], nullable: true }, undefined, ["type", "null"]],
  [{ _tag: "Union", types: [{ ...text, nullable: true }] }, "string", ["type", "null"]],
  [{ _tag: "Json" }, undefined, ["type"]],
  [{ _tag: "Recursive" }, undefined, ["type"]]
]

describe("the plain type", () => {
  it.each(types)("of %j is %s, which does not say %j", (type, name, parts) => {
    assert.deepStrictEqual(PlainType.of(type), { name, parts })
  })
})

it("says in one line what a format does not have of a key", () => {
  const key = { name: "seen", key: "a" }
  assert.isEmpty(PlainType.losses(key, text))
  const type: JsonType = { _tag: "Union", types: [{ _tag: "Literals", values: ["a"] }, integer, nothing] }
  assert.deepStrictEqual(PlainType.losses(key, type), [
    { ...key, what: 'its type, "a" | integer | null, that it can be null' }
  ])
  assert.deepStrictEqual(PlainType.losses({ name: "seen" }, type, ["type"]), [
    { name: "seen", what: "that it can be null" }
  ])
})
