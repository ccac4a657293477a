import { describe, expect, it } from "vitest"
import { instantOf, isZone, next, offsetAt, precise, short, written, zones } from "./zone.ts"

const at = (text: string) => Date.parse(text)

describe("a time zone", () => {
  it("is ahead of UTC, or behind, by the season", () => {
    const offsets = (
      [
        ["Europe/Berlin", "2026-01-01T00:00:00Z"],
        ["Europe/Berlin", "2026-07-01T00:00:00Z"],
        ["America/St_Johns", "2026-01-01T00:00:00Z"],
        ["Asia/Kathmandu", "2026-01-01T00:00:00Z"],
        ["UTC", "2026-01-01T00:00:00Z"]
      ] as const
    ).map(([zone, time]) => offsetAt(at(time), zone) / 60_000)
    expect(offsets).toEqual([60, 120, -210, 345, 0])
  })

  it("has an instant for each local time: the first of two, and the end of a gap", () => {
    const instants = ["2026-11-30T00:00Z", "2026-10-25T02:30Z", "2026-03-29T02:30Z", "2026-03-29T12:00Z"].map((local) =>
      new Date(instantOf(at(local), "Europe/Berlin")).toISOString()
    )
    expect(instants).toEqual([
      "2026-11-29T23:00:00.000Z",
      "2026-10-25T00:30:00.000Z",
      "2026-03-29T01:30:00.000Z",
      "2026-03-29T10:00:00.000Z"
    ])
  })

  it("has days of 23 and 25 hours, and hours of one", () => {
    const hours = ["2026-03-28T23:00Z", "2026-10-24T22:00Z", "2026-06-01T22:00Z"].map(
      (start) => (next(at(start), "day", "Europe/Berlin") - at(start)) / 3_600_000
    )
    expect(hours).toEqual([23, 25, 24])
    expect(next(at("2026-10-25T00:00Z"), "hour", "Europe/Berlin")).toBe(at("2026-10-25T01:00Z"))
  })

  it("writes times for tables, axes and other programs", () => {
    const time = at("2026-11-30T23:30:00Z")
    expect(written(time, "hour", "Europe/Berlin")).toBe("2026-12-01 00:30")
    expect(written(time, "day", "Europe/Berlin")).toBe("2026-12-01")
    expect(short(time, "hour", "Europe/Berlin")).toBe("1 Dec 00:30")
    expect(short(time, "day", "UTC")).toBe("30 Nov")
    expect(precise(time, "Europe/Berlin")).toBe("2026-12-01T00:30:00+01:00")
    expect(precise(time, "America/St_Johns")).toBe("2026-11-30T20:00:00-03:30")
    expect(precise(time, "UTC")).toBe("2026-11-30T23:30:00Z")
  })

  it("is one that the browser knows", () => {
    expect([isZone("Europe/Berlin"), isZone("Mars/Olympus"), isZone("")]).toEqual([true, false, false])
    expect(zones().every(isZone)).toBe(true)
  })
})
