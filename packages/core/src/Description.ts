/**
 * A plan as data, as `Plan.describe` returns it. It is JSON, in the order of the definitions: you can store it, compare it with an earlier
 * version, and read it in other programs. `Description.Plan` decodes it.
 *
 * @module
 */
import * as Schema from "effect/Schema"

// Few types are nullable, so the others leave `nullable` out.
const yes = Schema.optionalKey(Schema.Literal(true))
const number = Schema.optionalKey(Schema.Finite)
const length = Schema.optionalKey(Schema.Natural)

const Common = {
  /** Whether the value can be null instead. */
  nullable: yes
}

/**
 * A text. `format` is `date-time`, `uri`, `uuid`, `ulid`, `byte` (base64), `decimal` or `integer` (numbers that a JSON number would round),
 * or the schema's own `format` annotation. Lengths are in the unit of the schema's check: UTF-16 code units for most checks. Patterns are
 * regular expressions without flags.
 */
const Text = Schema.TaggedStruct("String", {
  ...Common,
  format: Schema.optionalKey(Schema.String),
  minLength: length,
  maxLength: length,
  patterns: Schema.optionalKey(Schema.Array(Schema.String))
})
type Text = typeof Text.Type

const bounds = {
  ...Common,
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  multipleOf: number
}
/** A finite number, or an integer that JavaScript represents exactly. */
const Numeric = Schema.Union([Schema.TaggedStruct("Number", bounds), Schema.TaggedStruct("Integer", bounds)])
type Numeric = typeof Numeric.Type

