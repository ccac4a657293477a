/**
 * Whether a type accepts every value of another one. The answer no can be wrong where a type has patterns, or unions whose members accept a
 * value only together; the answer yes cannot.
 */
import type { JsonType } from "@trackmap/core/Description"

type Of<Tag extends JsonType["_tag"]> = Extract<JsonType, { readonly _tag: Tag }>
type Numeric = Of<"Number"> | Of<"Integer">

/** The types of a union, or the type itself, without null. */
const membersOf = (type: JsonType): ReadonlyArray<JsonType> =>
  type._tag === "Union" ? type.types.flatMap(membersOf) : type._tag === "Null" ? [] : [type]

export const acceptsNull = (type: JsonType): boolean =>
  type._tag === "Null" ||
  type._tag === "Json" ||
  ("nullable" in type && type.nullable === true) ||
  (type._tag === "Union" && type.types.some(acceptsNull))

/** A range of lengths or numbers, with both ends. */
interface Range {
  readonly least: number
  readonly most: number
}

const contains = (outer: Range, inner: Range): boolean => outer.least <= inner.least && inner.most <= outer.most

const lengths = (least = 0, most = Number.POSITIVE_INFINITY): Range => ({ least, most })

/** A limit, and whether it is a value itself. */
interface Limit {
  readonly at: number
  readonly open: boolean
}

const lowest = ({ _tag, exclusiveMinimum: above, minimum: from }: Numeric): Limit => {
  const least = _tag === "Integer" ? Number.MIN_SAFE_INTEGER : Number.NEGATIVE_INFINITY
  if (_tag === "Integer") {
    const bounds = [least, Math.ceil(from ?? least), above === undefined ? least : Math.floor(above) + 1]
    return { at: Math.max(...bounds), open: false }
  }
  return above !== undefined && above >= (from ?? least)
    ? { at: above, open: true }
    : { at: from ?? least, open: false }
}

const opposite = (limit: number | undefined): number | undefined => (limit === undefined ? undefined : -limit)

/** The highest number is the lowest of all with the other sign. */
const highest = ({ _tag, exclusiveMaximum, maximum }: Numeric): Limit => {
  const [above, from] = [opposite(exclusiveMaximum), opposite(maximum)]
  const bounds = {
    ...(above !== undefined && { exclusiveMinimum: above }),
    ...(from !== undefined && { minimum: from })
  }
  const { at, open } = lowest({ _tag, ...bounds })
  return { at: -at, open }
}

const isMultiple = (of: number, value: number): boolean => Number.isInteger(value / of)

const coversNumbers = (outer: Numeric, inner: Numeric): boolean => {
  const [low, lower] = [lowest(inner), lowest(outer)]
  const [high, higher] = [highest(inner), highest(outer)]
  const isInside =
    (lower.at < low.at || (lower.at === low.at && (!lower.open || low.open))) &&
    (higher.at > high.at || (higher.at === high.at && (!higher.open || high.open)))
  const step = inner.multipleOf ?? (inner._tag === "Integer" ? 1 : undefined)
  const isStepped = outer.multipleOf === undefined || (step !== undefined && isMultiple(outer.multipleOf, step))
  return isInside && isStepped && (outer._tag === "Number" || inner._tag === "Integer")
}

const isWithin = (type: Numeric, value: number): boolean => {
  const [low, high] = [lowest(type), highest(type)]
  return (
    (low.open ? value > low.at : value >= low.at) &&
    (high.open ? value < high.at : value <= high.at) &&
    (type.multipleOf === undefined || isMultiple(type.multipleOf, value)) &&
    (type._tag === "Number" || Number.isSafeInteger(value))
  )
}

const coversTexts = (outer: Of<"String">, inner: Of<"String">): boolean =>
  (outer.format === undefined || outer.format === inner.format) &&
  contains(lengths(outer.minLength, outer.maxLength), lengths(inner.minLength, inner.maxLength)) &&
  (outer.patterns ?? []).every((pattern) => inner.patterns?.includes(pattern) === true)

const matches = (pattern: string, value: string): boolean => {
  try {
    return new RegExp(pattern).test(value)
  } catch {
    return false
  }
}

