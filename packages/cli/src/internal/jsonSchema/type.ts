/** The JSON Schema (2020-12) of a type. Objects can have further properties, which a later release may add. */
import type { JsonType, Node } from "@trackmap/core/Description"

export type JsonSchema = Readonly<Record<string, unknown>>

/** Formats of ours that JSON Schema does not have. */
const formats: Readonly<Record<string, JsonSchema>> = {
  byte: { contentEncoding: "base64" },
  decimal: { pattern: String.raw`^-?\d+(\.\d+)?(e[+-]?\d+)?$` },
  integer: { pattern: String.raw`^-?\d+$` },
  ulid: { pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{25}$" }
}

/** JSON Schema's patterns have the flag u. Those that mean something else with it, or nothing, are left out. */
const isUnicode = (pattern: string): boolean => {
  try {
    return new RegExp(pattern, "u").source !== ""
  } catch {
    return false
  }
}

const present = (values: Readonly<Record<string, unknown>>): JsonSchema =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

/** JSON Schema counts code points, and types count UTF-16 code units, of which a code point has one or two. */
const text = (type: Extract<JsonType, { readonly _tag: "String" }>): JsonSchema => {
  const { format, maxLength, minLength, patterns = [] } = type
  const own = format === undefined ? {} : (formats[format] ?? { format })
  const written = patterns.filter(isUnicode).map((pattern) => ({ pattern }))
  return {
    type: "string",
    ...present({ minLength: minLength && Math.ceil(minLength / 2), maxLength }),
    ...own,
    ...(written.length > 0 && { allOf: written })
  }
}

const sequence = (type: Extract<JsonType, { readonly _tag: "Array" | "Tuple" }>): JsonSchema => {
  if (type._tag === "Array") {
    const { items, maxItems, minItems } = type
    return { type: "array", items: of(items), ...present({ minItems, maxItems }) }
  }
  const { items, rest } = type
  const minItems = items.filter(({ optional }) => !optional).length
  const prefixItems = items.map((item) => of(item.type))
  return { type: "array", prefixItems, items: rest === undefined ? false : of(rest), minItems }
}

/** A property of an object, or a key of a record. */
export interface Named {
  readonly name: string
  readonly optional: boolean
  readonly schema: JsonSchema
}

/** The schema of an object with some properties. */
export const objectOf = (properties: ReadonlyArray<Named>): JsonSchema => {
  const required = properties.filter(({ optional }) => !optional).map(({ name }) => name)
  return {
    type: "object",
    properties: Object.fromEntries(properties.map(({ name, schema }) => [name, schema])),
    ...(required.length > 0 && { required })
  }
}

/** The schema of a record with the keys of some nodes. */
const recordOf = (nodes: ReadonlyArray<Node>): JsonSchema =>
  objectOf(
    nodes.flatMap(({ keys }) => keys.map((key) => ({ name: key.key, optional: key.optional, schema: of(key.type) })))
  )

const withoutNull = (type: JsonType): JsonSchema => {
  switch (type._tag) {
    case "String":
      return text(type)
    case "Number":
    case "Integer": {
      const { _tag, nullable: _, ...bounds } = type
      const safe = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
      return _tag === "Number" ? { type: "number", ...bounds } : { type: "integer", ...safe, ...bounds }
    }
    case "Boolean":
      return { type: "boolean" }
    case "Null":
      return { type: "null" }
    case "Literals":
      return { enum: type.values }
    case "Array":
    case "Tuple":
      return sequence(type)
    case "Object": {
      const { properties, rest } = type
      const own = objectOf(properties.map(({ name, optional, type }) => ({ name, optional, schema: of(type) })))
      return rest === undefined ? own : { ...own, additionalProperties: of(rest) }
    }
    case "Record":
      return recordOf(type.nodes)
    case "Union":
      return { anyOf: type.types.map(of) }
    case "Json":
    case "Recursive":
      return {}
  }
}

/** The schema of a type. */
export const of = (type: JsonType): JsonSchema => {
  const schema = withoutNull(type)
  if (!("nullable" in type) || type.nullable !== true) return schema
  return "enum" in schema
    ? { enum: [...(schema["enum"] as ReadonlyArray<unknown>), null] }
    : { anyOf: [schema, { type: "null" }] }
}
