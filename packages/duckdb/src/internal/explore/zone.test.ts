import { assert, describe, it } from "vitest"
import { offsetsIn, offsetsOf } from "./zone.ts"

const hour = 3_600_000
const of = (zone: string, from: string, to: string) => offsetsIn(offsetsOf(zone)!, Date.parse(from), Date.parse(to))

describe("the offsets of a time zone", () => {
  it("change at the second at which the clocks do", () => {
    assert.deepStrictEqual(of("Europe/Berlin", "2026-01-01T00:00:00.5Z", "2026-12-01T00:00:00Z"), [
      { offset: hour, until: Date.parse("2026-03-29T01:00:00Z") },
      { offset: 2 * hour, until: Date.parse("2026-10-25T01:00:00Z") },
      { offset: hour }
    ])
    assert.deepStrictEqual(of("America/St_Johns", "2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z"), [
      { offset: -3.5 * hour, until: Date.parse("2026-03-08T05:30:00Z") },
      { offset: -2.5 * hour }
    ])
  })

  it("are one where no clock changes, and too many over a century", () => {
    assert.deepStrictEqual(of("UTC", "2000-01-01T00:00:00Z", "2026-12-01T00:00:00Z"), [{ offset: 0 }])
    assert.deepStrictEqual(of("Asia/Kolkata", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"), [{ offset: 5.5 * hour }])
    assert.isUndefined(of("Europe/Berlin", "1980-01-01T00:00:00Z", "2080-01-01T00:00:00Z"))
    assert.isUndefined(offsetsOf("Mars/Olympus"))
  })
})
