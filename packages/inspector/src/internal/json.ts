import type { Json } from "effect/Schema"

/** What becomes of the leaves of a value, and of the keys of its objects. */
export interface Leaves {
  readonly text: (text: string) => string
  readonly number: (number: number) => Json
  readonly key: (key: string) => string
}

const depth = 64
const nodes = 200_000

/** What `JSON.stringify` would ask it for, where it has that. */
const plain = (value: object): unknown => {
  const { toJSON } = value as { readonly toJSON?: unknown }
  return typeof toJSON === "function" ? toJSON.call(value) : value
}

/** A scalar as JSON has it, or undefined for what is left out. */
const scalar = (value: unknown, leaves: Leaves): Json | undefined => {
  switch (typeof value) {
    case "string":
      return leaves.text(value)
    case "number":
      return Number.isFinite(value) ? leaves.number(value) : null
    case "boolean":
      return value
    case "bigint":
      return leaves.text(String(value))
    default:
      return undefined
  }
}

/** A key that the object has not got yet: two that are masked are not one. */
const fresh = (key: string, taken: ReadonlySet<string>): string => {
  let unique = key
  for (let n = 2; taken.has(unique); n++) unique = `${key} ${n}`
  return unique
}

/**
 * A copy of whatever came, as JSON, with other leaves. A message that has no JSON is rejected by its sinks, and is shown all the same:
 * what is cyclic, endless or throws is cut off.
 */
export const copy = (value: unknown, leaves: Leaves): Json => {
  let left = nodes
  const go = (value: unknown, level: number): Json | undefined => {
    if (value === null) return null
    if (typeof value !== "object") return scalar(value, leaves)
    if (level > depth || --left < 0) return "…"
    try {
      if (Array.isArray(value)) {
        const items: Array<Json> = []
        for (const item of value) {
          items.push(go(item, level + 1) ?? null)
          if (--left < 0) break
        }
        return items
      }
      const given = plain(value)
      if (given !== value) return go(given, level + 1)
      const entries: Array<readonly [string, Json]> = []
      const taken = new Set<string>()
      for (const key of Object.keys(value)) {
        const item = go((value as Record<string, unknown>)[key], level + 1)
        if (item === undefined) continue
        const unique = fresh(leaves.key(key), taken)
        taken.add(unique)
        entries.push([unique, item])
        if (--left < 0) break
      }
      return Object.fromEntries(entries)
    } catch {
      return "…"
    }
  }
  return go(value, 0) ?? null
}

/**
 * The start of a value's JSON, of so many characters: no more of it is looked at than that takes. `beyond` is how much further a text is
 * looked at, so that what is masked at its end is masked as a whole.
 */
export const start = (value: unknown, leaves: Leaves, length: number, beyond: number): string => {
  let out = ""
  const add = (text: string): boolean => (out += text).length < length
  const go = (value: unknown, level: number): boolean => {
    if (typeof value === "string") return add(JSON.stringify(leaves.text(value.slice(0, length + beyond))))
    if (typeof value !== "object" || value === null) return add(JSON.stringify(scalar(value, leaves) ?? null))
    if (level > depth) return add(`"…"`)
    let first = true
    const next = (): boolean => {
      if (first) first = false
      else return add(",")
      return true
    }
    try {
      if (Array.isArray(value)) {
        return add("[") && value.every((item) => next() && go(item, level + 1)) && add("]")
      }
      const given = plain(value)
      if (given !== value) return go(given, level + 1)
      if (!add("{")) return false
      for (const key in value) {
        const name = JSON.stringify(leaves.key(key.slice(0, length + beyond)))
        if (!(next() && add(`${name}:`) && go((value as Record<string, unknown>)[key], level + 1))) return false
      }
      return add("}")
    } catch {
      return add(`"…"`)
    }
  }
  go(value, 0)
  return out.slice(0, length)
}
