/** The code of schemas of Effect, from the types of keys. */
import type { JsonType } from "@trackmap/core/Description"
import { call, type Code, entries, list, name, text, method } from "./code.ts"
import { regExpOf } from "./schema.ts"

type Of<Tag extends JsonType["_tag"]> = Extract<JsonType, { readonly _tag: Tag }>

/** A number as Prettier writes it. */
const number = (value: number): Code => name(String(value + 0).replace("e+", "e"))

export const valueOf = (value: unknown): Code => {
  if (typeof value === "string") return text(value)
  if (typeof value === "number") return number(value)
  if (Array.isArray(value)) return list(value.map(valueOf))
  if (typeof value === "object" && value !== null)
    return entries(Object.entries(value).map(([key, one]) => [key, valueOf(one)]))
  return name(String(value))
}

const checked = (code: Code, checks: ReadonlyArray<Code>): Code =>
  checks.length === 0 ? code : method(code, "check", ...checks)

/** A check for a keyword, if there is one. */
const check = (of: string, value: number | undefined): ReadonlyArray<Code> =>
  value === undefined ? [] : [call(`Schema.${of}`, number(value))]

const lengths = (least: number | undefined, most: number | undefined): ReadonlyArray<Code> => [
  ...check("isMinLength", least),
  ...check("isMaxLength", most)
]

/** Formats with a check of their own. */
const checks: Readonly<Record<string, string>> = { uuid: "isUUID", ulid: "isULID", byte: "isBase64" }

/** Formats with a type of their own, if a text has nothing else. */
const types: Readonly<Record<string, string>> = {
  "date-time": "Schema.Date",
  decimal: "Schema.BigDecimal",
  integer: "Schema.BigInt"
}

const textOf = ({ format, maxLength, minLength, patterns = [] }: Of<"String">): Code => {
  const others = [
    ...lengths(minLength, maxLength),
    ...patterns.map((pattern): Code => call("Schema.isPattern", { _tag: "Pattern", pattern: regExpOf(pattern)! }))
  ]
  if (format === undefined) return checked(name("Schema.String"), others)
  const own = Object.hasOwn(types, format) && others.length === 0 ? types[format] : undefined
  if (own !== undefined) return name(own)
  if (Object.hasOwn(checks, format))
    return checked(name("Schema.String"), [call(`Schema.${checks[format]!}`), ...others])
  return checked(method(name("Schema.String"), "annotate", entries([["format", text(format)]])), others)
}

const numeric = (type: Of<"Number"> | Of<"Integer">): Code =>
  checked(name(type._tag === "Number" ? "Schema.Finite" : "Schema.Int"), [
    ...check("isGreaterThanOrEqualTo", type.minimum),
    ...check("isGreaterThan", type.exclusiveMinimum),
    ...check("isLessThanOrEqualTo", type.maximum),
    ...check("isLessThan", type.exclusiveMaximum),
    ...check("isMultipleOf", type.multipleOf)
  ])

const record = (rest: JsonType): Code => call("Schema.Record", name("Schema.String"), schemaOf(rest))

const object = ({ properties, rest }: Of<"Object">): Code => {
  if (properties.length === 0) return record(rest ?? { _tag: "Json" })
  const members = properties.map(({ name, optional, personal, type }): readonly [string, Code] => {
    const marked = personal ? call("Pii.personal", schemaOf(type)) : schemaOf(type)
    return [name, optional ? call("Schema.optionalKey", marked) : marked]
  })
  const struct = call("Schema.Struct", entries(members, true))
  return rest === undefined ? struct : call("Schema.StructWithRest", struct, list([record(rest)]))
}

const withoutNull = (type: JsonType): Code => {
  switch (type._tag) {
    case "String":
      return textOf(type)
    case "Number":
    case "Integer":
      return numeric(type)
    case "Literals": {
      const [only, ...others] = type.values
      return others.length === 0
        ? call("Schema.Literal", valueOf(only))
        : call("Schema.Literals", list(type.values.map(valueOf)))
    }
    case "Array":
      return checked(call("Schema.Array", schemaOf(type.items)), lengths(type.minItems, type.maxItems))
    case "Tuple": {
      const items = type.items.map((item) =>
        item.optional ? call("Schema.optionalKey", schemaOf(item.type)) : schemaOf(item.type)
      )
      const tuple = call("Schema.Tuple", list(items))
      return type.rest === undefined ? tuple : call("Schema.TupleWithRest", tuple, list([schemaOf(type.rest)]))
    }
    case "Object":
      return object(type)
    case "Union":
      return call("Schema.Union", list(type.types.map(schemaOf)))
    case "Boolean":
    case "Null":
      return name(`Schema.${type._tag}`)
    default:
      return name("Schema.Json")
  }
}

/** The schema of a type. */
export const schemaOf = (type: JsonType): Code => {
  const code = withoutNull(type)
  return "nullable" in type && type.nullable === true ? call("Schema.NullOr", code) : code
}
