import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { dependenciesOf, read, withPackages } from "./manifest.ts"

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const packages = fc.dictionary(name, fc.constantFrom("^1.0.0", "*", "workspace:*"), { maxKeys: 5 })
const added = packages.map((given) => new Map(Object.entries(given).toSorted()))

/** What else a package.json can have, in any order. */
const others = fc.dictionary(fc.stringMatching(/^x[a-zA-Z]{0,8}$/), fc.jsonValue({ maxDepth: 2 }), {
  maxKeys: 4,
  noNullPrototype: true
})
const manifest = fc
  .tuple(others, fc.option(packages), fc.option(packages), fc.boolean())
  .map(([rest, dependencies, devDependencies, isFirst]) => {
    const own = Object.entries<unknown>({ dependencies, devDependencies }).filter(([, packages]) => packages !== null)
    const other = Object.entries<unknown>(rest)
    return Object.fromEntries(isFirst ? own.concat(other) : other.concat(own))
  })
const indent = fc.constantFrom("  ", "    ", "\t", "   ")
const end = fc.constantFrom("\n", "\r\n")
const text = fc
  .tuple(manifest, indent, end, fc.boolean(), fc.boolean())
  .map(
    ([value, indent, end, isEnded, isMarked]) =>
      (isMarked ? "\uFEFF" : "") + JSON.stringify(value, null, indent).replaceAll("\n", end) + (isEnded ? end : "")
  )

/** The lines of a text, without commas, which follow what comes next. */
const linesOf = (given: string): ReadonlyArray<string> => given.split(/\r?\n/).map((line) => line.replace(/,$/, ""))

describe("a package.json with more packages", () => {
  it("has them, and everything else as it was, in its order", () => {
    fc.assert(
      fc.property(text, added, (before, added) => {
        const after = read(withPackages(before, "dependencies", added))!
        const expected = read(before)!
        assert.deepEqual(
          { ...after },
          {
            ...expected,
            ...((added.size > 0 || "dependencies" in expected) && {
              dependencies: { ...(expected["dependencies"] as object), ...Object.fromEntries(added) }
            })
          }
        )
        assert.deepStrictEqual(
          Object.keys(after).filter((key) => key in expected),
          Object.keys(expected)
        )
      })
    )
  })

  it("keeps each line that was there, its indentation, and the ends of its lines", () => {
    fc.assert(
      fc.property(text, added, (before, added) => {
        fc.pre(!/\{\}/.test(before))
        const known = read(before)!["dependencies"] ?? {}
        const own = new Map([...added].filter(([name]) => !(name in (known as object))))
        const after = withPackages(before, "dependencies", own)
        const left = [...linesOf(after)]
        for (const line of linesOf(before)) {
          const at = left.indexOf(line)
          assert.isAtLeast(at, 0, line)
          left.splice(0, at + 1)
        }
        assert.strictEqual(after.includes("\r\n"), before.includes("\r\n"))
        assert.strictEqual(after.startsWith("\uFEFF"), before.startsWith("\uFEFF"))
        assert.notMatch(after.replaceAll("\r\n", ""), before.includes("\r\n") ? /\n/ : /\r/)
      })
    )
  })

  it("has each where it stands in the alphabet", () => {
    const before = `{\n  "dependencies": {\n    "a": "1",\n    "c": "1"\n  },\n  "files": ["x", "y"]\n}`
    assert.strictEqual(
      withPackages(before, "dependencies", new Map([["b", "2"]])),
      before.replace(`"1",\n`, `"1",\n    "b": "2",\n`)
    )
    assert.strictEqual(withPackages(before, "dependencies", new Map()), before)
  })

  it("names its packages of every kind", () => {
    const text = `{"devDependencies": {"a": "1", "b": 1}, "peerDependencies": {"c": "2"}, "dependencies": []}`
    assert.deepStrictEqual(
      dependenciesOf(read(text)!),
      new Map([
        ["c", "2"],
        ["a", "1"]
      ])
    )
    assert.deepStrictEqual([read("[]"), read("{"), read("null")], [undefined, undefined, undefined])
  })
})
