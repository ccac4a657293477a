import { assert, describe, it } from "@effect/vitest"
import { dialect } from "./dialect.ts"

describe("a type of ClickHouse", () => {
  it("has a kind, also if it takes null, or stores its values by a dictionary", () => {
    const kinds: ReadonlyArray<readonly [type: string, kind: string | undefined]> = [
      ["String", "string"],
      ["Nullable(String)", "string"],
      ["LowCardinality(Nullable(String))", "string"],
      ["Nullable(String) COMMENT 'JSON'", "json"],
      ["Int64", "integer"],
      ["Nullable(Float64)", "number"],
      ["Nullable(Bool)", "boolean"],
      ["Nullable(DateTime64(6, 'UTC'))", "timestamp"],
      ["Int32", undefined],
      ["DateTime64(3, 'UTC')", undefined],
      ["DateTime64(6, 'Europe/Berlin')", undefined],
      ["Array(String)", undefined],
      ["JSON", undefined]
    ]
    for (const [type, kind] of kinds) assert.strictEqual(dialect.kindOf(type), kind, type)
  })

  it("holds the times from 1900 to 2299", () => {
    const times: ReadonlyArray<readonly [given: unknown, stored: string | undefined]> = [
      ["2026-01-01T02:00:00+02:00", "2026-01-01 00:00:00.000000"],
      ["2026-01-01T00:00:00.25Z", "2026-01-01 00:00:00.250000"],
      ["1969-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999"],
      ["1900-01-01T00:00:00.000001Z", "1900-01-01 00:00:00.000001"],
      ["1899-12-31T23:59:59.999999Z", undefined],
      ["1900-01-01T00:00:00+00:01", undefined],
      ["2299-12-31T23:59:59.999999Z", "2299-12-31 23:59:59.999999"],
      ["2300-01-01T00:00:00Z", undefined],
      ["2026-01-01", undefined],
      [1, undefined]
    ]
    for (const [given, stored] of times)
      assert.strictEqual(dialect.encode.timestamp(given as never), stored, String(given))
  })

  it("tells names apart by their case", () => {
    assert.notStrictEqual(dialect.fold("a"), dialect.fold("A"))
  })
})
