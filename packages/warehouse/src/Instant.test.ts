import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { Instant } from "./index.ts"

describe("a time with an offset", () => {
  it("has the microseconds of every Date", () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        assert.strictEqual(Instant.micros(date.toISOString()), BigInt(date.getTime()) * 1000n)
      })
    )
  })

  it("counts its offset and up to six digits of a second, also before 1970", () => {
    for (const [text, micros] of [
      ["1970-01-01T00:00Z", 0n],
      ["1970-01-01T01:00:00+01:00", 0n],
      ["1970-01-01T00:00:00.123456Z", 123_456n],
      ["1970-01-01T00:00:00.1234560Z", 123_456n],
      ["1970-01-01T00:00:00.1970Z", 197_000n],
      ["1969-12-31T23:59:59.999999Z", -1n],
      ["2024-02-29T00:00:00Z", 1_709_164_800_000_000n],
      ["-000004-02-29T00:00:00Z", BigInt(Date.parse("-000004-02-29T00:00:00Z")) * 1000n]
    ] as const) {
      assert.strictEqual(Instant.micros(text), micros, text)
    }
  })

  it("is nothing else", () => {
    for (const text of [
      "",
      "yesterday",
      "2026-01-01",
      "2026-01-01T00:00:00",
      "2026-01-01 00:00:00Z",
      "2026-02-30T00:00:00Z",
      "2026-02-29T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-01-01T25:00:00Z",
      "2026-01-01T00:00:60Z",
      "2026-01-01T00:00:00.1234567Z",
      "+999999-01-01T00:00:00Z",
      `2026-01-01T00:00:00.${"0".repeat(100)}Z`
    ]) {
      assert.isUndefined(Instant.micros(text), text)
    }
  })
})
