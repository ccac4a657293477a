/**
 * A destination's names for the values of a message's `context` (Segment Spec, "Common Fields").
 *
 * @module
 */
import * as Predicate from "effect/Predicate"
import type { Values } from "./PropertyLimits.ts"

/** The destination's names by those of the context: `{ locale: "language", os: { name: "os_name" } }`. */
export type Names = Readonly<Record<string, string | Readonly<Record<string, string>>>>

/** A text that is not empty, a number or a boolean. */
export type Value = string | number | boolean

/** What receives the values. */
export interface Receiver {
  readonly add: (name: string, value: Value) => void
}

/** Passes each named value of a context on, in the order of the context. It leaves out empty texts, null, lists and objects. */
export type Reader = (context: Values, to: Receiver) => void

/** The usual names for a context's `campaign`: the UTM parameters. */
export const utm = {
  source: "utm_source",
  medium: "utm_medium",
  name: "utm_campaign",
  term: "utm_term",
  content: "utm_content"
} as const

const isValue = (value: unknown): value is Value =>
  typeof value === "string" ? value !== "" : typeof value === "number" || typeof value === "boolean"

/**
 * Makes a function that reads contexts.
 *
 * @example
 * ```ts
 * import { ContextNames } from "@trackmap/core"
 *
 * const read = ContextNames.reader({ locale: "language", os: { name: "os_name", version: "os_version" } })
 * const fields = new Map<string, ContextNames.Value>()
 * read(
 *   { os: { name: "Debian", version: "" }, locale: "en-GB", ip: "203.0.113.7" },
 *   { add: (name, value) => fields.set(name, value) }
 * )
 * console.log(fields) // Map(2) { "os_name" => "Debian", "language" => "en-GB" }
 * ```
 */
export const reader = (names: Names): Reader => {
  const byKey = new Map(Object.entries(names))
  return (context, receiver) => {
    for (const key in context) {
      const to = byKey.get(key)
      const value = context[key]
      if (typeof to === "string") {
        if (isValue(value)) receiver.add(to, value)
      } else if (to !== undefined && Predicate.isObject(value)) {
        for (const inner in to) {
          const one = value[inner]
          if (isValue(one)) receiver.add(to[inner]!, one)
        }
      }
    }
  }
}
