import { absent } from "./codec.ts"
import { put } from "./jsonCopy.ts"

/** Receives each value that has no JSON, and its path. */
export type Omit = (path: string, value: unknown) => void

/** Thrown for a part without JSON, where the whole is left out with it. */
const noJson = Symbol("noJson")

/**
 * Copies a value as its JSON would parse, or returns `absent` if it has none. JSON itself would write null for a number that is not finite and for
 * an invalid Date, and leave out functions: here they have no JSON. If an object as a whole has no JSON, the copy keeps the keys that do, `depth`
 * levels down; deeper, and in arrays, the whole is left out. An undefined value is absent, which is no error.
 */
export const clean = (value: unknown, path: string, depth: number, omit: Omit): unknown => {
  try {
    return copy(value, "", [])
  } catch {
    if (depth > 0 && typeof value === "object" && value !== null && !Array.isArray(value)) {
      return cleanKeys(value, path, depth - 1, omit)
    }
  }
  omit(path, value)
  return absent
}

/** Throws where there is no JSON. */
const copy = (given: unknown, key: string, within: ReadonlyArray<object>): unknown => {
  const value = standIn(given, key)
  switch (typeof value) {
    case "undefined":
      return absent
    case "string":
    case "boolean":
      return value
    case "number":
      // Without the sign of a zero, as JSON.
      if (Number.isFinite(value)) return value + 0
      throw noJson
    case "object":
      // What writes itself as null is a date that is none.
      if (value === null && given !== null) throw noJson
      return value === null ? null : copyObject(value, within)
    default:
      throw noJson
  }
}

/** What JSON takes in place of a value (ECMA-262, "SerializeJSONProperty"). */
const standIn = (value: unknown, key: string): unknown => {
  if ((typeof value !== "object" || value === null) && typeof value !== "bigint") return value
  const { toJSON } = value as { readonly toJSON?: unknown }
  const own = typeof toJSON === "function" ? (toJSON.call(value, key) as unknown) : value
  if (own === undefined) throw noJson
  return typeof own === "object" && own !== null && boxed.has(Object.prototype.toString.call(own)) ? own.valueOf() : own
}

const boxed: ReadonlySet<string> = new Set(["[object Number]", "[object String]", "[object Boolean]"])

const copyObject = (value: object, within: ReadonlyArray<object>): object => {
  if (within.includes(value)) throw noJson
  const inside = [...within, value]
  if (Array.isArray(value)) {
    return Array.from(value, (item, index) => {
      const json = copy(item, String(index), inside)
      return json === absent ? null : json
    })
  }
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const json = copy((value as Readonly<Record<string, unknown>>)[key], key, inside)
    if (json !== absent) put(out, key, json)
  }
  return out
}

const cleanKeys = (value: object, path: string, depth: number, omit: Omit): object => {
  const kept: Record<string, unknown> = {}
  for (const key of keysOf(value)) {
    const json = clean(readOf(value, key), `${path}.${key}`, depth, omit)
    if (json !== absent) put(kept, key, json)
  }
  return kept
}

/** The keys of an object, which may be a proxy that throws. */
const keysOf = (value: object): ReadonlyArray<string> => {
  try {
    return Object.keys(value)
  } catch {
    return []
  }
}

/** A symbol has no JSON. */
const unreadable = Symbol("unreadable")

const readOf = (value: object, key: string): unknown => {
  try {
    return (value as Readonly<Record<string, unknown>>)[key]
  } catch {
    return unreadable
  }
}
