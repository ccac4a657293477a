import { assert, describe, it } from "vitest"
import { withFunctions } from "../../../scripts/functions.ts"

const written = (source: string): string => withFunctions("module.ts", source).replaceAll(/ +/g, " ")

describe("an arrow function at the top of a module", () => {
  it("is a function declaration if it has a name", () => {
    assert.strictEqual(
      written("export const f = <A>(a: A): a is B => ({ a })"),
      "export function f<A>(a: A): a is B { return ( ({ a })) }"
    )
    assert.strictEqual(written("const f = async () => { await g }"), "async function f () { await g }")
  })

  it("is a function without a name anywhere else", () => {
    assert.strictEqual(written("const a = dual(2, (a) => a.b)"), "const a = dual(2, function(a) { return ( a.b) })")
    assert.strictEqual(
      written("const a = { f: async (x) => x }"),
      "const a = { f: async function (x) { return ( x) } }"
    )
  })

  it("keeps its lines, which the source map counts", () => {
    assert.strictEqual(
      written("const f: {\n  (a: A): B\n} = (\n  a\n) =>\n  a"),
      "function f\n\n(\n a\n) { return (\n a) }"
    )
  })

  it("stays as it is inside a function or a class, and without parentheses", () => {
    for (const source of [
      "function f() { return () => 1 }",
      "class A { f = () => this }",
      "const a = f(b => b)",
      "const { a } = b"
    ])
      assert.strictEqual(written(source), source)
  })
})
