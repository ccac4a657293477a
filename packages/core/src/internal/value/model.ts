import type * as Effect from "effect/Effect"
import type { Place } from "../base/fault.ts"
import type { EntityImpl, Layout, ManyImpl, ManyNode, Memo } from "../definition/model.ts"
import type { Batch } from "../load/model.ts"
import type { Tolerance } from "./tolerance.ts"

/** A flat record. */
export type Values = Record<string, unknown>

/** What code is generated from. */
export interface Shape {
  readonly entity: EntityImpl
  readonly checked: boolean
  readonly layout: Layout
}

/** What the generated function gives for a row that a resolver answers with an Effect. */
export const needsEffect: unique symbol = Symbol("needsEffect")

/** The values of the aggregates of a to-many relation of one row, or nothing where they need an Effect. */
export type ManyNow = (node: ManyNode, parent: unknown) => ReadonlyArray<unknown> | undefined

/** The values of a row, or `needsEffect` as soon as a resolver answers with an Effect. */
export type Direct = (row: unknown, own?: Values) => Values | typeof needsEffect

/** An entity made ready to value rows: where its keys go, and the programs of the rows inside its to-many relations. */
export interface Program {
  readonly entity: EntityImpl
  readonly checked: boolean
  readonly layout: Layout
  /** Whether a relation anywhere below is a loader's, so that nothing can be valued without an Effect. */
  readonly loads: boolean
  readonly many: ReadonlyMap<ManyNode, ManyProgram>
  /** Whether a resolver or a computed attribute is known to answer later, with an Effect or a promise. */
  readonly answers: { later: boolean }
  /** The records of the rows that a walk has resolved. */
  readonly write: (walk: Walk) => Array<Values>
  /** The same, by the interpreter, which alone can go on where something is wrong. */
  readonly interpret: (walk: Walk) => Array<Values>
}

/** What the aggregates of a to-many relation need of its rows. */
export interface ManyProgram {
  readonly relation: ManyImpl
  /** Values the rows that are carried as nested records: so many of the first, and the last. */
  readonly records: { readonly program: Program; readonly first: number; readonly last: boolean } | undefined
  /** Values the attributes that aggregates read, of every row. */
  readonly attributes: Program | undefined
}

/** What is left to run before the walk can go on, or nothing where all of it was there already. */
export type Pending = Effect.Effect<void, any, any> | undefined

/** Some rows of one entity on their way to values, level by level. */
export interface Walk {
  readonly program: Program
  readonly count: number
  readonly place: Place
  /** Told of what is wrong, where the walk is to go on; else it fails. */
  readonly tolerance: Tolerance | undefined
  /**
   * By node: its rows, or undefined where there is none; for a to-many relation the values of its aggregates. A row that a
   * loader gives to many others stands here once.
   */
  readonly related: Array<ReadonlyArray<unknown>>
  /** By node whose relation is a loader's: which of its rows belongs to each of its parent's rows. At 0 there is no row. */
  readonly rowIndexes: Array<ReadonlyArray<number> | undefined>
  /** By node and field: for each of the node's rows what a computed attribute gave. */
  readonly computed: Array<ReadonlyArray<ReadonlyArray<unknown> | undefined> | undefined>
  /** By node: the batch of its loader and what it asked for, where somebody looks on. */
  readonly batches: Array<readonly [Batch, wanted: ReadonlyMap<unknown, unknown>] | undefined>
}

/** Writes the record of one row, from its related row by node and its computed attributes by node and field. */
export type RowWriter = (
  related: ReadonlyArray<unknown>,
  computed: ReadonlyArray<ReadonlyArray<unknown> | undefined>
) => Values

/** What values one row at a time where relations are loaders: one callback a row, however many levels it has. */
export interface OneRow {
  readonly program: Program
  readonly place: Place
  readonly write: RowWriter
  /** Writes what is not as it should be, and tells of it. */
  readonly tolerant: (...args: [...Parameters<RowWriter>, Tolerance]) => Values
  /** Values a row that a resolver answers for with an Effect after all. */
  readonly later: (row: unknown, tolerance: Tolerance | undefined) => Effect.Effect<Values, unknown, any>
}

/** An entity's program, and how a single row is valued by it. */
export interface Valuer {
  readonly program: Program
  readonly place: Place
  /** The values of a row now, or `needsEffect`. */
  readonly now: (row: unknown) => Values | typeof needsEffect
  /** Where its relations allow it. */
  readonly oneRow: OneRow | undefined
  /** Whether rows have been valued, so that it is known whether resolvers answer later. */
  tried: boolean
}

/** What is made of an entity once, beside its layout. */
interface ValueMemo extends Memo {
  checked?: Program
  unchecked?: Program
  valuer?: Valuer
}
export const memoOf = (entity: EntityImpl): ValueMemo => entity.memo
