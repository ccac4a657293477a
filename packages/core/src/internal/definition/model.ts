import type * as Schema from "effect/Schema"
import type { Aggregate } from "../../Aggregate.ts"
import type { Codec } from "../base/codec.ts"
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
}
export interface ManyImpl {
  readonly _tag: "Many"
  readonly target: EntityImpl
  readonly aggregates: ReadonlyArray<Aggregate>
  readonly via: Via
}
export type RelationImpl = OneImpl | ManyImpl

export interface EntityImpl {
  readonly name: string
  readonly key: string
  readonly attributes: { readonly [name: string]: Schema.Constraint }
  readonly relations: { readonly [name: string]: RelationImpl }
  readonly fields: ReadonlyArray<Field>
  /** How many of the fields are compared with their `_before`, where the entity is tracked as a change. */
  readonly compared: number
  readonly checked: boolean
  /** What is made of the entity once, on first use, by the modules that make it. */
  readonly memo: Memo
}

/**
 * A plain property: a WeakMap costs more than all else that a valuation does. Later rooms keep more here than this one knows of
 * (`value/model`).
 */
export interface Memo {
  layout?: Layout
}

/** One key of the flat record, and the path of the definition that writes it. */
export interface FlatKey {
  readonly key: string
  readonly path: string
}

/** An entity as it is reached by one path: the root, or the target of a to-one relation. */
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
/** A to-many relation as it is reached by one path. */
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