/** One of some values. */
const Literals = Schema.TaggedStruct("Literals", {
  ...Common,
  values: Schema.Array(Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
})
type Literals = typeof Literals.Type

/** `Json` is any JSON, including null. `Recursive` stands for one of the types around it, in a schema that contains itself. */
const Plain = Schema.Union([
  Schema.TaggedStruct("Boolean", Common),
  Schema.TaggedStruct("Null", {}),
  Schema.TaggedStruct("Json", {}),
  Schema.TaggedStruct("Recursive", Common)
])
type Plain = typeof Plain.Type

interface Nullable {
  readonly nullable?: true
}
/** A list of values of one type. */
interface List extends Nullable {
  readonly _tag: "Array"
  readonly items: JsonType
  readonly minItems?: number
  readonly maxItems?: number
}
/** A list with a type for each position. `rest` is the type of further elements. */
interface Tuple extends Nullable {
  readonly _tag: "Tuple"
  readonly items: ReadonlyArray<{ readonly type: JsonType; readonly optional: boolean }>
  readonly rest?: JsonType
}
/** An object with the properties of its schema. `rest` is the type of other properties. */
interface Struct extends Nullable {
  readonly _tag: "Object"
  readonly properties: ReadonlyArray<Property>
  readonly rest?: JsonType
}
/** The values of a row inside an aggregate, with those of its relations. */
interface Rows extends Nullable {
  readonly _tag: "Record"
  readonly nodes: ReadonlyArray<Node>
}
/** A value of any of some types. */
interface Union extends Nullable {
  readonly _tag: "Union"
  readonly types: ReadonlyArray<JsonType>
}
/** The type of a value, as JSON. Absent bounds are unlimited. */
export type JsonType = Text | Numeric | Literals | Plain | List | Tuple | Struct | Rows | Union

const annotations = {
  description: Schema.optionalKey(Schema.String),
  owner: Schema.optionalKey(Schema.String),
  tags: Schema.optionalKey(Schema.Array(Schema.String)),
  since: Schema.optionalKey(Schema.String),
  /** Present if it must no longer be used. */
  deprecated: Schema.optionalKey(
    Schema.Struct({ reason: Schema.optionalKey(Schema.String), replacedBy: Schema.optionalKey(Schema.String) })
  ),
  /** Rules of `trackmap check` that do not hold for it, with the reasons. */
  allow: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  examples: Schema.optionalKey(Schema.Array(Schema.Json))
}
/** The annotations of an event, an entity, a relation or an attribute. Absent if it has none. */
export const Annotations = Schema.Struct(annotations)
/** The annotations of an event, an entity, a relation or an attribute. Absent if it has none. */
export interface Annotations extends Schema.Schema.Type<typeof Annotations> {}

/** A property of an object. */
export interface Property {
  readonly name: string
  readonly type: JsonType
  readonly optional: boolean
  readonly personal: boolean
}

const type = Schema.suspend((): Schema.Codec<JsonType> => JsonType)
const rest = Schema.optionalKey(type)

/** A property of an object. */
export const Property: Schema.Codec<Property> = Schema.Struct({
  name: Schema.String,
  type,
  optional: Schema.Boolean,
  personal: Schema.Boolean
})

/** The type of a value, as JSON. */
export const JsonType: Schema.Codec<JsonType> = Schema.Union([
  Text,
  Numeric,
  Literals,
  Plain,
  Schema.TaggedStruct("Array", { ...Common, items: type, minItems: length, maxItems: length }),
  Schema.TaggedStruct("Tuple", {
    ...Common,
    items: Schema.Array(Schema.Struct({ type, optional: Schema.Boolean })),
    rest
  }),
  Schema.TaggedStruct("Object", { ...Common, properties: Schema.Array(Property), rest }),
  Schema.TaggedStruct("Record", {
    ...Common,
    nodes: Schema.Array(Schema.suspend((): Schema.Codec<Node> => Node))
  }),
  Schema.TaggedStruct("Union", { ...Common, types: Schema.Array(type) })
])

/** A key of an event, or of a record inside it. */
export const Key = Schema.Struct({
  /** Such as `Product_name`. */
  key: Schema.String,
  /** Such as `OrderLine.product.name`. */
  path: Schema.String,
  /** The attribute's name, or the aggregate: `sum(qty)`. */
  attribute: Schema.String,
  kind: Schema.Literals(["attribute", "computed", "aggregate", "property"]),
  /** The attributes of the related rows that an aggregate reads. */
  reads: Schema.optionalKey(Schema.Array(Schema.String)),
  type,
  /** Whether the key can be absent, because its value or its row can be. */
  optional: Schema.Boolean,
  /** Whether the value contains personal data. */
  personal: Schema.Boolean,
  ...annotations
})
/** A key of an event, or of a record inside it. */
export interface Key extends Schema.Schema.Type<typeof Key> {}

/** The source of a node's row: the call, a function of the parent's row, or a loader. */
export const Resolver = Schema.Union([
  Schema.TaggedStruct("Row", {}),
  Schema.TaggedStruct("Function", {}),
  Schema.TaggedStruct("Loader", { loader: Schema.String })
])
/** The source of a node's row: the call, a function of the parent's row, or a loader. */
export type Resolver = typeof Resolver.Type

/** The subject of some keys: an event's own properties, an entity, or the entities of a to-many relation. */
export const Node = Schema.Struct({
  /** Such as `OrderLine.product`, or `Order.lines[].product` inside a list. */
  path: Schema.String,
  /** The entity's name. For an event's own properties, the event's name. */
  entity: Schema.String,
  /** The path of the node that has the relation. Absent if the row comes with the call, or from a list. */
  parent: Schema.optionalKey(Schema.String),
  relation: Schema.optionalKey(Schema.String),
  to: Schema.Literals(["one", "many"]),
  /** The start of its keys, before the underscore. An event's own properties have none. */
  prefix: Schema.optionalKey(Schema.String),
  resolver: Resolver,
  keys: Schema.Array(Key)
})
/** The subject of some keys: an event's own properties, an entity, or the entities of a to-many relation. */
export interface Node extends Schema.Schema.Type<typeof Node> {}

/** An entity, with every attribute and relation that any event of the plan uses. */
export const Entity = Schema.Struct({
  name: Schema.String,
  /** The name of the attribute that identifies it. */
  key: Schema.String,
  attributes: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      kind: Schema.Literals(["attribute", "computed"]),
      type,
      optional: Schema.Boolean,
      personal: Schema.Boolean,
      ...annotations
    })
  ),
  relations: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      entity: Schema.String,
      to: Schema.Literals(["one", "many"]),
      ...annotations
    })
  ),
  ...annotations
})
/** An entity, with every attribute and relation that any event of the plan uses. */
export interface Entity extends Schema.Schema.Type<typeof Entity> {}

