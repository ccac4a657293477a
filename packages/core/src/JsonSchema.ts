/**
 * The JSON Schema (draft 2020-12) of what a plan describes. Objects may have further properties, which a later release may add. Effect's `JsonSchema`
 * converts it to older drafts.
 *
 * @module
 */
import type * as EffectJsonSchema from "effect/JsonSchema"
import type { Annotations, Event, JsonType, Key, Node, Property } from "./Description.ts"

/** A JSON Schema. */
export type JsonSchema = EffectJsonSchema.JsonSchema

type Of<Tag extends JsonType["_tag"]> = Extract<JsonType, { readonly _tag: Tag }>

/** Formats that JSON Schema does not have. */
const formats: Readonly<Record<string, JsonSchema>> = {
  byte: { contentEncoding: "base64" },
  decimal: { pattern: String.raw`^-?\d+(\.\d+)?(e[+-]?\d+)?$` },
  integer: { pattern: String.raw`^-?\d+$` },
  ulid: { pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{25}$" }
}

/** JSON Schema's patterns have the flag u, with which some patterns mean nothing. */
const isUnicode = (pattern: string): boolean => {
  try {
    return new RegExp(pattern, "u").source !== ""
  } catch {
    return false
  }
}

const present = (values: Readonly<Record<string, unknown>>): JsonSchema =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

const text = ({ format, maxLength, minLength, patterns = [] }: Of<"String">): JsonSchema => {
  const own = format === undefined ? {} : (formats[format] ?? { format })
  const written = patterns.filter(isUnicode).map((pattern) => ({ pattern }))
  return {
    type: "string",
    // JSON Schema counts code points, of which each has one or two UTF-16 code units.
    ...present({ minLength: minLength && Math.ceil(minLength / 2), maxLength }),
    ...own,
    ...(written.length > 0 && { allOf: written })
  }
}

const sequence = (type: Of<"Array"> | Of<"Tuple">): JsonSchema => {
  if (type._tag === "Array") {
    const { items, maxItems, minItems } = type
    return { type: "array", items: ofType(items), ...present({ minItems, maxItems }) }
  }
  const { items, rest } = type
  const minItems = items.filter(({ optional }) => !optional).length
  const prefixItems = items.map((item) => ofType(item.type))
  return { type: "array", prefixItems, items: rest === undefined ? false : ofType(rest), minItems }
}

type Member = readonly [name: string, optional: boolean, schema: JsonSchema]

const objectOf = (members: ReadonlyArray<Member>): JsonSchema => {
  const required = members.filter(([, optional]) => !optional).map(([name]) => name)
  return {
    type: "object",
    properties: Object.fromEntries(members.map(([name, , schema]) => [name, schema])),
    ...(required.length > 0 && { required })
  }
}

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
      const own = objectOf(properties.map((one: Property) => [one.name, one.optional, ofType(one.type)]))
      return rest === undefined ? own : { ...own, additionalProperties: ofType(rest) }
    }
    case "Record":
      return ofNodes(type.nodes)
    case "Union":
      return { anyOf: type.types.map(ofType) }
    case "Json":
    case "Recursive":
      return {}
  }
}

/**
 * The schema of a type. A type inside itself is any JSON.
 *
 * @example
 * ```ts
 * import { JsonSchema } from "@trackmap/core"
 *
 * console.log(JsonSchema.ofType({ _tag: "String", format: "uuid", nullable: true }))
 * // { anyOf: [ { type: "string", format: "uuid" }, { type: "null" } ] }
 * ```
 */
export const ofType = (type: JsonType): JsonSchema => {
  const schema = withoutNull(type)
  if (!("nullable" in type) || type.nullable !== true) return schema
  const { enum: values } = schema
  return Array.isArray(values) ? { enum: [...values, null] } : { anyOf: [schema, { type: "null" }] }
}

const annotated = (schema: JsonSchema, { deprecated, description, examples }: Annotations): JsonSchema => ({
  ...present({ description, deprecated: deprecated && true, examples }),
  ...schema
})

const memberOf = (key: Key): Member => [key.key, key.optional, annotated(ofType(key.type), key)]

const ofNodes = (nodes: ReadonlyArray<Node>): JsonSchema => objectOf(nodes.flatMap(({ keys }) => keys.map(memberOf)))

/**
 * The schema of the properties of an event's messages, with descriptions, examples and deprecations.
 *
 * @example
 * ```ts
 * import { JsonSchema, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { at: Schema.Date, method: Schema.optional(Schema.String) } })
 * console.log(JsonSchema.ofEvent(TrackedEvent.describe(SignedIn)))
 * // {
 * //   title: "signedIn",
 * //   type: "object",
 * //   properties: { at: { type: "string", format: "date-time" }, method: { type: "string" } },
 * //   required: [ "at" ]
 * // }
 * ```
 */
export const ofEvent = (event: Event): JsonSchema => ({ title: event.name, ...annotated(ofNodes(event.nodes), event) })

/** The schema of some keys that a plan declares: of a call or of the context. */
export const ofKeys = (keys: ReadonlyArray<Key>): JsonSchema => objectOf(keys.map(memberOf))

const lossesOfType = (type: JsonType, seen: Set<string>): void => {
  switch (type._tag) {
    case "String":
      for (const pattern of type.patterns ?? []) if (!isUnicode(pattern)) seen.add(`the pattern /${pattern}/`)
      if ((type.minLength ?? 0) > 1) seen.add("the minimum length, which JSON Schema counts in code points")
      return
    case "Recursive":
      seen.add("a type inside itself")
      return
    case "Array":
      return lossesOfType(type.items, seen)
    case "Tuple":
      for (const item of type.items) lossesOfType(item.type, seen)
      return type.rest && lossesOfType(type.rest, seen)
    case "Object":
      for (const property of type.properties) lossesOfType(property.type, seen)
      return type.rest && lossesOfType(type.rest, seen)
    case "Record":
      for (const { keys } of type.nodes) for (const key of keys) lossesOfType(key.type, seen)
      return
    case "Union":
      for (const one of type.types) lossesOfType(one, seen)
      return
    default:
      return
  }
}

/** What the schema of a type cannot express, in words. */
export const losses = (type: JsonType): ReadonlyArray<string> => {
  const seen = new Set<string>()
  lossesOfType(type, seen)
  return [...seen]
}
