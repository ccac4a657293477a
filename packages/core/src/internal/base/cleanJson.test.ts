import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { clean } from "./cleanJson.ts"
import { absent } from "./codec.ts"

const cleaned = (value: unknown, depth = 1) => {
  const omitted: Array<string> = []
  return { json: clean(value, "value", depth, (path) => void omitted.push(path)), omitted }
}

const circular: { self?: unknown } = {}
circular.self = circular
const throwing = () => {
  throw new Error("not to be read")
}
/** Values without JSON: JSON.stringify throws for some, and leaves out others or writes null in silence. */
const without = fc.constantFrom<unknown>(
  1n,
  circular,
  { toJSON: throwing },
  { toJSON: () => null },
  { toJSON: () => undefined },
  Symbol("symbol"),
  throwing,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  // oxlint-disable-next-line no-new-wrappers
  new Number(Number.NaN),
  new Date(Number.NaN)
)
const values = [
  fc.string(),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(null, undefined),
  fc.date({ noInvalidDate: true })
]
const key = fc.string().filter((key) => key !== "toJSON")

describe("the JSON of a value", () => {
  it("is what JSON itself reads, where nothing is wrong", () => {
    fc.assert(
      fc.property(
        fc.anything({ values, withBoxedValues: true, withSparseArray: true, withMap: true, key }),
        (value) => {
          const text = JSON.stringify(value)
          fc.pre(text !== undefined)
          assert.deepStrictEqual(cleaned(value), { json: JSON.parse(text), omitted: [] })
        }
      )
    )
  })

  it("is absent for undefined, with which nothing is wrong", () => {
    assert.deepStrictEqual(cleaned(undefined), { json: absent, omitted: [] })
  })

  it("is absent and told where there is none", () => {
    fc.assert(
      fc.property(without, fc.boolean(), (value, inside) => {
        assert.deepStrictEqual(cleaned(inside ? [value] : value, 0), { json: absent, omitted: ["value"] })
      })
    )
  })

  it("leaves out the keys of an object that have none, each told by its path, and keeps the others", () => {
    const good = fc.dictionary(key, fc.jsonValue())
    const bad = fc.dictionary(key, without, { minKeys: 1 })
    fc.assert(
      fc.property(good, bad, without, (good, bad, last) => {
        const value = Object.fromEntries([...Object.entries(good), ...Object.entries(bad), ["last", last]])
        const { json, omitted } = cleaned(value)
        const wrong = new Set([...Object.keys(bad), "last"])
        const kept = Object.entries(good).filter(([key]) => !wrong.has(key))
        assert.deepStrictEqual(json, JSON.parse(JSON.stringify(Object.fromEntries(kept))))
        assert.deepStrictEqual(new Set(omitted), new Set([...wrong].map((key) => `value.${key}`)))
      })
    )
  })

  it("looks into objects as deep as it is let, and leaves out whole what is deeper", () => {
    const value = { a: { kept: 1, b: { kept: 2, c: 1n } } }
    assert.deepStrictEqual(cleaned(value, 3), { json: { a: { kept: 1, b: { kept: 2 } } }, omitted: ["value.a.b.c"] })
    assert.deepStrictEqual(cleaned(value, 2), { json: { a: { kept: 1 } }, omitted: ["value.a.b"] })
    assert.deepStrictEqual(cleaned(value, 0), { json: absent, omitted: ["value"] })
  })

  it("survives objects that throw when they are read", () => {
    const getter = Object.defineProperty({ kept: 1 }, "thrown", { enumerable: true, get: throwing })
    assert.deepStrictEqual(cleaned(getter), { json: { kept: 1 }, omitted: ["value.thrown"] })
    const proxy = new Proxy({}, { ownKeys: throwing })
    assert.deepStrictEqual(cleaned(proxy), { json: {}, omitted: [] })
  })

  it("is a copy that no later change reaches", () => {
    const value = { list: [1] }
    const { json } = cleaned(value)
    value.list.push(2)
    assert.deepStrictEqual(json, { list: [1] })
  })
})
