import type { JsonType } from "@trackmap/core/Description"
import { assert, describe, it } from "@effect/vitest"
import { covers } from "./covers.ts"

const text: JsonType = { _tag: "String" }
const like = (...patterns: ReadonlyArray<string>): JsonType => ({ _tag: "String", patterns })
const integer: JsonType = { _tag: "Integer" }
const number: JsonType = { _tag: "Number" }
const literals = (...values: ReadonlyArray<string | number | boolean>): JsonType => ({ _tag: "Literals", values })
const union = (...types: ReadonlyArray<JsonType>): JsonType => ({ _tag: "Union", types })
const none: JsonType = { _tag: "Null" }
const json: JsonType = { _tag: "Json" }
const record: JsonType = { _tag: "Record", nodes: [] }
const recursive: JsonType = { _tag: "Recursive" }
const list = (items: JsonType): JsonType => ({ _tag: "Array", items })

describe("a type", () => {
  it("covers those whose values it accepts", () => {
    const rows: ReadonlyArray<readonly [JsonType, JsonType]> = [
      [union(text, integer), integer],
      [union(text, number), union(integer, text)],
      [union(text, { ...integer, nullable: true } as JsonType), none],
      [union(text, none), none],
      [union(text, integer), literals("a", 1)],
      [literals(true, false), { _tag: "Boolean" }],
      [like("^a"), literals("ab")],
      [like("a"), like("a", "b")],
      [{ ...integer, minimum: 1 } as JsonType, { ...integer, exclusiveMinimum: 0 } as JsonType],
      [{ ...integer, maximum: 9 } as JsonType, { ...integer, exclusiveMaximum: 10 } as JsonType],
      [{ ...number, exclusiveMinimum: 0 } as JsonType, { ...number, exclusiveMinimum: 0, minimum: 0 } as JsonType],
      [{ ...number, exclusiveMaximum: 9 } as JsonType, literals(8.5)],
      [{ ...number, multipleOf: 0.5 } as JsonType, integer],
      [record, record],
      [list(recursive), list(recursive)],
      [json, union(none, record)]
    ]
    for (const [outer, inner] of rows) assert.isTrue(covers(outer, inner), JSON.stringify([outer, inner]))
  })

  it("does not cover others, nor those of which it is not sure", () => {
    const rows: ReadonlyArray<readonly [JsonType, JsonType]> = [
      [text, json],
      [text, none],
      [none, text],
      [text, record],
      [record, json],
      [recursive, text],
      [union(text, integer), number],
      [union(text, integer), literals(true)],
      [literals("a"), text],
      [like("a"), like("b")],
      [like("("), literals("(")],
      [{ ...text, format: "uuid" } as JsonType, literals("a")],
      [{ ...number, exclusiveMinimum: 0 } as JsonType, { ...number, minimum: 0 } as JsonType],
      [{ ...number, exclusiveMaximum: 9 } as JsonType, literals(9)],
      [{ ...number, minimum: 1 } as JsonType, literals(0)],
      [{ ...integer, multipleOf: 2 } as JsonType, literals(3)],
      [integer, literals(0.5)],
      [{ ...number, multipleOf: 2 } as JsonType, number],
      [list(text), text]
    ]
    for (const [outer, inner] of rows) assert.isFalse(covers(outer, inner), JSON.stringify([outer, inner]))
  })
})
