import type { JsonType } from "@trackmap/core/Description"
import { assert, describe, it } from "@effect/vitest"
import { shown } from "./shown.ts"

describe("a type in words", () => {
  it("has its bounds", () => {
    const rows: ReadonlyArray<readonly [JsonType, string]> = [
      [{ _tag: "Boolean" }, "boolean"],
      [{ _tag: "Integer", minimum: 0, maximum: 9, multipleOf: 3 }, "integer (at least 0, at most 9, a multiple of 3)"],
      [
        { _tag: "Number", exclusiveMinimum: 0, exclusiveMaximum: 9, nullable: true },
        "number | null (more than 0, less than 9)"
      ],
      [
        { _tag: "String", minLength: 1, maxLength: 9, patterns: ["^a", "b$"] },
        "string (at least 1 characters, at most 9 characters, like /^a/, like /b$/)"
      ],
      [
        { _tag: "Array", items: { _tag: "Boolean" }, minItems: 1, maxItems: 9 },
        "boolean[] (at least 1 items, at most 9 items)"
      ]
    ]
    for (const [type, expected] of rows) assert.strictEqual(shown(type), expected)
  })
})