/** An event. Its keys are those of its nodes, in their order. */
export const Event = Schema.Struct({
  name: Schema.String,
  /** The purposes that need the actor's consent. */
  purposes: Schema.Array(Schema.String),
  /** The event's own `relations` mode. Absent if it uses the tracker's. */
  relations: Schema.optionalKey(Schema.Literals(["omit", "fail", "later"])),
  /** The event's own `validation` mode. Absent if it uses the tracker's. */
  validation: Schema.optionalKey(Schema.Literals(["fail", "deadLetter", "strip", "annotate", "off"])),
  /** The first is its own properties. */
  nodes: Schema.Array(Node),
  ...annotations
})
/** An event. Its keys are those of its nodes, in their order. */
export interface Event extends Schema.Schema.Type<typeof Event> {}

/**
 * A plan. `format` is the version of this format: a reader of format 1 can read every description whose format is 1.
 *
 * @example
 * ```ts
 * import { Description, Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 * const text = JSON.stringify(Plan.describe(Plan.make(SignedIn)))
 *
 * const described = Schema.decodeUnknownSync(Schema.fromJsonString(Description.Plan))(text)
 * console.log(described.events[0]?.nodes[0]?.keys[0]?.type) // { _tag: "Literals", values: [ "password", "link" ] }
 * ```
 */
export const Plan = Schema.Struct({
  format: Schema.Literal(1),
  /** Sorted by name. */
  entities: Schema.Array(Entity),
  /** In the order of the plan. */
  events: Schema.Array(Event),
  /** The calls whose traits or properties the plan declares. */
  calls: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({ call: Schema.Literals(["identify", "group", "page", "screen"]), keys: Schema.Array(Key) })
    )
  ),
  /** The keys of the context that the plan declares. */
  context: Schema.optionalKey(Schema.Array(Key))
})
/** A plan. */
export interface Plan extends Schema.Schema.Type<typeof Plan> {}

const itemsText = (type: JsonType): string => {
  const text = typeText(type)
  return text.includes(" ") ? `(${text})[]` : `${text}[]`
}

const textWithoutNull = (type: JsonType): string => {
  switch (type._tag) {
    case "String":
      return type.format === undefined ? "string" : `string(${type.format})`
    case "Literals":
      return type.values.map((value) => JSON.stringify(value)).join(" | ")
    case "Array":
      return itemsText(type.items)
    case "Tuple":
      return `[${type.items.map((item) => typeText(item.type)).join(", ")}]`
    case "Union":
      return type.types.map(textWithoutNull).join(" | ")
    case "Json":
      return "any JSON"
    default:
      return type._tag.toLowerCase()
  }
}

/**
 * A type in the notation of TypeScript, with the format of a text, and without bounds.
 *
 * @example
 * ```ts
 * import { Description } from "@trackmap/core"
 *
 * console.log(Description.typeText({ _tag: "String", format: "uuid", nullable: true })) // string(uuid) | null
 * ```
 */
export const typeText = (type: JsonType): string =>
  "nullable" in type && type.nullable === true ? `${textWithoutNull(type)} | null` : textWithoutNull(type)

const nullable = (type: JsonType, is: boolean | undefined): JsonType =>
  is !== true || type._tag === "Null" || type._tag === "Json" ? type : { ...type, nullable: true }

const withoutNull = (type: JsonType): JsonType => {
  if (!("nullable" in type)) return type
  const { nullable: _, ...rest } = type
  return rest
}

/**
 * A union of types as a plan describes it: without nested unions and duplicates, null as `nullable`, and constants as one type. Without types, it is null.
 *
 * @example
 * ```ts
 * import { Description } from "@trackmap/core"
 *
 * const text = { _tag: "String" } as const
 * console.log(Description.union([text, { _tag: "Null" }, text])) // { _tag: "String", nullable: true }
 * ```
 */
export const union = (types: ReadonlyArray<JsonType>): JsonType => {
  const flat = types.flatMap((type) =>
    type._tag === "Union" ? type.types.map((one) => nullable(one, type.nullable)) : [type]
  )
  if (flat.some(({ _tag }) => _tag === "Json")) return { _tag: "Json" }
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
