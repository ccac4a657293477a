import { assert, describe, it } from "vitest"
import type { Json } from "@trackmap/core/Message"
import { Dialect } from "./index.ts"

const { encode } = Dialect

describe("the values of an engine without further limits", () => {
  it("are those of their kind, as they are, and JSON as text", () => {
    assert.deepStrictEqual(
      [
        encode.string("Duck"),
        encode.integer(3),
        encode.number(2.5),
        encode.boolean(false),
        encode.timestamp("2026-01-01T00:00:00Z"),
        encode.json({ a: [null] })
      ],
      ["Duck", 3, 2.5, false, "2026-01-01T00:00:00Z", '{"a":[null]}']
    )
  })

  it("are JSON of any depth, with every value as JSON.stringify writes it", () => {
    // An index as a key: newer engines need no stack without one.
    let deep: Json = { 0: "", "": [1.5, null, true, {}, []], 'a"\u0000': "\ud800", other: -0 }
    const own = JSON.stringify(deep)
    for (let level = 0; level < 20_000; level++) deep = level % 2 === 0 ? [deep] : { a: deep }
    assert.throws(() => JSON.stringify(deep), RangeError)
    assert.strictEqual(encode.json(deep), `${'{"a":['.repeat(10_000)}${own}${"]}".repeat(10_000)}`)
  })

  it("are no others", () => {
    for (const value of [
      encode.string(3),
      encode.string("\ud800"),
      encode.integer(2.5),
      encode.integer(2 ** 53),
      encode.integer("3"),
      encode.number("3"),
      encode.boolean(0),
      encode.timestamp("2026-01-01"),
      encode.timestamp(0)
    ]) {
      assert.isUndefined(value)
    }
  })
})
