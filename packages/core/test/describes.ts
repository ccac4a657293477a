/** Whether values are what a description says: written apart from what describes them. */
import type { Description } from "../src/index.ts"

const within = (n: number, { exclusiveMaximum, exclusiveMinimum, maximum, minimum }: Record<string, any>): boolean =>
  n >= (minimum ?? -Infinity) &&
  n <= (maximum ?? Infinity) &&
  n > (exclusiveMinimum ?? -Infinity) &&
  n < (exclusiveMaximum ?? Infinity)

const formats: Record<string, RegExp> = {
  "date-time": /^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  integer: /^-?\d+$/,
  uuid: /^[0-9a-f-]{36}$/i
}

const isText = (value: unknown, type: Extract<Description.JsonType, { readonly _tag: "String" }>): boolean =>
  typeof value === "string" &&
  value.length >= (type.minLength ?? 0) &&
  value.length <= (type.maxLength ?? Infinity) &&
  (type.format === undefined || (formats[type.format]?.test(value) ?? true))

const hasAll = (
  value: unknown,
  known: ReadonlyArray<{ readonly name: string; readonly type: Description.JsonType; readonly optional: boolean }>,
  inside: ReadonlyArray<Description.JsonType>,
  rest?: Description.JsonType
): boolean => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  const names = new Set(known.map(({ name }) => name))
  return (
    known.every(({ name, optional, type }) =>
      Object.hasOwn(value, name) ? describes(type, (value as any)[name], inside) : optional
    ) &&
    Object.entries(value).every(
      ([name, other]) => names.has(name) || (rest !== undefined && describes(rest, other, inside))
    )
  )
}

/** Whether the nodes say of a record which keys it has, and what they are. */
export const describesRecord = (
  nodes: ReadonlyArray<Description.Node>,
  value: unknown,
  inside: ReadonlyArray<Description.JsonType> = []
): boolean =>
  hasAll(
    value,
    nodes.flatMap(({ keys }) => keys.map((key) => ({ ...key, name: key.key }))),
    inside
  )

/** Whether a type allows a value. */
export const describes = (
  type: Description.JsonType,
  value: unknown,
  around: ReadonlyArray<Description.JsonType> = []
): boolean => {
  if (value === null && "nullable" in type && type.nullable === true) return true
  const inside = [...around, type]
  switch (type._tag) {
    case "Json":
      return value !== undefined
    case "Null":
      return value === null
    case "Boolean":
      return typeof value === "boolean"
    case "String":
      return isText(value, type)
    case "Integer":
      return Number.isSafeInteger(value) && within(value as number, type)
    case "Number":
      return Number.isFinite(value) && within(value as number, type)
    case "Literals":
      return type.values.includes(value as string)
    case "Union":
      return type.types.some((one) => describes(one, value, inside))
    case "Recursive":
      return around.some((outer, index) => describes(outer, value, around.slice(0, index)))
    case "Array":
      return (
        Array.isArray(value) &&
        value.length >= (type.minItems ?? 0) &&
        value.length <= (type.maxItems ?? Infinity) &&
        value.every((item) => describes(type.items, item, inside))
      )
    case "Tuple":
      return (
        Array.isArray(value) &&
        type.items.every((item, index) =>
          index < value.length ? describes(item.type, value[index], inside) : item.optional
        ) &&
        value.slice(type.items.length).every((item) => type.rest !== undefined && describes(type.rest, item, inside))
      )
    case "Object":
      return hasAll(value, type.properties, inside, type.rest)
    case "Record":
      return describesRecord(type.nodes, value, inside)
  }
}
