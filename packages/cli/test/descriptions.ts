/** Generated descriptions of plans, with entities that events share, and any names. */
import type * as Description from "@trackmap/core/Description"
import * as fc from "fast-check"
import { anyType } from "./types.ts"

/** Letters of every kind of quote, of escape and of width, and some that an editor does not show. */
const letter = fc.constantFrom(..."ab \"'`\\${/*é\u0301ß注🎉\u202E\u2028")

const text = fc.oneof(
  fc.constantFrom(
    "it's",
    'say "hi"',
    "`${1}`",
    "a\nb",
    "*/ //",
    "\u202E",
    "</script>",
    "x".repeat(120),
    "größe",
    "注文"
  ),
  fc.string({ unit: letter, maxLength: 40 }).filter((one) => one.trim() !== "")
)

const type: fc.Arbitrary<Description.JsonType> = fc.oneof(
  { weight: 4, arbitrary: anyType },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Description.JsonType>(
      { _tag: "String", patterns: ["^\\p{L}\\/[a-z/]+$"] },
      { _tag: "String", format: "decimal" },
      { _tag: "String", format: "integer", patterns: ["^-?\\d+$"] },
      { _tag: "String", format: "ulid" },
      { _tag: "String", format: "byte" },
      { _tag: "String", format: "it's", maxLength: 9, patterns: ["a", "\\n"] },
      { _tag: "String", format: "date-time", maxLength: 30 },
      { _tag: "Number", exclusiveMinimum: 1e-7, maximum: 1e21 },
      { _tag: "Null" },
      { _tag: "Union", types: [{ _tag: "String" }, { _tag: "Array", items: { _tag: "Boolean" } }], nullable: true }
    )
  },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(text, { minLength: 1, maxLength: 9 })
      .map((values): Description.JsonType => ({ _tag: "Literals", values }))
  },
  {
    weight: 1,
    arbitrary: fc
      .uniqueArray(fc.integer(), { minLength: 1, maxLength: 40 })
      .map((values): Description.JsonType => ({ _tag: "Literals", values }))
  }
)

const present = <A extends object>(values: A): A =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as A
const maybe = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined, freq: 2 })

const annotations: fc.Arbitrary<Description.Annotations> = fc
  .record({ description: maybe(text), deprecated: maybe(fc.constant({})) })
  .map((given) => present(given) as Description.Annotations)

const keyName = fc.oneof(
  fc.constantFrom("id", "default", "a".repeat(95), "uuid"),
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/).filter((name) => !(name in Object.prototype))
)

type Part = Pick<Description.Key, "key" | "type" | "optional" | "personal">

const part = fc
  .record({ key: keyName, type, optional: fc.boolean(), personal: fc.constant(false), annotations })
  .map(({ annotations, ...rest }): Part => ({ ...rest, ...annotations }))

const parts = fc.uniqueArray(part, { selector: ({ key }) => key, maxLength: 4 })

const keyOf = (part: Part, key: string, path: string): Description.Key => ({
  ...part,
  key,
  path,
  attribute: part.key,
  kind: "attribute"
})

const entity = fc.record({
  name: fc.constantFrom("Order", "OrderLine", "Buyer", "product", "Schema", "Properties"),
  id: fc.constantFrom<Description.JsonType>({ _tag: "Integer" }, { _tag: "String", format: "uuid" }),
  parts
})

const eventName = fc.oneof(
  fc.constantFrom(
    "orderPlaced",
    "Order Placed",
    "class",
    "plan",
    "Date",
    "404",
    "🎉",
    "größe geändert",
    "注文された",
    '"); evil(`',
    "order"
  ),
  fc
    .string({ unit: letter, minLength: 1, maxLength: 20 })
    .filter((one) => one.trim() !== "" && !/[\p{Cc}\p{Zl}\p{Zp}\u202E]/u.test(one))
)

const event = fc.record({
  name: eventName,
  used: fc.array(fc.nat({ max: 3 }), { maxLength: 3 }),
  own: parts,
  annotations
})

/** The description of a plan. */
export const anyDescription: fc.Arbitrary<Description.Plan> = fc
  .record({
    entities: fc.uniqueArray(entity, { selector: ({ name }) => name, maxLength: 4 }),
    events: fc.uniqueArray(event, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }),
    traits: fc.option(parts)
  })
  .map(({ entities, events, traits }): Description.Plan => ({
    format: 1,
    entities: [],
    events: events.map(({ annotations, name, own, used }): Description.Event => {
      const nodes = entities
        .filter((_, at) => used.includes(at))
        .map((entity): Description.Node => ({
          path: entity.name,
          entity: entity.name,
          to: "one",
          prefix: entity.name,
          resolver: { _tag: "Row" },
          keys: [
            keyOf({ key: "id", type: entity.id, optional: false, personal: false }, `${entity.name}_id`, entity.name),
            ...entity.parts
              .filter(({ key }) => key !== "id")
              .map((part) => keyOf(part, `${entity.name}_${part.key}`, entity.name))
          ]
        }))
      const properties: Description.Node = {
        path: `${name}.properties`,
        entity: name,
        to: "one",
        resolver: { _tag: "Row" },
        keys: own.map((part) => keyOf(part, part.key, name))
      }
      return { name, purposes: [], nodes: [properties, ...nodes], ...annotations }
    }),
    ...(traits !== null && {
      calls: [{ call: "identify", keys: traits.map((part) => keyOf(part, part.key, "identify")) }]
    })
  }))
