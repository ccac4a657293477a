/** Keys as JSON, for loaders that are called elsewhere. */
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import type { Json } from "effect/Schema"
import { mismatch } from "../base/codec.ts"
import { checkedJsonCopy } from "../base/jsonCopy.ts"

/** A key as an envelope has it. */
export type StoredKey =
  | string
  | number
  | boolean
  | { readonly bigint: string }
  | { readonly date: string }
  | { readonly bytes: string }
  | { readonly json: Json }

const expected =
  "a key that can be stored: a string, a finite number, a boolean, a bigint, a Date, a Uint8Array, or JSON of these without instances of classes"

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** The JSON of a key: itself, or the name of its kind with its text. Throws a mismatch if it could not be read back as the same key. */
export const encode = (key: unknown): StoredKey => {
  const refuse = (): never => mismatch(expected, key)
  switch (typeof key) {
    case "string":
    case "boolean":
      return key
    case "number":
      return Number.isFinite(key) ? key : refuse()
    case "bigint":
      return { bigint: String(key) }
    case "object":
      if (key instanceof Date) return { date: key.toISOString() }
      if (key instanceof Uint8Array) return { bytes: Base64.encode(key) }
      if (key !== null && (Array.isArray(key) || isPlain(key))) return { json: plainCopy(key, refuse) }
  }
  return refuse()
}

const plainCopy = (key: object, refuse: () => never): Json => {
  const check = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return
    if (!Array.isArray(value) && !isPlain(value)) refuse()
    for (const inner of Object.values(value)) check(inner)
  }
  check(key)
  return checkedJsonCopy(key, refuse)
}

/** The key of its JSON. */
export const decode = (stored: StoredKey): unknown => {
  if (typeof stored !== "object") return stored
  if ("bigint" in stored) return BigInt(stored.bigint)
  if ("date" in stored) return new Date(stored.date)
  return "bytes" in stored ? Result.getOrThrow(Base64.decode(stored.bytes)) : stored.json
}
