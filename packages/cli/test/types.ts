/** Generated types, and values of them. */
import type { JsonType } from "@trackmap/core/Description"
import * as fc from "fast-check"

const bound = fc.integer({ min: -3, max: 3 })
const size = fc.nat({ max: 3 })
const maybe = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined, freq: 2 })

const present = <A extends object>(values: A): A =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as A

/** Two bounds in their order, either of which can be missing. */
const range = (one: fc.Arbitrary<number>, least: string, most: string) =>
  fc.tuple(maybe(one), maybe(one)).map(([a, b]) => {
    if (a === undefined || b === undefined) return present({ [least]: a, [most]: b })
    return { [least]: Math.min(a, b), [most]: Math.max(a, b) + 1 }
  })

/** A maximum in UTF-16 code units is one in code points for letters of ASCII. */
const text = fc.oneof(
  maybe(fc.integer({ min: 1, max: 3 })).map((maxLength) => ({ _tag: "String", ...present({ maxLength }) }) as JsonType),
  fc.constantFrom("date-time", "uuid").map((format): JsonType => ({ _tag: "String", format }))
)

/** Ranges and multiples are apart: together, they could leave a number so few values that it is one of another type. */
const numeric = fc.oneof(
  fc
    .tuple(fc.constantFrom("Integer" as const, "Number" as const), range(bound, "minimum", "maximum"))
    .map(([_tag, limits]): JsonType => ({ _tag, ...limits })),
  fc.constantFrom(1, 2, 3).map((multipleOf): JsonType => ({ _tag: "Integer", multipleOf })),
  fc.constantFrom(0.5, 1.5).map((multipleOf): JsonType => ({ _tag: "Number", multipleOf }))
)

const literals: fc.Arbitrary<JsonType> = fc
  .uniqueArray(fc.constantFrom<string | number | boolean>("a", "b", "c", 1, 2, true), { minLength: 1, maxLength: 3 })
  .map((values) => ({ _tag: "Literals", values }))

const scalar: fc.Arbitrary<JsonType> = fc.oneof(text, numeric, literals, fc.constant({ _tag: "Boolean" } as const))

const nullable = (arbitrary: fc.Arbitrary<JsonType>): fc.Arbitrary<JsonType> =>
  fc.tuple(arbitrary, fc.boolean()).map(([type, is]) => (is ? ({ ...type, nullable: true } as JsonType) : type))

const names = ["p", "q", "r"] as const

const { type } = fc.letrec<{ readonly type: JsonType }>((tie) => {
  const inner = tie("type")
  const list = fc
    .tuple(inner, range(size, "minItems", "maxItems"))
    .map(([items, lengths]): JsonType => ({ _tag: "Array", items, ...lengths }))
  const tuple = fc
    .tuple(fc.array(fc.tuple(inner, fc.boolean()), { minLength: 1, maxLength: 2 }), maybe(inner))
    .map(([items, rest]): JsonType => {
      // What is optional comes last.
      const places = items.map(([type], at) => ({ type, optional: items.slice(0, at + 1).some(([, is]) => is) }))
      return { _tag: "Tuple", items: places, ...(rest !== undefined && { rest }) }
    })
  const object = fc
    .tuple(
      fc.subarray([...names]),
      fc.array(fc.tuple(inner, fc.boolean()), { minLength: 3, maxLength: 3 }),
      maybe(inner)
    )
    .map(([used, types, rest]): JsonType => ({
      _tag: "Object",
      properties: used.map((name, at) => ({ name, type: types[at]![0], optional: types[at]![1], personal: false })),
      ...(rest !== undefined && { rest })
    }))
  return { type: nullable(fc.oneof({ maxDepth: 2, depthSize: "small" }, scalar, list, tuple, object)) }
})

/** A type that a plan can have. */
export const anyType: fc.Arbitrary<JsonType> = fc.oneof(
  { weight: 9, arbitrary: type },
  { weight: 1, arbitrary: fc.constant<JsonType>({ _tag: "Json" }) }
)

