import type { Json } from "@trackmap/core/Message"
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

/** Why a value does not fit a column. It never contains the value. */
export const against = (value: Json, kind: Kind, engine: string): string => {
  const got = found(value)
  return kind === "json" || (kind !== "timestamp" && got === expected[kind])
    ? `${engine} cannot hold this value`
    : `expected ${expected[kind]}, got ${got}`
}