/** Whether a type accepts a text, a number or a boolean. */
const accepts = (type: JsonType, value: string | number | boolean): boolean => {
  switch (type._tag) {
    case "Json":
      return true
    case "Union":
      return type.types.some((one) => accepts(one, value))
    case "Literals":
      return type.values.includes(value)
    case "Boolean":
      return typeof value === "boolean"
    case "String":
      return (
        typeof value === "string" &&
        type.format === undefined &&
        contains(lengths(type.minLength, type.maxLength), lengths(value.length, value.length)) &&
        (type.patterns ?? []).every((pattern) => matches(pattern, value))
      )
    case "Number":
    case "Integer":
      return typeof value === "number" && isWithin(type, value)
    default:
      return false
  }
}

type Sequence = Of<"Array"> | Of<"Tuple">

const lengthOf = (type: Sequence): Range => {
  if (type._tag === "Array") return lengths(type.minItems, type.maxItems)
  const required = type.items.filter(({ optional }) => !optional).length
  return lengths(required, type.rest === undefined ? type.items.length : undefined)
}

/** The type at a place, if there can be a value. */
const itemAt = (type: Sequence, place: number): JsonType | undefined =>
  type._tag === "Array"
    ? place < lengthOf(type).most
      ? type.items
      : undefined
    : (type.items[place]?.type ?? type.rest)

const coversSequences = (outer: Sequence, inner: Sequence): boolean => {
  if (!contains(lengthOf(outer), lengthOf(inner))) return false
  const tuples = [outer, inner].map((type) => (type._tag === "Tuple" ? type.items.length : 0))
  // The place behind all tuples stands for the rest.
  const places = Math.max(...tuples) + 1
  return Array.from({ length: places }, (_, place) => place).every((place) => {
    const [to, from] = [itemAt(outer, place), itemAt(inner, place)]
    return from === undefined || (to !== undefined && covers(to, from))
  })
}

/** Readers ignore the properties that they do not know, unless they say what others are. */
const coversObjects = (outer: Of<"Object">, inner: Of<"Object">): boolean => {
  const known = new Map(inner.properties.map((property) => [property.name, property]))
  const isEach = outer.properties.every(({ name, optional, type }) => {
    const own = known.get(name)
    if (own !== undefined) return (optional || !own.optional) && covers(type, own.type)
    return optional && (inner.rest === undefined || covers(type, inner.rest))
  })
  const { rest } = outer
  if (rest === undefined) return isEach
  const named = new Set(outer.properties.map(({ name }) => name))
  const others = inner.properties.filter(({ name }) => !named.has(name)).map(({ type }) => type)
  return isEach && [...others, ...(inner.rest === undefined ? [] : [inner.rest])].every((type) => covers(rest, type))
}

const isSequence = (type: JsonType): type is Sequence => type._tag === "Array" || type._tag === "Tuple"
const isNumeric = (type: JsonType): type is Numeric => type._tag === "Number" || type._tag === "Integer"

const coversOne = (outer: JsonType, inner: JsonType): boolean => {
  if (outer._tag === "Json") return true
  if (inner._tag === "Literals") return inner.values.every((value) => accepts(outer, value))
  if (inner._tag === "Boolean") return [true, false].every((value) => accepts(outer, value))
  if (outer._tag === "Union") return membersOf(outer).some((one) => coversOne(one, inner))
  if (outer._tag === "String" && inner._tag === "String") return coversTexts(outer, inner)
  if (isNumeric(outer) && isNumeric(inner)) return coversNumbers(outer, inner)
  if (isSequence(outer) && isSequence(inner)) return coversSequences(outer, inner)
  if (outer._tag === "Object" && inner._tag === "Object") return coversObjects(outer, inner)
  // The keys of records are compared apart, and a type inside itself with the one around it.
  return outer._tag === inner._tag && (outer._tag === "Record" || outer._tag === "Recursive")
}

/** Whether `outer` accepts every value of `inner`. */
export const covers = (outer: JsonType, inner: JsonType): boolean => {
  if (inner._tag === "Json") return outer._tag === "Json"
  return (!acceptsNull(inner) || acceptsNull(outer)) && membersOf(inner).every((one) => coversOne(outer, one))
}
