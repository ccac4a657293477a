import type { JsonType } from "@trackmap/core/Description"
import type { Kind } from "../Table.ts"

const ofLiterals = (values: ReadonlyArray<string | number | boolean>): Kind => {
  if (values.every((value) => typeof value === "string")) return "string"
  if (values.every((value) => typeof value === "boolean")) return "boolean"
  if (values.some((value) => typeof value !== "number")) return "json"
  return values.every((value) => Number.isSafeInteger(value)) ? "integer" : "number"
}

/** The kind that holds the values of all of some kinds. */
const ofAll = (kinds: ReadonlySet<Kind>): Kind => {
  if (kinds.size === 1) return [...kinds][0]!
  return [...kinds].every((kind) => kind === "integer" || kind === "number") ? "number" : "json"
}

/** The kind of the column for values of a type. */
export const of = (type: JsonType): Kind => {
  switch (type._tag) {
    case "String":
      return type.format === "date-time" ? "timestamp" : "string"
    case "Integer":
      return "integer"
    case "Number":
      return "number"
    case "Boolean":
      return "boolean"
    case "Literals":
      return ofLiterals(type.values)
    case "Union":
      return ofAll(new Set(type.types.filter(({ _tag }) => _tag !== "Null").map(of)))
    default:
      return "json"
  }
}
