import { assert, describe, it } from "@effect/vitest"
import { JsonSchema } from "@trackmap/core"
import { Ajv2020 } from "ajv/dist/2020.js"
import addFormats from "ajv-formats"
import * as fc from "fast-check"
import { anyType, pair, valueOf } from "../../../test/types.ts"
import { covers } from "./covers.ts"

const ajv = new Ajv2020({ strict: false })
addFormats.default(ajv)

const pairs = Number(process.env["RUNS"] ?? 50)

describe("a type that covers another, as ajv judges values by its JSON Schema", () => {
  it("accepts all values of the other, and of one that does not, it refuses some", { timeout: 300_000 }, () => {
    let [covered, refuted] = [0, 0]
    fc.assert(
      fc.property(pair, fc.integer(), ([outer, inner], seed) => {
        const validate = ajv.compile(JsonSchema.ofType(outer))
        const isCovered = covers(outer, inner)
        const values = fc.sample(valueOf(inner), { numRuns: isCovered ? 60 : 600, seed })
        const refused = values.find((value) => !validate(value))
        if (isCovered) {
          covered++
          assert.isUndefined(refused, "a value of the inner type")
        } else {
          refuted++
          assert.isDefined(refused, "it refuses none of 600 values")
        }
      }),
      { numRuns: pairs }
    )
    assert.isAbove(Math.min(covered, refuted), pairs / 10, "both answers were given")
  })

  it("is itself, and any JSON", () => {
    fc.assert(
      fc.property(anyType, (type) => {
        assert.isTrue(covers(type, type))
        assert.isTrue(covers({ _tag: "Json" }, type))
      })
    )
  })
})
