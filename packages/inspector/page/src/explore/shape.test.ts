import { describe, expect, it } from "vitest"
import type { Answered } from "../../../src/internal/protocol.ts"
import { shapeOf, type Steps } from "./shape.ts"

const at = (text: string) => Date.parse(text)

const kinds = {
  day: "timestamp",
  sku: "string",
  size: "string",
  third: "string",
  sum: "number",
  count: "integer",
  lines: "json"
} as const

const answered = (names: ReadonlyArray<keyof typeof kinds>, rows: Answered["rows"]) => ({
  columns: names.map((name) => ({ name, kind: kinds[name] })),
  rows
})

const byDay: Steps = { every: "day", zone: "UTC", isZero: true, isSum: true }

describe("the shape of an answer", () => {
  it("is a number without groups and time", () => {
    expect(shapeOf(answered(["sum"], [[12]]))).toEqual({ _tag: "Number", value: 12 })
    expect(shapeOf(answered(["sum"], [["9007199254740993"]]))).toEqual({ _tag: "Number", value: 9_007_199_254_740_992 })
    expect(shapeOf(answered(["sum"], [[null]]))).toEqual({ _tag: "Nothing" })
  })

  it("is a bar for each group, the largest first, and none for a group without a value", () => {
    const rows = [
      ["a", "S", 1],
      ["b", null, 3],
      [null, "", -2],
      ["c", "M", null]
    ]
    expect(shapeOf(answered(["sku", "size", "sum"], rows))).toEqual({
      _tag: "Bars",
      left: 0,
      bars: [
        { name: "b · (none)", value: 3 },
        { name: "a · S", value: 1 },
        { name: "(none) · ", value: -2 }
      ]
    })
    const many = Array.from({ length: 100 }, (_, n) => [`sku ${n}`, n])
    expect(shapeOf(answered(["sku", "sum"], many))).toMatchObject({ left: 70 })
  })

  it("is a line for each of the largest groups, with zero or nothing for a day without rows", () => {
    const days = ["2026-03-01T00:00:00.000Z", "2026-03-03T00:00:00.000Z"]
    const rows = [
      [days[0]!, "a", 1],
      [days[0]!, "b", 5],
      [days[1]!, "a", 2]
    ]
    const times = [at("2026-03-01"), at("2026-03-02"), at("2026-03-03")]
    expect(shapeOf(answered(["day", "sku", "sum"], rows), byDay)).toEqual({
      _tag: "Lines",
      times,
      left: 0,
      lines: [
        { name: "b", total: 5, values: [5, 0, 0] },
        { name: "a", total: 3, values: [1, 0, 2] }
      ]
    })
    expect(shapeOf(answered(["day", "sku", "sum"], rows), { ...byDay, isZero: false })).toMatchObject({
      lines: [{ values: [5, undefined, undefined] }, { values: [1, undefined, 2] }]
    })
    const many = Array.from({ length: 20 }, (_, n) => [days[0]!, `sku ${n}`, n])
    const shape = shapeOf(answered(["day", "sku", "sum"], many), byDay)
    expect(shape).toMatchObject({ left: 14, lines: [{ name: "sku 19" }, {}, {}, {}, {}, {}] })
  })

  it("has the days of the zone, which are not all of 24 hours", () => {
    const rows = [
      ["2026-03-28T23:00:00.000Z", 1],
      ["2026-03-30T22:00:00.000Z", 1]
    ]
    const shape = shapeOf(answered(["day", "count"], rows), { ...byDay, zone: "Europe/Berlin" })
    expect(shape).toMatchObject({
      times: [at(rows[0]![0] as string), at("2026-03-29T22:00Z"), at(rows[1]![0] as string)]
    })
  })

  it("has only the times that came, if there would be far too many others", () => {
    const rows = [
      ["1970-01-01T00:00:00.000Z", 1],
      ["2026-03-01T00:00:00.000Z", 1]
    ]
    expect(shapeOf(answered(["day", "count"], rows), { ...byDay, every: "hour" })).toMatchObject({
      times: { length: 2 }
    })
  })

  it("is nothing for what a statement can return else", () => {
    const nothing = { _tag: "Nothing" }
    expect(shapeOf(answered(["sku"], [["a"]]))).toEqual(nothing)
    expect(shapeOf(answered(["sum"], []))).toEqual(nothing)
    expect(shapeOf(answered(["sum"], [[1], [2]]))).toEqual(nothing)
    expect(shapeOf(answered(["sku", "lines"], [["a", []]]))).toEqual(nothing)
    expect(shapeOf(answered(["sku", "size", "third", "sum"], [["a", "b", "c", 1]]))).toEqual(nothing)
    expect(shapeOf(answered(["day", "sum"], [["never", 1]]))).toEqual(nothing)
    expect(shapeOf(answered(["sku", "sum"], [["a", null]]))).toEqual(nothing)
  })
})
