import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import { ContextNames, type PropertyLimits } from "./index.ts"

const read = ContextNames.reader({ locale: "language", os: { name: "os_name", version: "os_version" } })

const readAll = (context: PropertyLimits.Values) => {
  const all: Array<readonly [string, ContextNames.Value]> = []
  read(context, { add: (name, value) => all.push([name, value]) })
  return all
}

it("a context is read under the destination's names, in its own order", () => {
  assert.deepStrictEqual(readAll({ os: { version: 12, name: "Debian" }, ip: "203.0.113.7", locale: "en-GB" }), [
    ["os_name", "Debian"],
    ["os_version", 12],
    ["language", "en-GB"]
  ])
})

it("a context of any shape gives texts that are not empty, numbers and booleans", () => {
  const shapes = fc.record({ locale: fc.jsonValue(), os: fc.jsonValue(), constructor: fc.jsonValue() })
  fc.assert(
    fc.property(shapes, (context) => {
      for (const [name, value] of readAll(context as PropertyLimits.Values)) {
        assert.include(["language", "os_name", "os_version"], name)
        assert.include(["string", "number", "boolean"], typeof value)
        assert.notStrictEqual(value, "")
      }
    })
  )
  assert.deepStrictEqual(readAll({ locale: ["en"], os: "Debian" }), [])
  assert.deepStrictEqual(readAll({ locale: false, os: [{ name: "Debian" }] }), [["language", false]])
})

it("a campaign can be read under the names of the UTM parameters", () => {
  const seen: Array<readonly [string, ContextNames.Value]> = []
  const campaign = { name: "spring", source: "newsletter", medium: "email", other: "b" }
  ContextNames.reader({ campaign: ContextNames.utm })({ campaign }, { add: (name, value) => seen.push([name, value]) })
  assert.deepStrictEqual(seen, [
    ["utm_source", "newsletter"],
    ["utm_medium", "email"],
    ["utm_campaign", "spring"]
  ])
})
