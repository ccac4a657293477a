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

/** Calls `add` with each named value of a context, in the order of the context. It leaves out empty texts, null, lists and objects. */
export type Reader = (context: Values, add: (name: string, value: Value) => void) => void

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
 * const fields: Record<string, ContextNames.Value> = {}
 * read({ os: { name: "Debian", version: "" }, locale: "en-GB", ip: "203.0.113.7" }, (name, value) => {
 *   fields[name] = value
 * })
 * console.log(fields) // { os_name: "Debian", language: "en-GB" }
 * ```
 */
export const reader = (names: Names): Reader => {
  const byKey = new Map(Object.entries(names))
  return (context, add) => {
    for (const key in context) {
      const to = byKey.get(key)
      const value = context[key]
      if (typeof to === "string") {
        if (isValue(value)) add(to, value)
      } else if (to !== undefined && Predicate.isObject(value)) {
        for (const inner in to) {
          const one = value[inner]
          if (isValue(one)) add(to[inner]!, one)
        }
      }
    }
  }
}
