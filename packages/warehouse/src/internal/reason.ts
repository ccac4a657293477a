import type { Json } from "@trackmap/core/Message"
import * as Instant from "../Instant.ts"
import type { Kind } from "../Table.ts"

/** The reason for a key that the plan does not have. */
export const unknownKey = "the plan has no such key"

const expected: { readonly [K in Kind]: string } = {
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "a boolean",
  timestamp: "a time with an offset and at most six digits of a second",
  json: "JSON"
}

const found = (value: Json): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "a list"
  switch (typeof value) {
    case "string":
      return "a string"
    case "boolean":
      return "a boolean"
    case "number":
      return Number.isInteger(value)
        ? Number.isSafeInteger(value)
          ? "an integer"
          : "a number beyond 2^53"
        : "a fraction"
    default:
      return "an object"
  }
}

const isTime = (text: string): boolean => Instant.micros(text) !== undefined

/** Why a value does not fit a column. It never contains the value. */
export const against = (value: Json, kind: Kind, engine: string): string => {
  const got = found(value)
  const isOfKind = kind === "timestamp" ? typeof value === "string" && isTime(value) : got === expected[kind]
  return kind === "json" || isOfKind ? `${engine} cannot hold this value` : `expected ${expected[kind]}, got ${got}`
}
