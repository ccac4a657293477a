import * as Hex from "effect/encoding/Hex"
import * as Redacted from "effect/Redacted"
import type { Json } from "effect/Schema"
import { blockBytes, bytesOf, compress, digest, encoder, finish, initial } from "../base/sha256.ts"

// HMAC is of FIPS 198-1.

/** The state after the block of a key whose bytes are changed by `pad`. */
const keyed = (key: Uint8Array, pad: number): Int32Array => {
  const block = new Uint8Array(blockBytes).fill(pad)
  for (let i = 0; i < key.length; i++) block[i]! ^= key[i]!
  const state = initial.slice()
  compress(state, block, 0)
  return state
}

/** The HMAC-SHA-256 of a value's JSON (of the text itself, for a text), in hexadecimal. */
export const make = (secret: Redacted.Redacted<string>): ((value: Json) => string) => {
  const given = encoder.encode(Redacted.value(secret))
  const key = given.length > blockBytes ? digest(given) : given
  const inner = keyed(key, 0x36)
  const outer = keyed(key, 0x5c)
  return (value) => {
    const text = typeof value === "string" ? value : JSON.stringify(value)
    const first = inner.slice()
    finish(first, encoder.encode(text), blockBytes)
    const last = outer.slice()
    finish(last, bytesOf(first), blockBytes)
    return Hex.encode(bytesOf(last))
  }
}
