/** Examples that a type accepts: others would be errors of the plan. */
import type { JsonType } from "@trackmap/core/Description"
import { call, type Code, text } from "./code.ts"
import { isRecord } from "./model.ts"
import { regExpOf } from "./schema.ts"
import { valueOf } from "./types.ts"

const isTime = (value: string): boolean => {
  const time = new Date(value)
  return !Number.isNaN(time.getTime()) && time.toISOString() === value
}

const uuid = /^[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i
const base64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/

const isText = (value: unknown, type: Extract<JsonType, { readonly _tag: "String" }>): boolean => {
  const { format, maxLength = Infinity, minLength = 0, patterns = [] } = type
  if (typeof value !== "string" || value.length < minLength || value.length > maxLength) return false
  if (format === "uuid" && !uuid.test(value)) return false
  if (format === "byte" && !base64.test(value)) return false
  return format !== "ulid" && patterns.every((pattern) => regExpOf(pattern)!.test(value))
}

/** Whether a type's schema has the JSON itself as its values. */
const isPlain = (type: JsonType): boolean => {
  switch (type._tag) {
    case "String":
      return !["date-time", "decimal", "integer"].includes(type.format ?? "")
    case "Array":
      return isPlain(type.items)
    case "Object":
      return (
        type.rest === undefined &&
        type.properties.every((property) => isPlain(property.type) && property.name !== "__proto__")
      )
    case "Number":
    case "Integer":
    case "Literals":
    case "Boolean":
    case "Null":
      return true
    default:
      return false
  }
}

const isOf = (value: unknown, type: JsonType): boolean => {
  if (value === null) return type._tag === "Null" || ("nullable" in type && type.nullable === true)
  switch (type._tag) {
    case "String":
      return isText(value, type)
    case "Number":
    case "Integer": {
      const { exclusiveMaximum, exclusiveMinimum, maximum, minimum, multipleOf } = type
      if (typeof value !== "number" || (type._tag === "Integer" && !Number.isSafeInteger(value))) return false
      if (value < (minimum ?? value) || value > (maximum ?? value) || multipleOf !== undefined) return false
      return value > (exclusiveMinimum ?? -Infinity) && value < (exclusiveMaximum ?? Infinity)
    }
    case "Literals":
      return type.values.includes(value as string)
    case "Boolean":
      return typeof value === "boolean"
    case "Array":
      return (
        Array.isArray(value) &&
        value.length >= (type.minItems ?? 0) &&
        value.length <= (type.maxItems ?? Infinity) &&
        value.every((item) => isOf(item, type.items))
      )
    case "Object":
      return (
        isRecord(value) &&
        Object.keys(value).every((name) => type.properties.some((property) => property.name === name)) &&
        type.properties.every((property) =>
          Object.hasOwn(value, property.name) ? isOf(value[property.name], property.type) : property.optional
        )
      )
    default:
      return false
  }
}

/** The code of an example, or undefined if the type does not accept it, or nobody knows. */
export const exampleOf = (value: unknown, type: JsonType): Code | undefined => {
  if (type._tag === "Json") return isDeepJson(value) ? undefined : valueOf(value)
  if (
    type._tag === "String" &&
    type.format === "date-time" &&
    type.patterns === undefined &&
    type.minLength === undefined &&
    type.maxLength === undefined
  )
    return typeof value === "string" && isTime(value) ? call("new Date", text(value)) : undefined
  return isPlain(type) && isOf(value, type) ? valueOf(value) : undefined
}

/** An example nobody would read, or one with a name that an object cannot have. */
const isDeepJson = (value: unknown, depth = 0): boolean =>
  depth > 5 ||
  (Array.isArray(value)
    ? value.some((one) => isDeepJson(one, depth + 1))
    : isRecord(value) &&
      Object.entries(value).some(([name, one]) => name === "__proto__" || isDeepJson(one, depth + 1)))
