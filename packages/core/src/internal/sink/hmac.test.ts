import { createHmac } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as fc from "fast-check"
import * as hmac from "./hmac.ts"

const expected = (key: string, text: string): string => createHmac("sha256", key).update(text).digest("hex")

describe("the HMAC-SHA-256 of a value", () => {
  it("is that of RFC 4231, test case 2", () => {
    const hash = hmac.make(Redacted.make("Jefe"))
    assert.strictEqual(
      hash("what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
  })

  it("is Node's for every length of text and of key around the ends of blocks", () => {
    for (const keyLength of [1, 63, 64, 65, 130]) {
      const key = "k".repeat(keyLength)
      const hash = hmac.make(Redacted.make(key))
      for (let length = 0; length <= 200; length++) {
        const text = "x".repeat(length)
        assert.strictEqual(hash(text), expected(key, text))
      }
    }
  })

  it("is Node's for any text and any key, in any order of calls", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1 }),
        fc.array(fc.string({ unit: "binary", maxLength: 200 }), { maxLength: 5 }),
        (key, texts) => {
          const hash = hmac.make(Redacted.make(key))
          for (const text of texts) assert.strictEqual(hash(text), expected(key, text))
        }
      )
    )
  })

  it("is that of the JSON of a value that is not a text", () => {
    const hash = hmac.make(Redacted.make("k"))
    assert.strictEqual(hash({ tier: "a" }), expected("k", '{"tier":"a"}'))
    assert.strictEqual(hash(7), expected("k", "7"))
  })
})
