import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import { AddedProperties, type PropertyLimits } from "./index.ts"

const values = fc.dictionary(fc.string(), fc.jsonValue()) as fc.Arbitrary<PropertyLimits.Values>

it("properties stand beside an event's own, which take precedence", () => {
  fc.assert(
    fc.property(values, values, (own, others) => {
      const added = AddedProperties.make(own)
      added.addAll(others)
      const left = Object.entries(others).filter(
        ([name, value]) => value !== null && value !== "" && !Object.hasOwn(own, name)
      )
      assert.strictEqual(JSON.stringify(JSON.parse(added.json!)), JSON.stringify(JSON.parse(text(own, left))))
    })
  )
})

/** The same with a copy. */
const text = (own: PropertyLimits.Values, left: ReadonlyArray<readonly [string, unknown]>): string => {
  const parts = [...Object.entries(own), ...left].map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`
  )
  return `{${parts.join()}}`
}

it("a property can be put whatever the event has", () => {
  const added = AddedProperties.make({ plan: "pro" })
  added.put("$set", { plan: null })
  added.add("plan", "free")
  added.add("absent", undefined)
  assert.deepStrictEqual([added.has("plan"), added.has("$set")], [true, false])
  assert.strictEqual(added.json, `{"plan":"pro","$set":{"plan":null}}`)
})

it("properties that are no object have no JSON", () => {
  for (const own of [[], "a-value", 7]) assert.isUndefined(AddedProperties.make(own as never).json)
})
