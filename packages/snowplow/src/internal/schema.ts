import type * as Description from "@trackmap/core/Description"
import * as JsonSchema from "effect/JsonSchema"
import type { Mapping, Target } from "./mapping.ts"
import { uriOf, versionOf } from "./naming.ts"
import type { Naming } from "./options.ts"

/** What the sink's `redact` does with personal values. */
export type Personal = "keep" | "drop" | "hash"

const withNull = (schema: JsonSchema.JsonSchema): JsonSchema.JsonSchema => ({
  ...schema,
  ...(schema["type"] !== undefined && { type: [schema["type"], "null"].flat() }),
  ...(Array.isArray(schema["enum"]) && { enum: [...schema["enum"], null] }),
  ...(Array.isArray(schema["anyOf"]) && { anyOf: [...schema["anyOf"], { type: "null" }] })
})

const hashed: JsonSchema.JsonSchema = { type: ["string", "array", "null"] }

/** A property, and what it is for people. */
interface Described extends Description.Property {
  readonly description?: string | undefined
}

const objectOf = (all: ReadonlyArray<Described>, personal: Personal): JsonSchema.JsonSchema => {
  const shown = all.filter((property) => personal !== "drop" || !property.personal)
  const required = shown.filter(({ optional }) => !optional).map(({ name }) => name)
  return {
    type: "object",
    properties: Object.fromEntries(
      shown.map((one) => {
        const schema = one.personal && personal === "hash" ? hashed : typeOf(one.type, personal)
        return [one.name, one.description === undefined ? schema : { description: one.description, ...schema }]
      })
    ),
    // Draft 4 allows no empty list.
    ...(required.length > 0 && { required })
  }
}

/** The formats that mean the same in Trackmap and in JSON Schema. */
export const formats: ReadonlySet<string | undefined> = new Set(["date-time", "uri", "uuid"])

/** The integers that JavaScript represents exactly. */
const safe = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }

const plainOf = (type: Description.JsonType, personal: Personal): JsonSchema.JsonSchema => {
  switch (type._tag) {
    case "String": {
      const { format, maxLength, minLength } = type
      return {
        type: "string",
        ...(formats.has(format) && { format }),
        // JSON Schema counts code points, of which two UTF-16 code units may be one.
        ...(minLength !== undefined && { minLength: Math.ceil(minLength / 2) }),
        ...(maxLength !== undefined && { maxLength })
      }
    }
    case "Integer":
    case "Number": {
      const { _tag, multipleOf: _, nullable: __, ...bounds } = type
      return _tag === "Integer" ? { type: "integer", ...safe, ...bounds } : { type: "number", ...bounds }
    }
    case "Boolean":
    case "Null":
      return { type: type._tag === "Null" ? "null" : "boolean" }
    case "Literals": {
      // Columns need the type of constants that all have one.
      const [kind, ...others] = new Set(type.values.map((value) => typeof value))
      return { ...(others.length === 0 && { type: kind }), enum: type.values }
    }
    case "Array": {
      const { _tag, items, nullable: _, ...lengths } = type
      return { type: "array", items: typeOf(items, personal), ...lengths }
    }
    case "Tuple":
      return { type: "array" }
    case "Object": {
      const { properties, rest } = type
      return { ...objectOf(properties, personal), ...(rest && { additionalProperties: typeOf(rest, personal) }) }
    }
    case "Union":
      return { anyOf: type.types.map((one) => typeOf(one, personal)) }
    default:
      return {}
  }
}

const typeOf = (type: Description.JsonType, personal: Personal): JsonSchema.JsonSchema => {
  const schema = plainOf(type, personal)
  return "nullable" in type && type.nullable === true ? withNull(schema) : schema
}

const property = (name: string, type: Description.JsonType, optional = false): Description.Property => ({
  name,
  type,
  optional,
  personal: false
})

type Call = "identify" | "group" | "page" | "screen"

