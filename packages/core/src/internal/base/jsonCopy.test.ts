import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { jsonCopy } from "./jsonCopy.ts"

describe("a copy of JSON", () => {
  it("is the same value, and shares nothing with it", () => {
    const share = (a: unknown, b: unknown): boolean =>
      typeof a === "object" &&
      a !== null &&
      (a === b || Object.keys(a).some((key) => share((a as never)[key], (b as never)[key])))
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const copy = jsonCopy(json)
        assert.deepStrictEqual(copy, json)
        assert.isFalse(share(json, copy))
      })
    )
    assert.strictEqual(JSON.stringify(jsonCopy(JSON.parse(`{"__proto__":{"a":1}}`))), `{"__proto__":{"a":1}}`)
  })

  it("may be deeper than the stack", () => {
    let deep: unknown = 1
    for (let level = 0; level < 200_000; level++) deep = [deep]
    let copy = jsonCopy(deep)
    let levels = 0
    for (; Array.isArray(copy); copy = copy[0]) levels++
    assert.deepStrictEqual([levels, copy], [200_000, 1])
  })
})
