import { describe, expect, it } from "vitest"
import { amount, clock, count, counted, duration, listed, measured, moment } from "./format.ts"

describe("what is written", () => {
  it("has a length of time in the unit that a person would use", () => {
    expect([0, 0.0123, 1.84, 9.97, 35.4, 999.6, 1_234, 59_960, 61_000, 3_725_000].map(duration)).toEqual([
      "0 ms",
      "0.012 ms",
      "1.8 ms",
      "10 ms",
      "35 ms",
      "1 s",
      "1.2 s",
      "1 min 0 s",
      "1 min 1 s",
      "1 h 2 min"
    ])
  })

  it("has numbers with their nouns", () => {
    expect([counted(1, "row"), counted(0, "row"), counted(1_204, "batch", "batches")]).toEqual([
      "1 row",
      "0 rows",
      "1,204 batches"
    ])
    expect([count(14_205), amount(0.25), amount(12.4)]).toEqual(["14,205", "0.3", "12"])
  })

  it("has lists as they are said", () => {
    expect([listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])]).toEqual([
      "",
      "a",
      "a and b",
      "a, b and c"
    ])
  })

  it("has two decimals of a measured value, and three digits of a small one", () => {
    expect([1_234.567, -3, 0.012_345, 0, 2.5].map(measured)).toEqual(["1,234.57", "-3", "0.0123", "0", "2.5"])
  })

  it("has the time of the day to the millisecond", () => {
    expect(clock(new Date(2026, 10, 24, 7, 5, 9, 42).getTime())).toBe("07:05:09.042")
  })

  it("has the time of today, and the date of another day", () => {
    const at = new Date(2026, 10, 24, 7, 5, 9)
    expect(moment(at.getTime(), new Date(2026, 10, 24, 23, 59).getTime())).toBe("07:05:09")
    expect(moment(at.getTime(), new Date(2026, 10, 25).getTime())).toBe("2026-11-24 07:05:09")
  })
})
