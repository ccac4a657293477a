/** The type of the JSON that a JSON Schema describes, for the attributes of a Standard Schema. */
import { type JsonType, type Property, union } from "../../Description.ts"
import { constants, json, type Keywords, list, number, text } from "./jsonType.ts"

const isKeywords = (value: unknown): value is Keywords =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const listed = (value: unknown): ReadonlyArray<unknown> | undefined => (Array.isArray(value) ? value : undefined)

/** Undefined if the schema allows no value. */
const orNothing = (schema: unknown): JsonType | undefined => (schema === false ? undefined : of(schema))

const objectOf = (schema: Keywords): JsonType => {
  const required = listed(schema["required"]) ?? []
  const { additionalProperties, patternProperties, properties } = schema
  const rest = patternProperties === undefined ? orNothing(additionalProperties) : json
  return {
    _tag: "Object",
    properties: Object.entries(isKeywords(properties) ? properties : {}).map(([name, property]) => ({
      name,
      type: of(property),
      optional: !required.includes(name),
      personal: false
    })),
    ...(rest !== undefined && { rest })
  }
}

const arrayOf = (schema: Keywords): JsonType => {
  const { items, minItems = 0, prefixItems } = schema
  const places = listed(prefixItems)
  if (places === undefined) return list(of(items), [schema])
  const rest = orNothing(items)
  return {
    _tag: "Tuple",
    items: places.map((place, index) => ({ type: of(place), optional: index >= Number(minItems) })),
    ...(rest !== undefined && { rest })
  }
}

const ofKind = (schema: Keywords, type: unknown): JsonType => {
  switch (type) {
    case "string":
      return text([schema])
    case "number":
    case "integer":
      return number([{ ...schema, type }])
    case "boolean":
      return { _tag: "Boolean" }
    case "null":
      return { _tag: "Null" }
    case "array":
      return arrayOf(schema)
    case "object":
      return objectOf(schema)
    default:
      return json
  }
}

const ownType = (schema: Keywords): JsonType => {
  const { anyOf, const: constant, enum: values, oneOf, type } = schema
  if (constant !== undefined) return constants([constant])
  const choices = listed(anyOf) ?? listed(oneOf)
  const said = listed(values)
  if (said !== undefined) return constants(said)
  if (choices !== undefined) return union(choices.map(of))
  return Array.isArray(type) ? union(type.map((one) => ofKind(schema, one))) : ofKind(schema, type)
}

/** An intersection. Objects are merged; otherwise the first type is enough, since each of them describes every value. */
const allOf = (types: ReadonlyArray<JsonType>): JsonType => {
  const known = types.filter(({ _tag }) => _tag !== "Json")
  const objects = known.filter((type) => type._tag === "Object")
  if (objects.length !== known.length || objects.length < 2) return known[0] ?? json
  const properties = new Map<string, Property>()
  for (const object of objects) for (const property of object.properties) properties.set(property.name, property)
  return {
    _tag: "Object",
    properties: [...properties.values()],
    ...(objects.every(({ rest }) => rest) && { rest: json })
  }
}

export const of = (schema: unknown): JsonType => {
  if (!isKeywords(schema)) return json
  const all = listed(schema["allOf"])
  return all === undefined ? ownType(schema) : allOf([ownType(schema), ...all.map(of)])
}