/** An object with these properties, and any others. */
const objectWith = (properties: ReadonlyArray<Description.Property>): Description.JsonType => ({
  _tag: "Object",
  properties,
  rest: { _tag: "Json" }
})

/** The values of a call: the keys that the plan declares for it, and any others. */
const declared = (plan: Description.Plan, call: Call): Description.JsonType => {
  const keys = plan.calls?.find((one) => one.call === call)?.keys ?? []
  const isTrait = call === "identify" || call === "group"
  return objectWith(
    keys.map(({ description, key: name, optional, personal, type }): Described => ({
      name,
      description,
      type,
      // A call may leave out traits.
      optional: optional || isTrait,
      personal
    }))
  )
}

/** The attributes of the schemas that no definition names. */
const fixedOf = (plan: Description.Plan): ReadonlyMap<string, ReadonlyArray<Description.Property>> => {
  const text = { _tag: "String" } as const
  const viewOf = (call: Call) => [
    property("name", text, true),
    property("category", text, true),
    property("properties", declared(plan, call))
  ]
  return new Map([
    ["identify", [property("traits", declared(plan, "identify"))]],
    ["group", [property("groupId", text), property("traits", declared(plan, "group"))]],
    ["alias", [property("previousId", text)]],
    ["page", viewOf("page")],
    ["screen", viewOf("screen")],
    ["unplanned_event", [property("event", text), property("properties", objectWith([]))]]
  ])
}

/** The attributes of all occurrences of a target. Events may omit parts of an entity: required is only what all of them have. */
const attributesOf = (occurrences: ReadonlyArray<Target>): ReadonlyArray<Described> => {
  const names = new Set(occurrences.flatMap(({ attributes }) => [...attributes.keys()]))
  return Array.from(names, (name) => {
    const found = occurrences.flatMap(({ attributes }) => attributes.get(name) ?? [])
    const types = new Map(found.map(({ type }) => [JSON.stringify(type), type]))
    const [type, ...others] = types.values()
    return {
      name,
      description: found.find(({ description }) => description !== undefined)?.description,
      type: others.length === 0 ? type! : { _tag: "Union", types: [...types.values()] },
      optional: found.length < occurrences.length || found.some(({ optional }) => optional),
      personal: found.some(({ personal }) => personal)
    }
  })
}

/** A schema, and its place in an Iglu registry. */
export interface SchemaFile {
  /** Such as `iglu:com.acme/order/jsonschema/1-0-0`. */
  readonly uri: string
  /** The file's path in a static registry: `schemas/com.acme/order/jsonschema/1-0-0`. */
  readonly path: string
  /** The self-describing JSON Schema, in draft 4. */
  readonly schema: JsonSchema.JsonSchema
}

/** The schemas of a plan. */
export const filesOf = (
  plan: Description.Plan,
  { schemas }: Mapping,
  naming: Naming,
  personal: Personal
): ReadonlyArray<SchemaFile> => {
  const described = new Map([
    ...plan.events.map(({ description, name }) => [`events ${name}`, description] as const),
    ...plan.entities.map(({ description, name }) => [`entities ${name}`, description] as const)
  ])
  const fileOf = (schemaName: string, of: Target, attributes: ReadonlyArray<Described>): SchemaFile => {
    const schema = objectOf(attributes, personal)
    const uri = uriOf(schemaName, naming)
    const { name, option, owner } = of
    return {
      uri,
      path: uri.replace("iglu:", "schemas/"),
      schema: {
        $schema: "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
        description: described.get(`${option} ${name}`) ?? `Trackmap: ${owner}`,
        self: {
          vendor: naming.vendor,
          name: schemaName,
          format: "jsonschema",
          version: versionOf(schemaName, naming)
        },
        ...JsonSchema.toDocumentDraft04({ dialect: "draft-2020-12", schema, definitions: {} }).schema,
        additionalProperties: false
      }
    }
  }
  const calls = fixedOf(plan)
  return Array.from(schemas, ([name, targets]) => fileOf(name, targets[0]!, calls.get(name) ?? attributesOf(targets)))
}
