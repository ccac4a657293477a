import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as json from "./json.ts"

const same: json.Leaves = { text: (text) => text, number: (number) => number, key: (key) => key }
const loud: json.Leaves = { text: (text) => text.toUpperCase(), number: (n) => n + 1, key: () => "•" }

describe("a copy", () => {
  it("is the same JSON where its leaves are", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const expected: unknown = JSON.parse(JSON.stringify(value))
        assert.deepStrictEqual(JSON.parse(JSON.stringify(json.copy(value, same))), expected)
        assert.strictEqual(json.start(value, same, 1e9), JSON.stringify(value))
      })
    )
  })

  it("has other leaves and keys, and loses none of two keys that become one", () => {
    assert.deepStrictEqual(json.copy({ a: "x", b: [1, true, null], c: 1n }, loud), {
      "•": "X",
      "• 2": [2, true, null],
      "• 3": "1"
    })
    assert.strictEqual(json.start({ a: "x", b: [1] }, loud, 100), `{"•":"X","•":[2]}`)
  })

  it("cuts off what is no JSON, is cyclic, endless, or throws", () => {
    const cyclic: Record<string, unknown> = { n: 1 }
    cyclic["self"] = cyclic
    const throwing = Object.defineProperty({}, "a", {
      enumerable: true,
      get: () => {
        throw new Error("no")
      }
    })
    assert.include(JSON.stringify(json.copy(cyclic, same)), "…")
    assert.include(json.start(cyclic, same, 1e9), "…")
    assert.deepStrictEqual(json.copy([throwing, undefined, () => 1, Number.NaN], same), ["…", null, null, null])
    assert.strictEqual(json.start([throwing, undefined, Number.NaN], same, 1e9), `[{"a":"…",null,null]`)
    assert.deepStrictEqual(json.copy({ a: undefined, d: new Date(0) }, same), { d: "1970-01-01T00:00:00.000Z" })
    assert.strictEqual(json.start({ d: new Date(0) }, same, 100), `{"d":"1970-01-01T00:00:00.000Z"}`)
    assert.isNull(json.copy(undefined, same))
    let wide: unknown = 1
    for (let i = 0; i < 30; i++) wide = [wide, wide]
    assert.isBelow(JSON.stringify(json.copy(wide, same)).length, 2_000_000)
    let objects: unknown = 1
    for (let i = 0; i < 30; i++) objects = { a: objects, b: objects }
    assert.isBelow(JSON.stringify(json.copy(objects, same)).length, 4_000_000)
  })

  it("cuts off what is longer than anybody reads, and reads little more of it", () => {
    let read = 0
    const counting = { ...same, text: (text: string) => ((read += text.length), text) }
    assert.strictEqual(json.copy("x".repeat(50_000_000), counting), `${"x".repeat(100_000)}…`)
    assert.isBelow(read, 100_100)
    read = 0
    const many = json.copy(
      Array.from({ length: 1_000 }, () => "x".repeat(90_000)),
      counting
    )
    assert.isBelow(read, 2_100_000)
    assert.strictEqual((many as ReadonlyArray<string>).length, 1_000)
  })

  it("tells a hundred thousand keys apart that become one", () => {
    const keys = Array.from({ length: 100_000 }, (_, n) => [`key ${n}`, n])
    const copied = Object.keys(json.copy(Object.fromEntries(keys), { ...same, key: () => "•" }) as object)
    assert.strictEqual(copied.length, 100_000)
    assert.deepStrictEqual([copied[0], copied.at(-1)], ["•", "• 100000"])
  })

  it("keeps a key that is __proto__ a key", () => {
    const copied = json.copy(JSON.parse(`{"__proto__":{"x":1}}`), same)
    assert.strictEqual(JSON.stringify(copied), `{"__proto__":{"x":1}}`)
    assert.isUndefined((copied as Record<string, unknown>)["x"])
  })
})

describe("the start of JSON", () => {
  it("is as long as is told, whatever the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(40), (value, length) => {
        assert.strictEqual(json.start(value, same, length).length, Math.min(length, JSON.stringify(value).length))
      })
    )
  })

  it("looks at no more than that takes", () => {
    let looked = 0
    const counting = { ...same, text: (text: string) => ((looked += text.length), text) }
    json.start(
      Array.from({ length: 1_000 }, () => "x".repeat(10_000)),
      counting,
      100
    )
    assert.isAtMost(looked, 116)
  })
})
