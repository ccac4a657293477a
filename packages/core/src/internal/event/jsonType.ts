/** Makes the types of JSON values from the keywords of JSON Schema, as checks and Standard Schemas state them. */
import { type JsonType, union } from "../../Description.ts"

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
