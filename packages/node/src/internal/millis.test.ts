import { assert, describe, it } from "vitest"
import { millisOf } from "./millis.ts"

describe("a duration that is an option", () => {
  it("is a number of milliseconds, or a text with a unit", () => {
    assert.strictEqual(millisOf("flushWithin", 5), 5)
    assert.strictEqual(millisOf("flushWithin", "2 seconds"), 2_000)
    assert.strictEqual(millisOf("flushWithin", Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
  })

  it.each([
    [-1, "-1"],
    [Number.NaN, "NaN"],
    [null, "null"],
    ["soon", "a string of length 4"],
    [true, "a value of type boolean"],
    [undefined, "a value of type undefined"]
  ])("cannot be %s, which is said by its kind", (given, kind) => {
    assert.throws(() => millisOf("flushWithin", given as never), `not ${kind}`)
    assert.throws(
      () => millisOf("flushWithin", given as never),
      /flushWithin must be a number of milliseconds \(0 or more\)/
    )
  })
})
