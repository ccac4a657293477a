import type { Description } from "@trackmap/core"

const items = (type: Description.JsonType): string => {
  const text = of(type)
  return text.includes(" ") ? `(${text})[]` : `${text}[]`
}

const plain = (type: Description.JsonType): string => {
  switch (type._tag) {
    case "String":
      return type.format === undefined ? "string" : `string(${type.format})`
    case "Literals":
      return type.values.map((value) => JSON.stringify(value)).join(" | ")
    case "Array":
      return items(type.items)
    case "Tuple":
      return `[${type.items.map((item) => of(item.type)).join(", ")}]`
    case "Union":
      return type.types.map(plain).join(" | ")
    case "Json":
      return "any JSON"
    default:
      return type._tag.toLowerCase()
  }
}

/** A type in the notation of TypeScript, with the format of a text: `string(uuid) | null`. */
export const of = (type: Description.JsonType): string =>
  "nullable" in type && type.nullable === true ? `${plain(type)} | null` : plain(type)
