/** What tests of the warehouses' sinks compare: a value that was tracked with what a column gives back. */
import type { Message } from "@trackmap/core"
import { Dialect, Instant, type Table } from "../src/index.ts"

/** What an engine's columns hold of what their kind has. */
export interface Holding {
  /** Whether a text, or a text within JSON, may have a null character. */
  readonly nul: boolean
  /** Whether a text within JSON may have half a surrogate pair. */
  readonly halves: boolean
  /** The earliest time, in microseconds. */
  readonly from: bigint
  /** The first time after the latest, in microseconds. */
  readonly to: bigint
}

const daysOfJavaScript = 100_000_000n
const day = 86_400_000_000n

/** An engine without limits, but for those of text. */
export const anyTime = { from: -daysOfJavaScript * day, to: daysOfJavaScript * day + 1n }

/** A value of JSON as any parser reads it back: without negative zeros. */
export const plain = (given: unknown): Message.Json =>
  JSON.parse(Dialect.jsonText(given as Message.Json)) as Message.Json

/** The texts within a value, with its keys. A deep value would run a recursion out of stack. */
const textsIn = (given: Message.Json): ReadonlyArray<string> => {
  const texts: Array<string> = []
  const left: Array<Message.Json> = [given]
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value === "string") texts.push(value)
    else if (typeof value === "object" && value !== null) {
      if (!Array.isArray(value)) texts.push(...Object.keys(value))
      left.push(...(Object.values(value) as ReadonlyArray<Message.Json>))
    }
  }
  return texts
}

/** Whether two values are the same JSON, whatever the order of their keys. Deep values would run `assert.deepStrictEqual` out of stack. */
export const same = (one: unknown, other: unknown): boolean => {
  const left: Array<readonly [unknown, unknown]> = [[one, other]]
  for (let pair = left.pop(); pair !== undefined; pair = left.pop()) {
    const [a, b] = pair
    if (Object.is(a, b)) continue
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
    const entries = Object.entries(a)
    if (Array.isArray(a) !== Array.isArray(b) || entries.length !== Object.keys(b).length) return false
    for (const [key, value] of entries) {
      if (!Object.hasOwn(b, key)) return false
      left.push([value, (b as Readonly<Record<string, unknown>>)[key]])
    }
  }
  return true
}

/** Whether a value has the kind, and an engine's column of that kind holds it. */
export const holds = ({ from, halves, nul, to }: Holding, kind: Table.Kind, given: Message.Json): boolean => {
  const holdsText = (text: string, within: boolean): boolean =>
    (nul || !text.includes("\0")) && ((within && halves) || text.isWellFormed())
  switch (kind) {
    case "string":
      return typeof given === "string" && holdsText(given, false)
    case "integer":
      return Number.isSafeInteger(given)
    case "number":
      return typeof given === "number"
    case "boolean":
      return typeof given === "boolean"
    case "timestamp": {
      const micros = typeof given === "string" ? Instant.micros(given) : undefined
      return micros !== undefined && micros >= from && micros < to
    }
    case "json":
      return textsIn(given).every((text) => holdsText(text, true))
  }
}

/** Whether what a column gives back as text (a time as microseconds) is the value that was tracked. */
export const cameBack = (kind: Table.Kind, text: string, given: Message.Json): boolean => {
  switch (kind) {
    case "string":
      return text === given
    case "timestamp":
      return text === String(Instant.micros(String(given)))
    case "json":
      // Node.js 26 reads some keys with escapes wrongly (V8), so that a text that is the same is not parsed.
      return text === Dialect.jsonText(given) || same(JSON.parse(text), plain(given))
    default:
      return same(plain(JSON.parse(text)), plain(given))
  }
}
