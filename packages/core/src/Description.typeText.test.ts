import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Description, TrackedEvent } from "./index.ts"

const textOf = (schema: Schema.Codec<any>): string => {
  const event = TrackedEvent.make("seen", { properties: { it: schema as Schema.Codec<string> } })
  return Description.typeText(TrackedEvent.describe(event).nodes[0]!.keys[0]!.type)
}

describe("the text of a type", () => {
  it("is that of TypeScript, with the format of a text", () => {
    assert.strictEqual(textOf(Schema.NullOr(Schema.Date)), "string(date-time) | null")
    assert.strictEqual(textOf(Schema.Array(Schema.Literals(["S", "M"]))), `("S" | "M")[]`)
    assert.strictEqual(textOf(Schema.Tuple([Schema.Int, Schema.String])), "[integer, string]")
    assert.strictEqual(
      textOf(Schema.Union([Schema.Finite, Schema.Array(Schema.Struct({ a: Schema.Boolean }))])),
      "number | object[]"
    )
    assert.strictEqual(textOf(Schema.Json), "any JSON")
  })
})

describe("a union of types", () => {
  const text = { _tag: "String" } as const
  const [one, two] = [{ _tag: "Literals", values: ["a"] } as const, { _tag: "Literals", values: [1, "a"] } as const]

  it("is flat, with null as nullable, and constants as one type", () => {
    const inner = { _tag: "Union", types: [one, text], nullable: true } as const
    assert.deepStrictEqual(Description.union([inner, two]), {
      _tag: "Union",
      types: [{ _tag: "Literals", values: ["a", 1] }, text],
      nullable: true
    })
  })

  it("is any JSON with a type that is, and null without types", () => {
    assert.deepStrictEqual(Description.union([text, { _tag: "Json" }]), { _tag: "Json" })
    assert.deepStrictEqual(Description.union([]), { _tag: "Null" })
  })
})
