import { absent } from "./codec.ts"

/** Receives each value that has no JSON, and its path. */
export type Omit = (path: string, value: unknown) => void

/**
 * Copies a value as its JSON would parse, or returns `absent` if it has none. If an object as a whole has no JSON, the copy keeps the keys that
 * do, `depth` levels down. An undefined value is absent, which is no error.
 */
export const clean = (value: unknown, path: string, depth: number, omit: Omit): unknown => {
  try {
    const json = JSON.stringify(value)
    if (json !== undefined) return JSON.parse(json)
  } catch {
    if (depth > 0 && typeof value === "object" && value !== null && !Array.isArray(value)) {
      return cleanKeys(value, path, depth - 1, omit)
    }
  }
  if (value !== undefined) omit(path, value)
  return absent
}

/** Built from entries, because an assignment to "__proto__" would not add a key. */
const cleanKeys = (value: object, path: string, depth: number, omit: Omit): object => {
  const kept: Array<readonly [string, unknown]> = []
  for (const key of keysOf(value)) {
    const json = clean(readOf(value, key), `${path}.${key}`, depth, omit)
    if (json !== absent) kept.push([key, json])
  }
  return Object.fromEntries(kept)
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
