import type { Json } from "effect/Schema"

/** Replaces the leaves of a value, and the keys of its objects. */
export interface Leaves {
  readonly text: (text: string) => string
  readonly number: (number: number) => Json
  readonly key: (key: string) => string
}

const depth = 64
const nodes = 200_000

/** The `toJSON` that `JSON.stringify` would call, if the value has one. */
const plain = (value: object): unknown => {
  const { toJSON } = value as { readonly toJSON?: unknown }
  return typeof toJSON === "function" ? toJSON.call(value) : value
}

/** A scalar, as JSON; undefined if JSON leaves it out. */
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

/** A key that the object does not have yet, so that two masked keys stay two. */
const fresh = (key: string, taken: ReadonlySet<string>): string => {
  let unique = key
  for (let n = 2; taken.has(unique); n++) unique = `${key} ${n}`
  return unique
}

/**
 * A copy of any value, as JSON, with its leaves replaced. Sinks reject a message without JSON, but the inspector shows it: it cuts off
 * cyclic, endless and throwing parts.
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
 * The first characters of a value's JSON, reading no more of the value than necessary. It reads each text `beyond` characters further, so
 * that a masked value at the end is masked as a whole.
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
