import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as search from "./search.ts"

/** The same search, which tries every part at every place. */
const reference = (parts: ReadonlyArray<string>, text: string): ReadonlyArray<search.Span> => {
  const spans: Array<search.Span> = []
  for (let start = 0; start < text.length; start++) {
    for (const part of parts) {
      if (part === "" || !text.startsWith(part, start)) continue
      spans.push({ start, end: start + part.length, longest: part.length })
    }
  }
  const merged: Array<search.Span> = []
  for (const span of spans) {
    const last = merged.at(-1)
    if (last === undefined || last.end < span.start) merged.push(span)
    else {
      const [end, longest] = [Math.max(last.end, span.end), Math.max(last.longest, span.longest)]
      merged[merged.length - 1] = { start: last.start, end, longest }
    }
  }
  return merged
}

describe("a search for many parts", () => {
  it("finds what one search after another finds", () => {
    const short = fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "\u{1f344}"), maxLength: 6 })
    const long = fc.string({ unit: fc.constantFrom("a", "b", "c", "é", "\u{1f344}"), maxLength: 60 })
    fc.assert(
      fc.property(fc.array(short, { maxLength: 8 }), long, (parts, text) => {
        assert.deepStrictEqual(search.make(parts)(text), reference(parts, text))
      }),
      { numRuns: 1_000 }
    )
  })

  it("finds parts within parts, and joins those that overlap or touch", () => {
    const find = search.make(["she", "he", "hers", "his"])
    assert.deepStrictEqual(find("ushers his"), [
      { start: 1, end: 6, longest: 4 },
      { start: 7, end: 10, longest: 3 }
    ])
    assert.deepStrictEqual(find("hehe"), [{ start: 0, end: 4, longest: 2 }])
    assert.deepStrictEqual(search.make([])("he"), [])
  })

  it("takes no more time for text that almost matches everywhere", () => {
    const nearly = "a".repeat(5_000_000)
    const parts = Array.from({ length: 200 }, (_, n) => `${"a".repeat(15 - (n % 10))}${n}`)
    assert.deepStrictEqual(search.make(parts)(nearly), [])
    assert.deepStrictEqual(search.make(["aaa", ...parts])(nearly), [{ start: 0, end: nearly.length, longest: 3 }])
  })
})
