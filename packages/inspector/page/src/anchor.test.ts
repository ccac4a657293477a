import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { keptOffset, rowOf } from "./anchor.ts"

const view = { rowHeight: 10, height: 100 }
const listed = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ seq: from + index }))

describe("where the list is scrolled to", () => {
  it("counts rows from the newest", () => {
    expect(rowOf(listed(1, 30), 30)).toBe(0)
    expect(rowOf(listed(1, 30), 1)).toBe(29)
  })

  it("moves by as many rows as have come above", () => {
    expect(keptOffset(listed(1, 30), listed(1, 33), 50, view, undefined)).toBe(80)
  })

  it("stays where the oldest have made room below", () => {
    expect(keptOffset(listed(1, 100), listed(11, 100), 50, view, undefined)).toBe(50)
  })

  it("holds the event that is chosen, if it can be seen", () => {
    const without = listed(1, 30).filter(({ seq }) => seq > 26 || seq % 2 === 1)
    // 25 is in row 5, and in row 4 when 26 has gone.
    expect(keptOffset(listed(1, 30), without, 20, view, 25)).toBe(10)
    expect(keptOffset(listed(1, 30), listed(1, 31), 150, view, 30)).toBe(160)
  })

  it("is at the top of a list that is new, and no further than its end", () => {
    expect(keptOffset([], listed(1, 30), 50, view, undefined)).toBe(0)
    expect(keptOffset(listed(1, 30), [], 50, view, undefined)).toBe(0)
    expect(keptOffset(listed(1, 30), listed(1, 12), 250, view, undefined)).toBe(20)
  })

  it("leaves the event that is looked at where it was, whatever comes and goes", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(20), fc.nat(19), fc.nat(9), (come, gone, row, within) => {
        const [before, after] = [listed(1, 60), listed(1 + gone, 60 + come)]
        const offset = row * 10 + within
        const seq = 60 - row
        const kept = keptOffset(before, after, offset, view, seq)
        expect(rowOf(after, seq) * 10 - kept).toBe(rowOf(before, seq) * 10 - offset)
      })
    )
  })
})
