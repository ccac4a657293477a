/** A type without what can be loosened or tightened: bounds, and the values of an enumeration. */
import type { JsonType } from "@trackmap/core/Description"

const ofLiterals = (values: ReadonlyArray<string | number | boolean>): JsonType => ({
  _tag: "Literals",
  values: [...new Set(values.map((value) => typeof value))].sort()
})

const withNull = (type: JsonType, like: JsonType): JsonType =>
  "nullable" in like && like.nullable === true ? ({ ...type, nullable: true } as JsonType) : type

const withoutBounds = (type: JsonType): JsonType => {
  switch (type._tag) {
    case "String":
      return type.format === undefined ? { _tag: "String" } : { _tag: "String", format: type.format }
    case "Number":
    case "Integer":
      return { _tag: type._tag }
    case "Literals":
      return ofLiterals(type.values)
    case "Array":
      return { _tag: "Array", items: of(type.items) }
    case "Tuple":
      return {
        _tag: "Tuple",
        items: type.items.map((item) => ({ ...item, type: of(item.type) })),
        ...(type.rest !== undefined && { rest: of(type.rest) })
      }
    case "Object":
      return {
        _tag: "Object",
        properties: type.properties.map((property) => ({ ...property, type: of(property.type) })),
        ...(type.rest !== undefined && { rest: of(type.rest) })
      }
    case "Union":
      return { _tag: "Union", types: type.types.map(of) }
    default:
      return type
  }
}

/** The type without its bounds. */
export const of = (type: JsonType): JsonType => withNull(withoutBounds(type), type)
