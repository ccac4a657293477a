import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import { describe as kindOf, nameOf } from "./fault.ts"

const secret = "peach@toadtown.example\n\u001B[31m"

class Declared extends Error {
  override name = secret
}
class Tagged extends Data.TaggedError("Tagged") {}
class Getter extends Error {
  override get name(): string {
    return secret
  }
}

describe("the kind of a value", () => {
  it.each([
    [{ constructor: { name: secret } }, "an object"],
    [{ _tag: secret }, "an object"],
    [new (class Own {})(), "an object"],
    [Object.assign(new Error(secret), { name: secret }), "an object of class Error"],
    [new Map(), "an object of class Map"],
    [new (class ObjectId {})(), "an object of class ObjectId"],
    [{ [Symbol.toStringTag]: secret }, "an object"]
  ])("is from a closed list: %#", (value, expected) => {
    assert.strictEqual(kindOf(value), expected)
  })
})

describe("the name of what was thrown", () => {
  it.each([
    [new TypeError(secret), "TypeError"],
    [new DOMException(secret, "AbortError"), "AbortError"],
    [new DOMException("m", secret), "DOMException"],
    [Object.assign(new Error(secret), { name: secret }), "Error"],
    [Object.assign(new Error(secret), { _tag: secret }), "Error"],
    [Object.assign(new Error(secret), { constructor: { name: secret } }), "Error"],
    [new Declared(), "Declared"],
    [new Tagged(), "Tagged"],
    [new Getter(), "Getter"],
    [new { [secret]: class extends Error {} }[secret]!(), "Error"],
    [{ _tag: "Unavailable" }, "Unavailable"],
    [{ _tag: secret }, "an object"],
    [secret, `a string of length ${secret.length}`]
  ])("is never a text of its own: %#", (thrown, expected) => {
    assert.strictEqual(nameOf(thrown), expected)
  })
})
