import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { isNear, wordsOf } from "./words.ts"

describe("words", () => {
  it("are the same of a name and of a question about it", () => {
    for (const text of ["orderLine_qtySum", "Order Line Qty Sum", "order lines' qty sums", "ORDER-LINE.qty/sum"]) {
      assert.deepStrictEqual(wordsOf(text), ["order", "line", "qty", "sum"], text)
    }
    assert.deepStrictEqual(wordsOf("manufacturer's name"), ["manufacturer", "name"])
    assert.deepStrictEqual(wordsOf("RetailCompanies addresses status"), ["retail", "company", "address", "status"])
    assert.deepStrictEqual(wordsOf("externalID2 Größe 注文"), ["external", "id", "2", "große", "注文"])
    assert.deepStrictEqual(wordsOf("\ud800 !"), [])
  })

  it("are near if one letter is missing, more, other, or exchanged with the next", () => {
    const word = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom("a", "b", "c") })
    fc.assert(
      fc.property(word, fc.nat(), fc.constantFrom("a", "d"), (text, place, letter) => {
        const at = place % text.length
        const [before, after] = [text.slice(0, at), text.slice(at + 1)]
        for (const near of [text, before + after, before + letter + after, before + letter + text.slice(at)]) {
          assert.isTrue(isNear(text, near) && isNear(near, text), `${text} ${near}`)
        }
        assert.isFalse(isNear(text, `${text}dd`))
      })
    )
    assert.isTrue(isNear("order", "odrer"))
    assert.isFalse(isNear("order", "odrre"))
  })
})
