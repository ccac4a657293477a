import type * as Schema from "effect/Schema"
import type { Annotations } from "../../Description.ts"
import type { Codec } from "../base/codec.ts"
import type { SharedMap } from "../base/sharedMap.ts"
import type { LookupImpl } from "../load/model.ts"

/** Where an attribute's value comes from: a path from the row, or a function of it. */
export type FieldSource = { readonly path: ReadonlyArray<string> } | { readonly compute: (row: any) => unknown }

export interface Field {
  readonly name: string
  readonly schema: Schema.Constraint
  readonly codec: Codec
  readonly source: FieldSource
}

export type Via = { readonly resolve: (row: any) => unknown } | { readonly lookup: LookupImpl }

export interface OneImpl {
  readonly _tag: "One"
  readonly target: EntityImpl
  readonly prefix: string
  readonly via: Via
  /** Whether undefined means that there is no row. Otherwise it means that the relation was not loaded. */
  readonly optional: boolean
  /** Whether it is a failure that there is no row. */
  readonly required: boolean
  readonly annotations?: Annotations
}
export interface ManyImpl {
  readonly _tag: "Many"
  readonly target: EntityImpl
  /** The original schemas. */
  readonly aggregates: ReadonlyArray<unknown>
  /** The same, made ready for the rows of the target. */
  readonly compiled: ReadonlyArray<CompiledAggregate>
  readonly via: Via
  readonly annotations?: Annotations
}

/** All that other modules know of an aggregate: decided when the relation is defined. */
export interface CompiledAggregate {
  readonly keys: ReadonlyArray<AggregateKey>
  readonly needs: Needs
  /** The end of an error's path, after the relation's, such as `.qty`. */
  readonly suffix: string
  /** Its result, in words. */
  readonly expected: string
  /** One value for each key. Throws a mismatch, or the error of a user's function. */
  readonly run: (rows: AggregatedRows) => ReadonlyArray<unknown>
}

/** One key that an aggregate writes. */
export interface AggregateKey {
  /** What follows the relation's own key, such as `_count`. */
  readonly suffix: string
  /** How a lineage names it, such as `sum(qty)`. */
  readonly label: string
  readonly schema: () => Schema.Constraint
  readonly optional: boolean
  /** The schema of the user's own aggregate, and its codec. */
  readonly own?: Pick<Field, "schema" | "codec">
  /** Whether the value is a row's nested record, or a list of at most this many. */
  readonly records?: "one" | { readonly max: number }
  /** Whether it tells personal data of its rows, of which it says nothing where it has them as records. Default: no. */
  readonly personal?: () => boolean
}

/** The parts of its rows that an aggregate reads, besides their number. */
export interface Needs {
  /** How many of the first rows, as nested records. */
  readonly first: number
  /** Whether the last row, as a nested record. */
  readonly last: boolean
  /** Which attributes of every row. */
  readonly attributes: ReadonlyArray<string>
}

type Values = Readonly<Record<string, unknown>>

/** The rows of one parent, as far as the aggregates of a relation need them. */
export interface AggregatedRows {
  readonly count: number
  readonly first: ReadonlyArray<Values>
  readonly last: Values | undefined
  /** For each row the attributes that aggregates need, under the flat keys of the target. */
  readonly attributes: ReadonlyArray<Values>
}
export type RelationImpl = OneImpl | ManyImpl

/** The public face of an entity, without its types. */
export interface EntityFace {
  readonly name: string
  readonly key: string
  readonly attributes: { readonly [name: string]: Schema.Constraint }
}

export interface EntityImpl extends EntityFace {
  /** By name, in the order of definition. */
  readonly related: SharedMap<RelationImpl>
  /** The same, as the public face has them. */
  readonly relations: { readonly [name: string]: RelationImpl }
  readonly fields: ReadonlyArray<Field>
  /** The number of fields to compare with their `_before`, if the entity is tracked as a change. */
  readonly compared: number
  readonly checked: boolean
  readonly annotations: Annotations
  /** Values derived from the entity once, on first use, by the modules that own them. */
  readonly memo: Memo
}

/**
 * A plain property: a WeakMap costs more than all else that a valuation does. Later rooms keep more here than this one knows of
 * (`value/model`).
 */
export interface Memo {
  attributes?: EntityFace["attributes"]
  relations?: EntityImpl["relations"]
  /** The keys of the flat record, which no other path may write. */
  written?: SharedMap<true>
  layout?: Layout
}

/** One key of the flat record, and the path of the definition that writes it. */
export interface FlatKey {
  readonly key: string
  readonly path: string
  /** Where it is in the layout, unless it is a property of an event. */
  readonly node?: Node
}

/** An entity at one path: the root, or the target of a to-one relation. */
export interface OneNode {
  readonly _tag: "One"
  readonly id: number
  readonly path: string
  readonly parent: OneNode | undefined
  readonly relation: OneImpl | undefined
  readonly entity: EntityImpl
  /** The flat keys of the entity's fields, in their order. */
  readonly keys: ReadonlyArray<string>
  /** Which of the fields are computed. */
  readonly computed: ReadonlyArray<number>
  readonly children: Array<Node>
}
/** A to-many relation at one path. */
export interface ManyNode {
  readonly _tag: "Many"
  readonly id: number
  readonly path: string
  readonly parent: OneNode
  readonly relation: ManyImpl
  /** The flat keys of the aggregates; a list has two. */
  readonly keys: ReadonlyArray<string>
}
export type Node = OneNode | ManyNode

/** The whole walk of an entity, level by level. */
export interface Layout {
  readonly root: OneNode
  readonly nodes: ReadonlyArray<Node>
  readonly flatKeys: ReadonlyArray<FlatKey>
}
