import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ceiling, ends, linear } from "./scale.ts"

describe("the end of an axis", () => {
  it("is 1, 2 or 5 times a power of ten", () => {
    expect([0, 1, 1.2, 2, 3, 7, 11, 480, 501].map(ceiling)).toEqual([1, 1, 2, 2, 5, 10, 20, 500, 1_000])
    expect(ceiling(Number.NaN)).toBe(1)
  })

  it("is no less than what it has to hold, and less than two and a half times as much", () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), (value) => {
        expect(ceiling(value)).toBeGreaterThanOrEqual(value)
        expect(ceiling(value)).toBeLessThanOrEqual(value * 2.5 + 1e-9)
      })
    )
  })
})

describe("the ends of an axis", () => {
  it("are round numbers around the values and zero, of any size", () => {
    expect(ends([3, 330, undefined])).toEqual([0, 400])
    expect(ends([0.0012])[1]).toBeCloseTo(0.0015)
    expect(ends([-7, 2])).toEqual([-8, 2])
    expect(ends([-0.5, -90])).toEqual([-100, 0])
    expect(ends([0, undefined])).toEqual([0, 1])
    expect(ends([])).toEqual([0, 1])
  })
})

describe("a scale", () => {
  it("goes from one end to the other, also upside down", () => {
    const scale = linear([10, 20], [100, 0])
    expect([10, 15, 20].map(scale)).toEqual([100, 50, 0])
  })

  it("knows one place for a domain without extent", () => {
    expect(linear([3, 3], [0, 50])(3)).toBe(0)
  })
})
