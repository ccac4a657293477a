import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { Diff, Lock } from "@trackmap/cli"
import { type Description, JsonSchema } from "@trackmap/core"
import * as fc from "fast-check"
import { check_compat, initSync } from "jsoncompat"
import { assert, describe, it } from "vitest"
import { pair } from "../../../packages/cli/test/types.ts"

initSync({ module: readFileSync(createRequire(import.meta.url).resolve("jsoncompat/jsoncompat_wasm_bg.wasm")) })

const eventOf = (type: Description.JsonType, optional: boolean): Description.Event => {
  const key = {
    key: "it",
    path: "seen.it",
    attribute: "it",
    kind: "property",
    type,
    optional,
    personal: false
  } as const
  const node = { path: "seen.properties", entity: "seen", to: "one", resolver: { _tag: "Row" }, keys: [key] } as const
  return { name: "seen", purposes: [], nodes: [node] }
}

const lockOf = (event: Description.Event) => Lock.make({ format: 1, entities: [], events: [event] })

/**
 * Whether jsoncompat can tell: it ignores formats, refuses multiples of fractions, and takes an object that has lost a property for one with any value
 * of it, whereas readers know of no such property.
 */
const isJudged = (types: unknown): boolean => {
  const text = JSON.stringify(types)
  return !/"format"|"multipleOf":\d*\.|"Object"/.test(text)
}

const runs = Number(process.env["RUNS"] ?? 400)

describe("what a diff says of readers and of history", () => {
  it("is what jsoncompat says of the JSON Schemas before and after", () => {
    const counts = { true: 0, false: 0 }
    const changed = fc.tuple(pair.filter(isJudged), fc.boolean(), fc.boolean())
    fc.assert(
      fc.property(changed, ([[old, next], wasOptional, isOptional]) => {
        const [before, after] = [eventOf(old, wasOptional), eventOf(next, isOptional)]
        const { changes } = Diff.between(lockOf(before), lockOf(after))
        const [older, newer] = [before, after].map((event) => JSON.stringify(JsonSchema.ofEvent(event))) as [
          string,
          string
        ]
        const [readers, history] = [changes.every((one) => one.readers), changes.every((one) => one.history)]
        assert.strictEqual(check_compat(older, newer, "serializer"), readers, `readers: ${older} ${newer}`)
        assert.strictEqual(check_compat(older, newer, "deserializer"), history, `history: ${older} ${newer}`)
        counts[`${readers}`]++
      }),
      { numRuns: runs }
    )
    assert.isAbove(Math.min(counts.true, counts.false), runs / 20, "both answers were given")
  })
})
