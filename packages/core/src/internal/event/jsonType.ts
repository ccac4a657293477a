/** Makes the types of JSON values from the keywords of JSON Schema, as checks and Standard Schemas state them. */
import type { JsonType } from "../../Description.ts"

export type Keywords = { readonly [keyword: string]: unknown }

export const json: JsonType = { _tag: "Json" }

/** A keyword with its tightest number. */
const tightest = <Keyword extends string>(
  keyword: Keyword,
  said: ReadonlyArray<Keywords>,
  pick: (...numbers: ReadonlyArray<number>) => number
): { [K in Keyword]?: number } => {
  const numbers = said.map((keywords) => keywords[keyword]).filter((value) => typeof value === "number")
  return (numbers.length === 0 ? {} : { [keyword]: pick(...numbers) }) as { [K in Keyword]?: number }
}

export const text = (said: ReadonlyArray<Keywords>): JsonType => {
  const strings = (keyword: string) =>
    said.map((keywords) => keywords[keyword]).filter((value) => typeof value === "string")
  const format = strings("format").at(-1)
  const patterns = [...new Set(strings("pattern"))]
  return {
    _tag: "String",
    ...(format !== undefined && { format }),
    ...tightest("minLength", said, Math.max),
    ...tightest("maxLength", said, Math.min),
    ...(patterns.length > 0 && { patterns })
  }
}

/** The bounds of a safe integer are those of its type, so they are left out. */
export const number = (said: ReadonlyArray<Keywords>): JsonType => {
  const isInteger = said.some(({ type }) => type === "integer")
  const bounds = {
    ...tightest("minimum", said, Math.max),
    ...tightest("maximum", said, Math.min),
    ...tightest("exclusiveMinimum", said, Math.max),
    ...tightest("exclusiveMaximum", said, Math.min),
    ...tightest("multipleOf", said, Math.max)
  }
  if (isInteger && bounds.minimum === Number.MIN_SAFE_INTEGER) delete bounds.minimum
  if (isInteger && bounds.maximum === Number.MAX_SAFE_INTEGER) delete bounds.maximum
  return { _tag: isInteger ? "Integer" : "Number", ...bounds }
}

export const list = (items: JsonType, said: ReadonlyArray<Keywords>): JsonType => ({
  _tag: "Array",
  items,
  ...tightest("minItems", said, Math.max),
  ...tightest("maxItems", said, Math.min)
})

/** The type of some constants. Objects and arrays make it any JSON. */
export const constants = (values: ReadonlyArray<unknown>): JsonType => {
  const scalars = values.filter(
    (value) => typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)
  ) as ReadonlyArray<string | number | boolean>
  const types: ReadonlyArray<JsonType> = scalars.length === 0 ? [] : [{ _tag: "Literals", values: scalars }]
  if (scalars.length === values.length) return union(types)
  return values.every((value) => value === null || typeof value !== "object")
    ? union([...types, { _tag: "Null" }])
    : json
}

/** A union of types, without nested unions and duplicates: null becomes `nullable`, and constants become one type. */
export const union = (types: ReadonlyArray<JsonType>): JsonType => {
  const flat = types.flatMap((type) =>
    type._tag === "Union" ? type.types.map((one) => nullable(one, type.nullable)) : [type]
  )
  if (flat.some(({ _tag }) => _tag === "Json")) return json
  const isNullable = flat.some((type) => type._tag === "Null" || ("nullable" in type && type.nullable === true))
  const values = [...new Set(flat.flatMap((type) => (type._tag === "Literals" ? type.values : [])))]
  const byText = new Map<string, JsonType>()
  for (const type of flat) {
    if (type._tag === "Null") continue
    const one: JsonType = type._tag === "Literals" ? { _tag: "Literals", values } : withoutNull(type)
    byText.set(JSON.stringify(one), one)
  }
  const [first, ...others] = byText.values()
  if (first === undefined) return { _tag: "Null" }
  return nullable(others.length === 0 ? first : { _tag: "Union", types: [first, ...others] }, isNullable)
}

const nullable = (type: JsonType, is: boolean | undefined): JsonType =>
  is !== true || type._tag === "Null" || type._tag === "Json" ? type : { ...type, nullable: true }

const withoutNull = (type: JsonType): JsonType => {
  if (!("nullable" in type)) return type
  const { nullable: _, ...rest } = type
  return rest
}
