import { assert, it } from "vitest"
import { dialect } from "./dialect.ts"

it("DuckDB holds times with an offset as microseconds, and JSON without half surrogate pairs", () => {
  const { fold, encode, kindOf } = dialect
  assert.strictEqual(encode.timestamp("1970-01-01T00:00:01+00:00"), 1_000_000n)
  assert.isUndefined(encode.timestamp("1970-01-01T00:00:01"))
  assert.isUndefined(encode.timestamp(1))
  assert.isUndefined(encode.json({ a: "\ud800" }))
  assert.strictEqual(encode.json("\\ud800"), JSON.stringify("\\ud800"))
  assert.strictEqual(encode.json("\ud83d\ude00"), '"\ud83d\ude00"')
  assert.deepStrictEqual([kindOf("BIGINT"), kindOf("DATE"), fold("\u00dcAb")], ["integer", undefined, "\u00dcab"])
})
