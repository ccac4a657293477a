import { assert, describe, it } from "vitest"
import { withPureCalls } from "../../../scripts/pureCalls.ts"

const marked = (source: string): string => withPureCalls("module.ts", source).replaceAll("/* @__PURE__ */ ", "¶")

describe("what runs when a module is loaded", () => {
  it("is marked, each call, as pure", () => {
    assert.strictEqual(marked("export const a: A = f(g(1)).pipe(h())"), "export const a: A = ¶f(¶g(1)).pipe(¶h())")
    assert.strictEqual(marked("class A extends B<A>()('a') {}"), "class A extends ¶B<A>()('a') {}")
    assert.strictEqual(marked("const a = new Map([[1, f()]])"), "const a = ¶new Map([[1, ¶f()]])")
  })

  it("is not marked if nothing keeps its result, or inside a function", () => {
    for (const source of [
      "register(f())",
      "const f = () => g()",
      "function f() { return g() }",
      "const a = { f() { return g() } }"
    ])
      assert.strictEqual(marked(source), source)
  })

  it("becomes a pure call if bundlers cannot see that it has no effect", () => {
    assert.strictEqual(
      marked("const a = { ...b, c: f() }, d = f()"),
      "const a = ¶(() => ({ ...b, c: ¶f() }))(), d = ¶f()"
    )
    assert.strictEqual(marked("const a = f({ [key]: 1 })"), "const a = ¶(() => (f({ [key]: 1 })))()")
    assert.strictEqual(marked("const a = () => ({ ...b })"), "const a = () => ({ ...b })")
  })
})
