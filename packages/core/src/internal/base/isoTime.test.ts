import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as isoTime from "./isoTime.ts"

it("a time is written as a Date writes it, whatever was written before", () => {
  const time = fc.date({ noInvalidDate: true }).map((date) => date.getTime())
  fc.assert(
    fc.property(fc.array(fc.oneof(time, fc.constantFrom(0, 1, 2))), (times) => {
      for (const millis of times) assert.strictEqual(isoTime.of(millis), new Date(millis).toISOString())
    })
  )
})
