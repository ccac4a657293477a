/** Reads the types of keys from JSON Schemas of any draft. */
import { type JsonType, union } from "@trackmap/core/Description"
import { at, isRecord, type Json } from "./model.ts"

type Of<Tag extends JsonType["_tag"]> = Extract<JsonType, { readonly _tag: Tag }>

/** What a schema refers to, and where what is not taken goes. */
export interface Reading {
  /** The schema that a reference names, and what references in it refer to, or undefined if there is none. */
  readonly resolve: (
    reference: string
  ) => { readonly schema: unknown; readonly resolve: Reading["resolve"] } | undefined
  readonly notTaken: (what: string) => void
  /** The references that are being read. */
  readonly around: ReadonlyArray<unknown>
  /** How many schemas may still be read for the key: references can multiply. */
  readonly left: { count: number }
}

/** A key's type needs far fewer. */
export const largest = 2_000
const deepest = 60

export const json: JsonType = { _tag: "Json" }

/** Keywords that say nothing of the values, or that are read where the schema is used. */
const silent = new Set(
  "$schema $id id $anchor $comment $defs definitions title description examples deprecated readOnly writeOnly contentMediaType metadata".split(
    " "
  )
)

const asserted = {
  string: ["minLength", "maxLength", "pattern", "format", "contentEncoding"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  array: ["items", "prefixItems", "additionalItems", "minItems", "maxItems"],
  object: ["properties", "required", "additionalProperties"]
} as const

const general = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"]
const read = new Set<string>([...general, ...Object.values(asserted).flat()])

const numberAt = (schema: Json, keyword: string): number | undefined => {
  const value = at(schema, keyword)
  return typeof value === "number" && Number.isFinite(value) ? value : undefined
}

/** A length or a count of a schema. */
const countAt = (schema: Json, keyword: string): number | undefined => {
  const value = numberAt(schema, keyword)
  return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

const listAt = (schema: Json, keyword: string): ReadonlyArray<unknown> | undefined => {
  const value = at(schema, keyword)
  return Array.isArray(value) ? value : undefined
}

const present = <A extends object>(values: A): A =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as A

/** The formats that a plan has and JSON Schema has not, by the pattern that Trackmap writes for each. */
const ownPatterns: Readonly<Record<string, string>> = {
  [String.raw`^-?\d+(\.\d+)?(e[+-]?\d+)?$`]: "decimal",
  [String.raw`^-?\d+$`]: "integer",
  "^[0-7][0-9A-HJKMNP-TV-Z]{25}$": "ulid"
}

/** JSON Schema's patterns have the flag u. Most mean the same without it. */
export const regExpOf = (pattern: string): RegExp | undefined => {
  try {
    return new RegExp(pattern, /\\p\{|\\u\{/i.test(pattern) ? "u" : "")
  } catch {
    return undefined
  }
}

/** Several values of a keyword are those of `allOf`. */
interface Merged {
  readonly schema: Json
  readonly patterns: ReadonlyArray<string>
}

const text = ({ patterns, schema }: Merged, { notTaken }: Reading): JsonType => {
  const given = at(schema, "format")
  const encoding = at(schema, "contentEncoding")
  const byPattern = patterns.map((pattern) => ownPatterns[pattern]).find((format) => format !== undefined)
  if (encoding !== undefined && encoding !== "base64") notTaken(`the encoding ${JSON.stringify(encoding)}`)
  const format = typeof given === "string" && given.trim() !== "" ? given : encoding === "base64" ? "byte" : byPattern
  const kept = [...new Set(patterns)].filter((pattern) => {
    if (format === byPattern && ownPatterns[pattern] === byPattern && byPattern !== undefined) return false
    if (regExpOf(pattern) !== undefined) return true
    notTaken(`the pattern ${JSON.stringify(pattern)}, which is no regular expression of JavaScript`)
    return false
  })
  return present({
    _tag: "String" as const,
    format,
    minLength: countAt(schema, "minLength") || undefined,
    maxLength: countAt(schema, "maxLength"),
    patterns: kept.length === 0 ? undefined : kept
  }) as JsonType
}

const numeric = (_tag: "Number" | "Integer", schema: Json): JsonType => {
  const bounds: Record<string, number | undefined> = {}
  for (const keyword of asserted.number) bounds[keyword] = numberAt(schema, keyword)
  // Draft 4 has flags in their place.
  for (const [flag, bound] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"]
  ] as const) {
    if (at(schema, flag) !== true) continue
    bounds[flag] = bounds[bound]
    bounds[bound] = undefined
  }
  if (_tag === "Integer" && (bounds["minimum"] ?? 0) <= Number.MIN_SAFE_INTEGER) bounds["minimum"] = undefined
  if (_tag === "Integer" && (bounds["maximum"] ?? 0) >= Number.MAX_SAFE_INTEGER) bounds["maximum"] = undefined
  if (!((bounds["multipleOf"] ?? 1) > 0)) bounds["multipleOf"] = undefined
  return { _tag, ...present(bounds) }
}

const list = (schema: Json, reading: Reading): JsonType => {
  const items = at(schema, "items")
  const places = listAt(schema, "prefixItems") ?? (Array.isArray(items) ? items : undefined)
  const [minItems, maxItems] = [countAt(schema, "minItems"), countAt(schema, "maxItems")]
  if (places === undefined || places.length === 0) {
    const of = items === undefined || Array.isArray(items) ? json : typeOf(items, reading)
    return present({ _tag: "Array" as const, items: of, minItems: minItems || undefined, maxItems }) as JsonType
  }
  const rest = Array.isArray(items) ? at(schema, "additionalItems") : items
  if (maxItems !== undefined && maxItems !== places.length) reading.notTaken(`the maximum of ${maxItems} elements`)
  const least = Math.min(minItems ?? 0, places.length)
  return {
    _tag: "Tuple",
    items: places.map((place, index) => ({ type: typeOf(place, reading), optional: index >= least })),
    ...(rest !== false && maxItems !== places.length && { rest: rest === undefined ? json : typeOf(rest, reading) })
  }
}

const object = (schema: Json, reading: Reading): JsonType => {
  const properties = at(schema, "properties")
  const required = new Set(listAt(schema, "required"))
  const rest = at(schema, "additionalProperties")
  if (rest === false) reading.notTaken("that it has no other properties")
  const entries = isRecord(properties) ? Object.entries(properties) : []
  const members = entries.flatMap(([name, property]): Of<"Object">["properties"] => {
    if (name === "__proto__") {
      reading.notTaken('the property "__proto__"')
      return []
    }
    return [{ name, type: typeOf(property, reading), optional: !required.has(name), personal: false }]
  })
  for (const name of required) {
    if (!entries.some(([known]) => known === name))
      reading.notTaken(`that the property ${JSON.stringify(name)} is required`)
  }
  if (members.length === 0)
    return { _tag: "Object", properties: [], rest: isRecord(rest) ? typeOf(rest, reading) : json }
  return { _tag: "Object", properties: members, ...(isRecord(rest) && { rest: typeOf(rest, reading) }) }
}

const constants = (values: ReadonlyArray<unknown>, { notTaken }: Reading): JsonType => {
  const scalars = values.filter(
    (value): value is string | number | boolean =>
      typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
  )
  if (values.some((value) => value !== null && typeof value === "object")) {
    notTaken("its values, which are lists or objects")
    return json
  }
  const distinct = [...new Set(scalars)]
  const types: ReadonlyArray<JsonType> = distinct.length === 0 ? [] : [{ _tag: "Literals", values: distinct }]
  return union(values.includes(null) || values.length === 0 ? [...types, { _tag: "Null" }] : types)
}

const ofType = (type: unknown, merged: Merged, reading: Reading): JsonType => {
  switch (type) {
    case "string":
      return text(merged, reading)
    case "number":
    case "integer":
      return numeric(type === "number" ? "Number" : "Integer", merged.schema)
    case "boolean":
      return { _tag: "Boolean" }
    case "null":
      return { _tag: "Null" }
    case "array":
      return list(merged.schema, reading)
    case "object":
      return object(merged.schema, reading)
    default:
      reading.notTaken(`the type ${JSON.stringify(type)}`)
      return json
  }
}

/** The kinds of values that keywords are about, for schemas without a type. */
const kindOf = (schema: Json): string | undefined =>
  Object.entries(asserted).find(([, keywords]) => keywords.some((keyword) => Object.hasOwn(schema, keyword)))?.[0]

/** A schema with what all of its `allOf` say. */
const merge = (schema: Json, reading: Reading): Merged => {
  const own = at(schema, "pattern")
  const patterns = typeof own === "string" ? [own] : []
  const all = listAt(schema, "allOf")
  if (all === undefined) return { schema, patterns }
  const merged = new Map(Object.entries(schema).filter(([keyword]) => keyword !== "allOf"))
  for (const part of all) {
    if (!isRecord(part)) continue
    const inner = merge(follow(part, reading)?.schema ?? part, reading)
    patterns.push(...inner.patterns)
    for (const [keyword, value] of Object.entries(inner.schema)) {
      const known = merged.get(keyword)
      if (known === undefined || keyword === "pattern") merged.set(keyword, value)
      else if (keyword === "properties" && isRecord(known) && isRecord(value)) {
        merged.set(keyword, Object.fromEntries([...Object.entries(known), ...Object.entries(value)]))
      } else if (keyword === "required" && Array.isArray(known) && Array.isArray(value)) {
        merged.set(keyword, [...known, ...value])
      } else if (!silent.has(keyword) && JSON.stringify(known) !== JSON.stringify(value)) {
        reading.notTaken(`one of two keywords ${keyword}, in allOf`)
      }
    }
  }
  return { schema: Object.fromEntries(merged), patterns }
}

/** The schema that a reference names, with how to read it. */
const follow = (schema: Json, reading: Reading): { readonly schema: Json; readonly reading: Reading } | undefined => {
  const reference = at(schema, "$ref")
  if (typeof reference !== "string") return undefined
  const found = reading.resolve(reference)
  if (found === undefined || !isRecord(found.schema)) {
    reading.notTaken(`the reference ${JSON.stringify(reference)}, which names no schema`)
    return undefined
  }
  if (reading.around.includes(found.schema)) {
    reading.notTaken(`a type inside itself: ${JSON.stringify(reference)}`)
    return undefined
  }
  return {
    schema: found.schema,
    reading: { ...reading, resolve: found.resolve, around: [...reading.around, found.schema] }
  }
}

const known = (schema: Json, { notTaken }: Reading): void => {
  for (const keyword of Object.keys(schema)) {
    if (!read.has(keyword) && !silent.has(keyword)) notTaken(`the keyword ${keyword}`)
  }
}

/** The type of the values of a schema. What it does not have goes to `notTaken`. */
export const typeOf = (given: unknown, reading: Reading): JsonType => {
  if (given === false) reading.notTaken("that it has no values")
  if (!isRecord(given)) return json
  if (reading.left.count-- <= 0 || reading.around.length > deepest) {
    reading.notTaken("the rest of its type, which is too large")
    return json
  }
  if (Object.hasOwn(given, "$ref")) {
    const found = follow(given, reading)
    return found === undefined ? json : typeOf(found.schema, found.reading)
  }
  const inner: Reading = { ...reading, around: [...reading.around, given] }
  const merged = merge(given, inner)
  const { schema } = merged
  known(schema, reading)
  if (Object.hasOwn(schema, "const")) return constants([schema["const"]], reading)
  const values = listAt(schema, "enum")
  if (values !== undefined) return constants(values, reading)
  const types = at(schema, "type")
  const some = listAt(schema, "anyOf") ?? listAt(schema, "oneOf")
  if (some !== undefined) {
    if (types !== undefined && types !== "object") reading.notTaken("the keyword type beside anyOf")
    if (Object.hasOwn(schema, "properties")) reading.notTaken("its properties beside anyOf")
    return union(some.map((one) => typeOf(one, inner)))
  }
  if (Array.isArray(types)) return union(types.map((type) => ofType(type, merged, inner)))
  const type = types ?? kindOf(schema)
  return type === undefined ? json : ofType(type, merged, inner)
}
