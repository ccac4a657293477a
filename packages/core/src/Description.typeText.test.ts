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
