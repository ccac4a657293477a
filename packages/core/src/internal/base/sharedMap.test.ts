import { assert, describe, it } from "vitest"
import { SharedMap } from "./sharedMap.ts"

const one = SharedMap.from<number | string>([["a", 1]])

describe("a shared map", () => {
  it("has its entries in their order, whatever is made from it", () => {
    const two = one.with("b", 2)
    const three = two.with("c", 3)
    assert.deepStrictEqual(
      [...three],
      [
        ["a", 1],
        ["b", 2],
        ["c", 3]
      ]
    )
    assert.deepStrictEqual(
      [...two],
      [
        ["a", 1],
        ["b", 2]
      ]
    )
    assert.deepStrictEqual([...one], [["a", 1]])
    assert.isTrue(three.has("c"))
    assert.isFalse(two.has("c"))
    assert.strictEqual(two.size, 2)
  })

  it("is not changed by another map with an entry of its own", () => {
    const left = one.with("x", "left")
    const right = one.with("x", "right").with("y", "right")
    assert.deepStrictEqual(
      [...left],
      [
        ["a", 1],
        ["x", "left"]
      ]
    )
    assert.deepStrictEqual(
      [...right],
      [
        ["a", 1],
        ["x", "right"],
        ["y", "right"]
      ]
    )
    assert.isFalse(left.has("y"))
  })

  it("keeps the last of two values of one key", () => {
    assert.deepStrictEqual(
      [
        ...SharedMap.from([
          ["a", 1],
          ["b", 2],
          ["a", 3]
        ])
      ],
      [
        ["a", 3],
        ["b", 2]
      ]
    )
  })
})
