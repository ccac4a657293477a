import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import type { Values } from "../value/model.ts"
import { Tolerance } from "../value/tolerance.ts"
import * as ownProperties from "./ownProperties.ts"
import * as trackedEvent from "./trackedEvent.ts"

const event = trackedEvent.make("ordered", {
  properties: { qty: Schema.Int, note: Schema.optional(Schema.String), at: Schema.Date }
})
const checked = ownProperties.of(event, true)
const unchecked = ownProperties.of(event, false)

/** What a call gives, right or wrong. */
const given = fc.record(
  {
    qty: fc.oneof(fc.integer(), fc.double(), fc.string()),
    note: fc.option(fc.oneof(fc.string(), fc.integer()), { nil: undefined }),
    at: fc.oneof(fc.date({ noInvalidDate: false }), fc.string()),
    unknown: fc.jsonValue()
  },
  { requiredKeys: [] }
)

/** What comes of them at once, or undefined where something is wrong. */
const nowOf = ({ now }: ownProperties.OwnProperties, properties: Values | undefined): Values | undefined => {
  const out: Values = {}
  try {
    return now(properties, out) ? out : undefined
  } catch {
    return undefined
  }
}

const laterOf = ({ later }: ownProperties.OwnProperties, properties: unknown, keep = false) => {
  const tolerance = new Tolerance(keep)
  const values = later({ properties }, tolerance)
  return { values, paths: tolerance.found.map(({ violation }) => violation.path) }
}

describe("an event's own properties", () => {
  it("come at once exactly where nothing is wrong with them, and are the same either way", () => {
    fc.assert(
      fc.property(given, (properties) => {
        const now = nowOf(checked, properties)
        const { paths, values } = laterOf(checked, properties)
        assert.strictEqual(now !== undefined, paths.length === 0)
        if (now !== undefined) assert.deepStrictEqual(values, now)
      })
    )
  })

  it("leave out what is wrong, and name it", () => {
    const at = new Date(0)
    const { paths, values } = laterOf(checked, { qty: "three", at, size: "M" })
    assert.deepStrictEqual(values, { at: at.toISOString() })
    assert.deepStrictEqual(paths, ["ordered.properties.qty", "ordered.properties"])
  })

  it("keep what is wrong but JSON, where the tolerance keeps such values", () => {
    const { values } = laterOf(checked, { qty: "three", at: new Date(0), size: "M", sum: 1n }, true)
    assert.deepStrictEqual(values, { qty: "three", at: new Date(0).toISOString(), size: "M" })
  })

  it("are taken as they come where they are not checked, and what the event does not declare is left out in silence", () => {
    const properties = { qty: "three", at: new Date(0), size: "M" }
    const values = { qty: "three", at: new Date(0).toISOString() }
    assert.deepStrictEqual(nowOf(unchecked, properties), values)
    assert.deepStrictEqual(laterOf(unchecked, properties), { values, paths: [] })
  })

  it("are named as a whole where a call gives none, or something else", () => {
    for (const none of [undefined, null, "three"]) {
      assert.deepStrictEqual(laterOf(checked, none).paths, [
        "ordered.properties",
        "ordered.properties.qty",
        "ordered.properties.at"
      ])
    }
    assert.isUndefined(nowOf(checked, undefined))
  })

  it("are none where the event declares none", () => {
    const none = ownProperties.of(trackedEvent.make("ping"), true)
    assert.deepStrictEqual(nowOf(none, undefined), {})
    assert.deepStrictEqual(laterOf(none, undefined), { values: {}, paths: [] })
  })
})
