import * as Description from "@trackmap/core/Description"
import * as Schema from "effect/Schema"

const Version = Schema.String.check(Schema.isPattern(/^[1-9]\d*-\d+-\d+$/))

const yes = Schema.optionalKey(Schema.Literal(true))
const text = Schema.optionalKey(Schema.String)
const texts = Schema.optionalKey(Schema.Array(Schema.String))

/** A key of a subject. */
export const Key = Schema.Struct({
  /** The place of its column: keys that are added later come behind those that there were. */
  at: Schema.Natural,
  type: Description.JsonType,
  optional: yes,
  personal: yes,
  /** The path of its attribute, such as `OrderLine.product.name`. */
  from: Schema.String,
  /** The aggregate, such as `sum(qty)`. */
  aggregate: text,
  /** The attributes of the related rows that an aggregate reads. */
  reads: texts,
  /** The entity of its attribute. */
  entity: text,
  loader: text,
  ...Description.Annotations.fields
})
/** A key of a subject. */
export interface Key extends Schema.Schema.Type<typeof Key> {}

/** What a subject has besides its keys. */
export const Header = Schema.Struct({
  /** Its version as SchemaVer: model, revision and addition, from `1-0-0`. */
  version: Version,
  purposes: texts,
  relations: text,
  validation: text,
  ...Description.Annotations.fields
})
/** What a subject has besides its keys. */
export interface Header extends Schema.Schema.Type<typeof Header> {}

export const Kind = Schema.Literals(["call", "context", "event"])
export type Kind = typeof Kind.Type

/** An event; a call whose traits or properties the plan declares; or the context. */
export interface Subject {
  readonly kind: Kind
  readonly name: string
  readonly header: Header
  /**
   * By name. A key of a row in a list or in a first or last row begins with the key of the row: `Order_lines[].OrderLine_qty`,
   * `Order_lines_first.OrderLine_qty`.
   */
  readonly keys: ReadonlyMap<string, Key>
}

/** An entity. Its version is that of its attributes in all events. */
export const Entity = Schema.Struct({
  key: Schema.String,
  version: Schema.optionalKey(Version),
  ...Description.Annotations.fields
})
/** An entity. */
export interface Entity extends Schema.Schema.Type<typeof Entity> {}

/** A relation of an entity. */
export const Relation = Schema.Struct({
  entity: Schema.String,
  to: Schema.Literals(["one", "many"]),
  ...Description.Annotations.fields
})
/** A relation of an entity. */
export interface Relation extends Schema.Schema.Type<typeof Relation> {}

/** A plan, as its lock file has it. */
export interface Lock {
  /** By `idOf`. */
  readonly subjects: ReadonlyMap<string, Subject>
  readonly entities: ReadonlyMap<string, Entity>
  /** By entity and relation, such as `Product.manufacturer`. */
  readonly relations: ReadonlyMap<string, Relation>
}

/** The key of a subject in a lock. An event can have the name of a call. */
export const idOf = ({ kind, name }: Pick<Subject, "kind" | "name">): string => `${kind} ${name}`
