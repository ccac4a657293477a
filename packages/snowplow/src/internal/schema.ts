import type * as Description from "@trackmap/core/Description"
import type { Described, Mapping } from "./mapping.ts"
import { type Naming, uriOf, versionOf } from "./naming.ts"

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** What the sink's `redact` does with personal values. */
export type Personal = "keep" | "drop" | "hash"

/** The formats that mean the same in Trackmap and in JSON Schema. */
const formats: ReadonlySet<string | undefined> = new Set(["date-time", "uri", "uuid"])

const when = <A>(value: A | undefined, keywords: (value: A) => JsonSchema): JsonSchema =>
  value === undefined ? {} : keywords(value)

type Bounds = Extract<Description.JsonType, { readonly _tag: "Number" | "Integer" }>

/** Draft 4 says by a boolean that a bound is exclusive. */
const boundsOf = (type: Bounds): JsonSchema => {
  const { exclusiveMaximum, exclusiveMinimum, maximum, minimum } = type
  const isWhole = type._tag === "Integer"
  const least = isWhole ? Number.MIN_SAFE_INTEGER : undefined
  const most = isWhole ? Number.MAX_SAFE_INTEGER : undefined
  return {
    ...when(minimum ?? least, (minimum) => ({ minimum })),
    ...when(maximum ?? most, (maximum) => ({ maximum })),
    ...(exclusiveMinimum !== undefined && exclusiveMinimum >= (minimum ?? Number.NEGATIVE_INFINITY)
      ? { minimum: exclusiveMinimum, exclusiveMinimum: true }
      : {}),
    ...(exclusiveMaximum !== undefined && exclusiveMaximum <= (maximum ?? Number.POSITIVE_INFINITY)
      ? { maximum: exclusiveMaximum, exclusiveMaximum: true }
      : {})
  }
}

const hashed: JsonSchema = { type: ["string", "array", "null"] }

const objectOf = (
  properties: ReadonlyArray<Description.Property>,
  personal: Personal,
  additional: JsonSchema
): JsonSchema => {
  const shown = properties.filter((property) => personal !== "drop" || !property.personal)
  const required = shown.filter(({ optional }) => !optional).map(({ name }) => name)
  return {
    type: "object",
    properties: Object.fromEntries(
      shown.map((one) => [one.name, one.personal && personal === "hash" ? hashed : typeOf(one.type, personal)])
    ),
    // Draft 4 allows no empty list.
    ...(required.length > 0 && { required }),
    ...additional
  }
}

const withNull = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  ...(schema["type"] !== undefined && { type: [schema["type"], "null"].flat() }),
  ...(Array.isArray(schema["enum"]) && { enum: [...schema["enum"], null] }),
  ...(Array.isArray(schema["anyOf"]) && { anyOf: [...schema["anyOf"], { type: "null" }] })
})

/** The type of constants that all have one: columns need it. */
const kindOf = (values: ReadonlyArray<unknown>): JsonSchema => {
  const [type, ...others] = new Set(values.map((value) => typeof value))
  return others.length === 0 ? { type } : {}
}

const plainOf = (type: Description.JsonType, personal: Personal): JsonSchema => {
  switch (type._tag) {
    case "String":
      return {
        type: "string",
        ...(formats.has(type.format) && { format: type.format }),
        // JSON Schema counts code points, of which two UTF-16 code units may be one.
        ...when(type.minLength, (least) => ({ minLength: Math.ceil(least / 2) })),
        ...when(type.maxLength, (maxLength) => ({ maxLength }))
      }
    case "Integer":
    case "Number":
      return { type: type._tag === "Integer" ? "integer" : "number", ...boundsOf(type) }
    case "Boolean":
    case "Null":
      return { type: type._tag === "Null" ? "null" : "boolean" }
    case "Literals":
      return { ...kindOf(type.values), enum: type.values }
    case "Array":
      return {
        type: "array",
        items: typeOf(type.items, personal),
        ...when(type.minItems, (minItems) => ({ minItems })),
        ...when(type.maxItems, (maxItems) => ({ maxItems }))
      }
    case "Tuple":
      return { type: "array" }
    case "Object": {
      const { rest } = type
      return objectOf(
        type.properties,
        personal,
        when(rest, (rest) => ({ additionalProperties: typeOf(rest, personal) }))
      )
    }
    case "Union":
      return { anyOf: type.types.map((one) => typeOf(one, personal)) }
    default:
      return {}
  }
}

const typeOf = (type: Description.JsonType, personal: Personal): JsonSchema => {
  const schema = plainOf(type, personal)
  return "nullable" in type && type.nullable === true ? withNull(schema) : schema
}

const schemaOf = (name: string, { attributes, owner }: Described, naming: Naming, personal: Personal): JsonSchema => ({
  $schema: "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
  description: `Trackmap: ${owner}`,
  self: { vendor: naming.vendor, name, format: "jsonschema", version: versionOf(naming, name) },
  ...objectOf(
    Array.from(attributes, ([key, { optional, personal, type }]) => ({ name: key, optional, personal, type })),
    personal,
    { additionalProperties: false }
  )
})

/** A schema, and its place in an Iglu registry. */
export interface SchemaFile {
  /** Such as `iglu:com.acme/order/jsonschema/1-0-0`. */
  readonly uri: string
  /** The file's path in a static registry: `schemas/com.acme/order/jsonschema/1-0-0`. */
  readonly path: string
  /** The self-describing JSON Schema, in draft 4. */
  readonly schema: JsonSchema
}

export const filesOf = ({ schemas }: Mapping, naming: Naming, personal: Personal): ReadonlyArray<SchemaFile> =>
  Array.from(schemas, ([name, described]) => {
    const uri = uriOf(naming, name)
    return { uri, path: uri.replace("iglu:", "schemas/"), schema: schemaOf(name, described, naming, personal) }
  })
