import type * as Description from "@trackmap/core/Description"
import * as PlainType from "@trackmap/core/PlainType"

/** The columns of a property's type (Amplitude, ".CSV file schema reference"), as the files that Amplitude exports write them. */
export const typeColumns = [
  "Property Value Type",
  "Property Required",
  "Property Visibility",
  "Property Is Array",
  "String Property Value Min Length",
  "String Property Value Max Length",
  "Number Is Integer",
  "Number Property Value Min",
  "Number Property Value Max",
  "Array Unique Items",
  "Array Min Items",
  "Array Max Items",
  "Enum Values",
  "Const Value",
  "Property Regex"
] as const

/** The cells of a type, and which parts of it they have. */
export interface Typed {
  readonly cells: Partial<Record<(typeof typeColumns)[number], string>>
  readonly kept: ReadonlyArray<PlainType.Part>
}

const text = (value: number | undefined): string => (value === undefined ? "" : String(value))

/** A list of values has commas between them. */
const isListed = (value: string | number | boolean): boolean => !String(value).includes(",")

const literals = (values: ReadonlyArray<string | number | boolean>): Typed => {
  if (values.length === 1) {
    return { cells: { "Property Value Type": "const", "Const Value": String(values[0]) }, kept: ["values", "type"] }
  }
  return values.every(isListed)
    ? { cells: { "Property Value Type": "enum", "Enum Values": values.join() }, kept: ["values", "type"] }
    : { cells: { "Property Value Type": "any" }, kept: [] }
}

const plain = { string: "string", number: "number", integer: "number", boolean: "boolean" } as const

/** The cells of a type. */
export const typed = (type: Description.JsonType): Typed => {
  switch (type._tag) {
    case "String": {
      const { maxLength, minLength, patterns = [] } = type
      return {
        cells: {
          "Property Value Type": "string",
          "String Property Value Min Length": text(minLength),
          "String Property Value Max Length": text(maxLength),
          ...(patterns.length === 1 && { "Property Regex": patterns[0]! })
        },
        kept: patterns.length === 1 ? ["length", "pattern"] : ["length"]
      }
    }
    case "Integer":
    case "Number": {
      const { maximum, minimum } = type
      const isWhole = [type.exclusiveMinimum, type.exclusiveMaximum, type.multipleOf].every((one) => one === undefined)
      return {
        cells: {
          "Property Value Type": "number",
          ...(type._tag === "Integer" && { "Number Is Integer": "True" }),
          "Number Property Value Min": text(minimum),
          "Number Property Value Max": text(maximum)
        },
        kept: isWhole ? ["bounds"] : []
      }
    }
    case "Literals":
      return literals(type.values)
    case "Array": {
      const inner = typed(type.items)
      // A list of lists has no columns for its inner lists.
      const items = type.items._tag === "Array" ? { cells: { "Property Value Type": "any" }, kept: [] } : inner
      const isWhole = PlainType.of(type.items).parts.every((part) => items.kept.includes(part))
      return {
        cells: {
          ...items.cells,
          "Property Is Array": "True",
          "Array Min Items": text(type.minItems),
          "Array Max Items": text(type.maxItems)
        },
        kept: isWhole && items.cells["Property Value Type"] !== "any" ? ["length", "elements"] : ["length"]
      }
    }
    case "Tuple":
      return { cells: { "Property Value Type": "any", "Property Is Array": "True" }, kept: [] }
    case "Json":
      return { cells: { "Property Value Type": "any" }, kept: ["type"] }
    default: {
      const name = PlainType.of(type).name ?? "object"
      return { cells: { "Property Value Type": name in plain ? plain[name as keyof typeof plain] : "any" }, kept: [] }
    }
  }
}
