import type { Json } from "effect/Schema"
import { masked } from "./protocol.ts"

/** Replaces the leaves of a value, and the keys of its objects. */
export interface Leaves {
  readonly text: (text: string) => string
  readonly number: (number: number) => Json
  readonly key: (key: string) => string
}

const depth = 64
const nodes = 200_000
/** The characters that are shown of one text, and of all texts of a value. */
const textLength = 100_000
const allTexts = 2_000_000
/** The number of further characters to read, to find and mask a personal value that crosses the end of the visible text. */
export const beyond = 16

/** The first characters of a text, in which `replace` has masked personal values. Reads no more than it needs. */
const startOf = (text: string, replace: (text: string) => string, length: number): string => {
  if (text.length <= length + beyond) return replace(text)
  const read = replace(text.slice(0, length + beyond))
  // The rest may be the start of a personal value.
  return read === masked ? `${masked}…` : `${read.slice(0, Math.max(0, read.length - beyond))}…`
}

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

/** Keeps the keys of one object distinct after masking. */
class Keys {
  /** By key, the number of the next one like it. */
  readonly #next = new Map<string, number>()

  /** A key that the object does not have yet. */
  add(key: string): string {
    let unique = key
    let n = this.#next.get(key) ?? 1
    while (this.#next.has(unique)) unique = `${key} ${++n}`
    this.#next.set(unique, 1)
    if (unique !== key) this.#next.set(key, n)
    return unique
  }
}

/**
 * A copy of any value, as JSON, with its leaves replaced. Sinks reject a message without JSON, but the inspector shows it: it cuts off cyclic,
 * endless and throwing parts, and texts that are too long to read.
 */
export const copy = (value: unknown, leaves: Leaves, characters = allTexts): Json => {
  let left = nodes
  let unread = characters
  const text = (text: string, replace: (text: string) => string): string => {
    const length = Math.min(unread, characters === allTexts ? textLength : characters)
    unread -= Math.min(length, text.length)
    return startOf(text, replace, length)
  }
  const limited: Leaves = {
    text: (given) => text(given, leaves.text),
    number: leaves.number,
    key: (given) => text(given, leaves.key)
  }
  const go = (value: unknown, level: number): Json | undefined => {
    if (value === null) return null
    if (typeof value !== "object") return scalar(value, limited)
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
      const keys = new Keys()
      for (const key of Object.keys(value)) {
        const item = go((value as Record<string, unknown>)[key], level + 1)
        if (item === undefined) continue
        entries.push([keys.add(limited.key(key)), item])
        if (--left < 0) break
      }
      return Object.fromEntries(entries)
    } catch {
      return "…"
    }
  }
  return go(value, 0) ?? null
}

/** The first characters of a value's JSON, reading no more of the value than necessary. */
export const start = (value: unknown, leaves: Leaves, length: number): string => {
  let out = ""
  const add = (text: string): boolean => (out += text).length < length
  const go = (value: unknown, level: number): boolean => {
    if (typeof value === "string") return add(JSON.stringify(startOf(value, leaves.text, length)))
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
        const name = JSON.stringify(startOf(key, leaves.key, length))
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
