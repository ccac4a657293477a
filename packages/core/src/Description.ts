/**
 * A plan as data: what `Plan.describe` gives. It is JSON all through, in the order of the definitions, so that it can be kept in
 * a file, compared with an earlier one and read by other programs; decode it with `Description.Plan`.
 *
 * @module
 */
import * as Schema from "effect/Schema"

// A key that is absent says no: what holds of few types and keys is written where it holds.
const yes = Schema.optionalKey(Schema.Literal(true))
const number = Schema.optionalKey(Schema.Finite)
const length = Schema.optionalKey(Schema.Natural)

const Common = {
  /** Whether the value can be null instead. */
  nullable: yes
}

/**
 * A text. Its `format` is `date-time`, `uri`, `uuid`, `ulid`, `decimal` or `integer` (a number too exact for JSON's), or what the
 * schema's own `format` annotation says. Lengths are counted as the schema's check counts them: in UTF-16 code units, unless it counts
 * code points. Patterns are regular expressions without flags.
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
/** A finite number, or an integer that JavaScript holds exactly. */
const Numeric = Schema.Union([Schema.TaggedStruct("Number", bounds), Schema.TaggedStruct("Integer", bounds)])
type Numeric = typeof Numeric.Type

/** One of some values. */
const Literals = Schema.TaggedStruct("Literals", {
  ...Common,
  values: Schema.Array(Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
})
type Literals = typeof Literals.Type

/** `Json` is any JSON, null too: the schema says no more. `Recursive` is a type within itself: one of the types around it. */
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
/** A list whose places have types of their own, and `rest` where more can follow. */
interface Tuple extends Nullable {
  readonly _tag: "Tuple"
  readonly items: ReadonlyArray<{ readonly type: JsonType; readonly optional: boolean }>
  readonly rest?: JsonType
}
/** An object that a schema describes. `rest` is the type of properties that are not named. */
interface Struct extends Nullable {
  readonly _tag: "Object"
  readonly properties: ReadonlyArray<Property>
  readonly rest?: JsonType
}
/** The values of a row inside an event: an element of an aggregate's list, with all that the row is related to. */
interface Rows extends Nullable {
  readonly _tag: "Record"
  readonly nodes: ReadonlyArray<Node>
}
/** A value of any of some types. */
interface Union extends Nullable {
  readonly _tag: "Union"
  readonly types: ReadonlyArray<JsonType>
}
/** What a value can be, as JSON. A bound that is absent is none. */
export type JsonType = Text | Numeric | Literals | Plain | List | Tuple | Struct | Rows | Union

/** A property of an object that a schema describes. */
export interface Property {
  readonly name: string
  readonly type: JsonType
  readonly optional: boolean
  readonly personal: boolean
}

const type = Schema.suspend((): Schema.Codec<JsonType> => JsonType)
const rest = Schema.optionalKey(type)

/** A property of an object that a schema describes. */
export const Property: Schema.Codec<Property> = Schema.Struct({
  name: Schema.String,
  type,
  optional: Schema.Boolean,
  personal: Schema.Boolean
})

/** What a value can be, as JSON. */
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

/**
 * One key of an event, or of a record inside it.
 *
 * An aggregate's `attribute` says what it is, such as `sum(qty)`, and `reads` which attributes of the related rows it needs.
 */
export const Key = Schema.Struct({
  /** Such as `Product_name`. */
  key: Schema.String,
  /** Such as `OrderLine.product.name`. */
  path: Schema.String,
  /** The attribute's name, or what an aggregate is: `sum(qty)`. */
  attribute: Schema.String,
  kind: Schema.Literals(["attribute", "computed", "aggregate", "property"]),
  /** The attributes of the related rows that an aggregate reads. */
  reads: Schema.optionalKey(Schema.Array(Schema.String)),
  type,
  /** Whether it can be absent: its own value can, or the row that it is of. */
  optional: Schema.Boolean,
  /** Whether it holds personal data, or anything in it does. */
  personal: Schema.Boolean
})
/** One key of an event, or of a record inside it. */
export interface Key extends Schema.Schema.Type<typeof Key> {}

/** How the row of a node is found: it is given, a function of another row gives it, or a loader does. */
export const Resolver = Schema.Union([
  Schema.TaggedStruct("Row", {}),
  Schema.TaggedStruct("Function", {}),
  Schema.TaggedStruct("Loader", { loader: Schema.String })
])
/** How the row of a node is found: it is given, a function of another row gives it, or a loader does. */
export type Resolver = typeof Resolver.Type

/** What some keys are about: an event's own properties, an entity, or the entities of a to-many relation. */
export const Node = Schema.Struct({
  /** Such as `OrderLine.product`; of what is in a list, `Order.lines[].product`. */
  path: Schema.String,
  /** The entity's name; of an event's own properties, the event's. */
  entity: Schema.String,
  /** The path of the node that it is related to. None for a row that is given. */
  parent: Schema.optionalKey(Schema.String),
  relation: Schema.optionalKey(Schema.String),
  to: Schema.Literals(["one", "many"]),
  /** What its keys start with, before the underscore. An event's own properties have none. */
  prefix: Schema.optionalKey(Schema.String),
  resolver: Resolver,
  keys: Schema.Array(Key)
})
/** What some keys are about: an event's own properties, an entity, or the entities of a to-many relation. */
export interface Node extends Schema.Schema.Type<typeof Node> {}

/** An entity: all its attributes that any event of the plan reaches, whatever relations the event has or leaves out. */
export const Entity = Schema.Struct({
  name: Schema.String,
  /** The attribute that tells one thing of this kind from another. */
  key: Schema.String,
  attributes: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      kind: Schema.Literals(["attribute", "computed"]),
      type,
      optional: Schema.Boolean,
      personal: Schema.Boolean
    })
  ),
  relations: Schema.Array(
    Schema.Struct({ name: Schema.String, entity: Schema.String, to: Schema.Literals(["one", "many"]) })
  )
})
/** An entity: all its attributes that any event of the plan reaches, whatever relations the event has or leaves out. */
export interface Entity extends Schema.Schema.Type<typeof Entity> {}

/** An event. Its keys, in the order in which they come, are those of its nodes. */
export const Event = Schema.Struct({
  name: Schema.String,
  /** The purposes that the actor must have consented to. */
  purposes: Schema.Array(Schema.String),
  /** What becomes of a relation that fails. Absent where the tracker's own way holds. */
  relations: Schema.optionalKey(Schema.Literals(["omit", "fail"])),
  /** What becomes of a value that its schema refuses. Absent where the tracker's own way holds. */
  validation: Schema.optionalKey(Schema.Literals(["fail", "deadLetter", "strip", "annotate", "off"])),
  /** The first is its own properties. */
  nodes: Schema.Array(Node)
})
/** An event. Its keys, in the order in which they come, are those of its nodes. */
export interface Event extends Schema.Schema.Type<typeof Event> {}

/**
 * A plan. `format` counts the changes of this description that an older reader would misread.
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
  /** By name, each once. */
  entities: Schema.Array(Entity),
  /** In the plan's order. */
  events: Schema.Array(Event)
})
/** A plan. */
export interface Plan extends Schema.Schema.Type<typeof Plan> {}
