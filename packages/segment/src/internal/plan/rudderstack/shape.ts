import type * as Description from "@trackmap/core/Description"
import * as PlainType from "@trackmap/core/PlainType"

/** A type as RudderStack has it: names of JSON types, of elements too, and keywords for a type that has one name. */
export interface Shape {
  /** Several names are a value of any of them. None is any JSON. */
  readonly types: ReadonlyArray<PlainType.Name>
  readonly items: ReadonlyArray<PlainType.Name>
  readonly config: Readonly<Record<string, unknown>>
}

/** A shape, and the parts of the type that it has besides its plain type. */
export interface Shaped {
  readonly shape: Shape
  readonly kept: ReadonlyArray<PlainType.Part>
}

/** The formats that RudderStack has (rudder-iac, `ValidFormatValues`). */
const formats: ReadonlySet<string> = new Set("date-time date time email uuid hostname ipv4 ipv6".split(" "))

/** The names of the types that a value can have. None if it can be any JSON. */
const namesOf = (type: Description.JsonType): ReadonlyArray<PlainType.Name> => {
  if (type._tag === "Union") {
    const inner = type.types.map(namesOf)
    if (inner.some((names) => names.length === 0)) return []
    return withNull(type, [...new Set(inner.flat())])
  }
  const literals =
    type._tag === "Literals" ? type.values.map((value) => PlainType.of({ _tag: "Literals", values: [value] })) : []
  const { name } = PlainType.of(type)
  const names = name === undefined ? literals.map((one) => one.name!) : [name]
  return withNull(type, [...new Set(names)])
}

const withNull = (type: Description.JsonType, names: ReadonlyArray<PlainType.Name>): ReadonlyArray<PlainType.Name> =>
  names.length > 0 && "nullable" in type && type.nullable === true && !names.includes("null")
    ? [...names, "null"]
    : names

type Config = readonly [config: Shape["config"], kept: ReadonlyArray<PlainType.Part>]

const given = (config: Readonly<Record<string, unknown>>): Shape["config"] =>
  Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))

const boundsOf = (type: Extract<Description.JsonType, { readonly _tag: "Integer" | "Number" }>): Config => {
  const config = given({
    minimum: type.minimum,
    maximum: type.maximum,
    exclusive_minimum: type.exclusiveMinimum,
    exclusive_maximum: type.exclusiveMaximum,
    multiple_of: type.multipleOf
  })
  // Bounds of integers must be integers, too.
  const isTaken = type._tag === "Number" || Object.values(config).every(Number.isInteger)
  return isTaken ? [config, ["bounds"]] : [{}, []]
}

/** The keywords of a type that has one name. */
const configOf = (type: Description.JsonType): Config => {
  switch (type._tag) {
    case "String": {
      const { format, maxLength, minLength, patterns = [] } = type
      const isFormat = format !== undefined && formats.has(format)
      const isPattern = patterns.length === 1
      const config = given({
        // RudderStack counts code points, of which each has one or two UTF-16 code units.
        min_length: minLength && Math.ceil(minLength / 2),
        max_length: maxLength,
        pattern: isPattern ? patterns[0] : undefined,
        format: isFormat ? format : undefined
      })
      const isLength = (minLength ?? 0) <= 1
      const kept: ReadonlyArray<readonly [PlainType.Part, boolean]> = [
        ["length", isLength],
        ["pattern", isPattern],
        ["format", isFormat]
      ]
      return [config, kept.filter(([, is]) => is).map(([part]) => part)]
    }
    case "Integer":
    case "Number":
      return boundsOf(type)
    case "Literals":
      return [{ enum: type.values }, ["values"]]
    case "Array":
      return [given({ min_items: type.minItems, max_items: type.maxItems }), ["length"]]
    case "Tuple": {
      const least = type.items.filter(({ optional }) => !optional).length
      return [given({ min_items: least, max_items: type.rest ? undefined : type.items.length }), ["length"]]
    }
    default:
      return [{}, []]
  }
}

/** Whether names alone say everything of the elements. */
const areWhole = (type: Description.JsonType): boolean =>
  PlainType.of(type).parts.every((part) => part === "null" || (part === "type" && type._tag === "Json"))

/** The shape of a type. Types with several names have no keywords, and neither has a type that can be null. */
export const shapeOf = (type: Description.JsonType): Shaped => {
  const types = namesOf(type)
  const items = type._tag === "Array" ? namesOf(type.items) : []
  const [config, kept] = types.length === 1 ? configOf(type) : [{}, []]
  const isUnion = type._tag === "Union" && type.types.every(areWhole)
  const parts: ReadonlyArray<readonly [PlainType.Part, boolean]> = [
    ["null", types.includes("null")],
    ["type", type._tag === "Json" || isUnion],
    ["elements", type._tag === "Array" && areWhole(type.items)]
  ]
  return { shape: { types, items, config }, kept: [...kept, ...parts.filter(([, is]) => is).map(([part]) => part)] }
}

/** What makes two properties of one name one (rudder-iac, "property semantic valid"). */
export const signatureOf = ({ items, types }: Shape): string => JSON.stringify([types.toSorted(), items.toSorted()])
