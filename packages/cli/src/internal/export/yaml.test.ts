import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { parse } from "yaml"
import { textOf } from "./yaml.ts"

describe("YAML", () => {
  it("is what readers of both versions read as the same JSON", () => {
    const name = fc.oneof(
      fc.constantFrom("on", "a b", "1", "~", "null", "a: b", "- a"),
      fc.string({ unit: "grapheme" })
    )
    const value = fc.object({
      key: name.filter((one) => one !== "__proto__"),
      maxDepth: 4,
      values: [
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        name
      ]
    })
    fc.assert(
      fc.property(value, (given) => {
        const json = JSON.parse(JSON.stringify(given))
        const text = textOf("comment", json)
        for (const version of ["1.1", "1.2"] as const)
          assert.deepStrictEqual(parse(text, { version }) ?? {}, json, text)
      }),
      { numRuns: 100, examples: [[{ a: [[[1], []], [{}], { b: [{ c: 1, d: 2 }] }], e: 1e21, f: -1e-7 }]] }
    )
  })
})
