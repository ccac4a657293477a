import type * as Schema from "effect/Schema"

/** Whether an object is no more than its properties: a Date or a Map is not, an instance of a class can be. */
const isRecord = (value: object): boolean =>
  Object.prototype.toString.call(value) === "[object Object]" &&
  typeof (value as { readonly toJSON?: unknown }).toJSON !== "function"

/** A copy of a JSON value, without keys that are undefined. `refuse` throws for what is no JSON. */
export const copyJson = (value: unknown, refuse: (value: unknown) => never): Schema.Json => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "number":
      if (Number.isFinite(value)) return value
      break
    case "object":
      if (value === null) return null
      if (Array.isArray(value)) return Array.from(value, (item) => copyJson(item, refuse))
      if (isRecord(value)) {
        const entries = Object.entries(value).filter((entry) => entry[1] !== undefined)
        return Object.fromEntries(entries.map(([key, item]) => [key, copyJson(item, refuse)]))
      }
  }
  return refuse(value)
}
