/**
 * The types of plans in words that every destination has, for formats that know no more than `string`, `number` and so on: and what of a type they lack.
 *
 * @module
 */
import { type JsonType, typeText } from "./Description.ts"
import type { Loss } from "./PlanSupport.ts"

/** A type of JSON. `integer` is a number without a fraction. */
export type Name = "string" | "number" | "integer" | "boolean" | "object" | "array" | "null"

/** What a plain type does not say: `elements` of a list, `properties` of an object, `type` of a value that can have several. */
export type Part = "null" | "format" | "length" | "pattern" | "bounds" | "values" | "elements" | "properties" | "type"

/** A plain type, or undefined for values of several types; and what it does not say of the type that it is made from. */
export interface PlainType {
  readonly name: Name | undefined
  readonly parts: ReadonlyArray<Part>
}

const isNumber = (name: Name | undefined): boolean => name === "number" || name === "integer"

/** The type of values that can have each of these types. */
const common = (names: ReadonlyArray<Name | undefined>): Name | undefined => {
  const [first, ...others] = new Set(names)
  if (others.length === 0) return first
  return [first, ...others].every(isNumber) ? "number" : undefined
}

const nameOfValue = (value: string | number | boolean): Name =>
  typeof value === "string"
    ? "string"
    : typeof value === "boolean"
      ? "boolean"
      : Number.isSafeInteger(value)
        ? "integer"
        : "number"

const some = (parts: Partial<Record<Part, boolean>>): ReadonlyArray<Part> =>
  (Object.keys(parts) as ReadonlyArray<Part>).filter((part) => parts[part] === true)

const withoutNull = (type: JsonType): PlainType => {
  switch (type._tag) {
    case "String": {
      const { format, maxLength, minLength, patterns } = type
      const length = minLength !== undefined || maxLength !== undefined
      return { name: "string", parts: some({ format: format !== undefined, length, pattern: patterns !== undefined }) }
    }
    case "Integer":
    case "Number": {
      const { _tag, nullable: _, ...bounds } = type
      const name = _tag === "Integer" ? "integer" : "number"
      return { name, parts: some({ bounds: Object.keys(bounds).length > 0 }) }
    }
    case "Boolean":
      return { name: "boolean", parts: [] }
    case "Null":
      return { name: "null", parts: [] }
    case "Literals": {
      const name = common(type.values.map(nameOfValue))
      return { name, parts: [name === undefined ? "type" : "values"] }
    }
    case "Array":
      return {
        name: "array",
        parts: some({ elements: true, length: type.minItems !== undefined || type.maxItems !== undefined })
      }
    case "Tuple":
      return { name: "array", parts: ["elements", "length"] }
    case "Object":
    case "Record":
      return { name: "object", parts: ["properties"] }
    case "Union": {
      const members = type.types.filter(({ _tag }) => _tag !== "Null").map(of)
      const isNull = members.length < type.types.length || members.some(({ parts }) => parts.includes("null"))
      return { name: common(members.map(({ name }) => name)), parts: isNull ? ["type", "null"] : ["type"] }
    }
    case "Json":
    case "Recursive":
      return { name: undefined, parts: ["type"] }
  }
}

/**
 * The plain type of a type.
 *
 * @example
 * ```ts
 * import { PlainType } from "@trackmap/core"
 *
 * console.log(PlainType.of({ _tag: "String", format: "uuid", nullable: true })) // { name: "string", parts: [ "format", "null" ] }
 * console.log(PlainType.of({ _tag: "Union", types: [{ _tag: "Boolean" }, { _tag: "Integer" }] })) // { name: undefined, parts: [ "type" ] }
 * ```
 */
export const of = (type: JsonType): PlainType => {
  const { name, parts } = withoutNull(type)
  const isNull = "nullable" in type && type.nullable === true && !parts.includes("null")
  return { name, parts: isNull ? [...parts, "null"] : parts }
}

const texts: Readonly<Record<Exclude<Part, "type" | "format">, string>> = {
  null: "that it can be null",
  length: "its length",
  pattern: "its pattern",
  bounds: "its bounds",
  values: "its values",
  elements: "what its elements are",
  properties: "what is in it"
}

const textOf = (part: Part, type: JsonType): string => {
  if (part === "type") return `its type, ${typeText(type)}`
  return part === "format" ? `its format, ${type._tag === "String" ? type.format : ""}` : texts[part]
}

/**
 * The loss of a format that has the plain type of a key, and keeps some of the rest: no loss, or one.
 *
 * @example
 * ```ts
 * import { PlainType } from "@trackmap/core"
 *
 * const key = { name: "orderPlaced", key: "Order_id" }
 * console.log(PlainType.losses(key, { _tag: "String", format: "uuid", maxLength: 40 }, ["length"]))
 * // [ { name: "orderPlaced", key: "Order_id", what: "its format, uuid" } ]
 * ```
 */
export const losses = (
  { key, name }: Pick<Loss, "name" | "key">,
  type: JsonType,
  kept: ReadonlyArray<Part> = []
): ReadonlyArray<Loss> => {
  const lost = of(type).parts.filter((part) => !kept.includes(part))
  if (lost.length === 0) return []
  const what = lost.map((part) => textOf(part, type)).join(", ")
  return [key === undefined ? { name, what } : { name, key, what }]
}