/** A type and one that is near it, since two types made apart are seldom alike. */
export const pair: fc.Arbitrary<readonly [JsonType, JsonType]> = fc.oneof(
  fc.tuple(anyType, anyType),
  fc.tuple(anyType, fc.infiniteStream(fc.tuple(fc.nat({ max: 8 }), type))).map(([one, stream]) => {
    const next = () => stream.next().value as readonly [number, JsonType]
    return [one, near(one, next)] as const
  })
)

/** A type with something of it replaced here and there. */
const near = (given: JsonType, next: () => readonly [number, JsonType]): JsonType => {
  const [choice, other] = next()
  if (choice === 0) return other
  if (choice === 1 && given._tag !== "Json" && given._tag !== "Null") {
    const { nullable: is, ...rest } = given as JsonType & { readonly nullable?: true }
    return is === true ? (rest as JsonType) : ({ ...rest, nullable: true } as JsonType)
  }
  if (choice === 2 && given._tag === other._tag) return other
  if (choice === 3 && given._tag === "Integer" && given.multipleOf === undefined) return { ...given, _tag: "Number" }
  switch (given._tag) {
    case "Array":
      return { ...given, items: near(given.items, next) }
    case "Tuple":
      return { ...given, items: given.items.map((item) => ({ ...item, type: near(item.type, next) })) }
    case "Object":
      return {
        ...given,
        properties: given.properties.map((property) => ({
          ...property,
          type: near(property.type, next),
          optional: choice === 4 ? !property.optional : property.optional
        }))
      }
    case "Literals":
      return choice === 5 ? { ...given, values: given.values.slice(1).concat("z") } : given
    default:
      return given
  }
}

const dates = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString())

const numbersOf = (type: Extract<JsonType, { readonly _tag: "Integer" | "Number" }>): fc.Arbitrary<number> => {
  const { _tag, maximum = 9, minimum = -9, multipleOf } = type
  const step = multipleOf ?? (_tag === "Integer" ? 1 : 0.25)
  const [from, to] = [Math.ceil(minimum / step), Math.floor(maximum / step)]
  return fc.oneof(fc.integer({ min: from, max: to }), fc.constantFrom(from, to)).map((n) => n * step + 0)
}

const valueWithoutNull = (type: JsonType): fc.Arbitrary<unknown> => {
  switch (type._tag) {
    case "String":
      return type.format === "date-time"
        ? dates
        : type.format === "uuid"
          ? fc.uuid()
          : fc
              .integer({ min: 0, max: type.maxLength ?? 5 })
              .chain((n) => fc.string({ minLength: n, maxLength: n, unit: fc.constantFrom("a", "b", "0") }))
    case "Integer":
    case "Number":
      return numbersOf(type)
    case "Boolean":
      return fc.boolean()
    case "Literals":
      return fc.constantFrom(...type.values)
    case "Array": {
      const least = type.minItems ?? 0
      return fc.array(valueOf(type.items), { minLength: least, maxLength: type.maxItems ?? least + 4 })
    }
    case "Tuple": {
      const required = type.items.filter(({ optional }) => !optional).length
      const whole = fc.tuple(...type.items.map((item) => valueOf(item.type)))
      const more = type.rest === undefined ? fc.constant([]) : fc.array(valueOf(type.rest), { maxLength: 2 })
      return fc
        .tuple(whole, more, fc.integer({ min: required, max: type.items.length }))
        .map(([own, others, n]) => (n < own.length ? own.slice(0, n) : [...own, ...others]))
    }
    case "Object": {
      const own = fc.record(
        Object.fromEntries(type.properties.map((property) => [property.name, valueOf(property.type)])),
        { requiredKeys: type.properties.filter(({ optional }) => !optional).map(({ name }) => name) }
      )
      const free = [...names, "s"].filter((name) => !type.properties.some((property) => property.name === name))
      if (type.rest === undefined || free.length === 0) return own
      const rest = fc.dictionary(fc.constantFrom(...free), valueOf(type.rest))
      return fc.tuple(own, rest).map(([a, b]) => ({ ...a, ...b }))
    }
    default:
      return fc.jsonValue({ maxDepth: 1 })
  }
}

/** A value of a type. */
export const valueOf = (type: JsonType): fc.Arbitrary<unknown> =>
  "nullable" in type && type.nullable === true ? fc.option(valueWithoutNull(type), { freq: 3 }) : valueWithoutNull(type)
