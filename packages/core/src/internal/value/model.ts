import type * as Effect from "effect/Effect"
import type { Place } from "../base/fault.ts"
import type { EntityImpl, Layout, ManyImpl, ManyNode, Memo } from "../definition/model.ts"
import type { Batch } from "../load/model.ts"
import type { Tolerance } from "./tolerance.ts"

/** A flat record. */
export type Values = Record<string, unknown>

/** The input of code generation. */
export interface Shape {
  readonly entity: EntityImpl
  readonly checked: boolean
  readonly layout: Layout
}

/** The generated function's result if a resolver returns an Effect. */
export const needsEffect: unique symbol = Symbol("needsEffect")

/** The aggregates of one row's to-many relation, or undefined if they need an Effect. */
export type ManyNow = (node: ManyNode, parent: unknown) => ReadonlyArray<unknown> | undefined

/** The values of a row, or `needsEffect` as soon as a resolver returns an Effect. */
export type Direct = (row: unknown, own?: Values) => Values | typeof needsEffect

/** An entity prepared for valuing rows: its keys, and the programs of the rows inside its to-many relations. */
export interface Program {
  readonly entity: EntityImpl
  readonly checked: boolean
  readonly layout: Layout
  /** Whether it has a loader at any depth, so that valuing always needs an Effect. */
  readonly loads: boolean
  readonly many: ReadonlyMap<ManyNode, ManyProgram>
  /** Whether a resolver or a computed attribute is known to return an Effect or a promise. */
  readonly answers: { later: boolean }
  /** The records of a resolved walk's rows. */
  readonly write: (walk: Walk) => Array<Values>
  /** The same by the interpreter, which alone can continue after an error. */
  readonly interpret: (walk: Walk) => Array<Values>
}

/** What the aggregates of a to-many relation need of its rows. */
export interface ManyProgram {
  readonly relation: ManyImpl
  /** Values the rows that become nested records: the first ones, and the last. */
  readonly records: { readonly program: Program; readonly first: number; readonly last: boolean } | undefined
  /** Values the attributes that aggregates read, of every row. */
  readonly attributes: Program | undefined
}

/** The Effect that the walk must run before it continues, or undefined if there is none. */
export type Pending = Effect.Effect<void, any, any> | undefined

/** Some rows of one entity on their way to values, level by level. */
export interface Walk {
  readonly program: Program
  readonly count: number
  readonly place: Place
  /** If present, the walk reports errors to it and continues; otherwise the walk fails. */
  readonly tolerance: Tolerance | undefined
  /**
   * By node: its rows, or undefined for a missing row; for a to-many relation the values of its aggregates. A loader's row that
   * belongs to many others is here once.
   */
  readonly related: Array<ReadonlyArray<unknown>>
  /** By node with a loader: the index of the row that belongs to each row of its parent. At 0 there is no row. */
  readonly rowIndexes: Array<ReadonlyArray<number> | undefined>
  /** By node and field: a computed attribute's result for each of the node's rows. */
  readonly computed: Array<ReadonlyArray<ReadonlyArray<unknown> | undefined> | undefined>
  /** By node: the batch of its loader and the requested keys, if there are observers. */
  readonly batches: Array<readonly [Batch, wanted: ReadonlyMap<unknown, unknown>] | undefined>
}

/** Writes the record of one row, from its related row by node and its computed attributes by node and field. */
export type RowWriter = (
  related: ReadonlyArray<unknown>,
  computed: ReadonlyArray<ReadonlyArray<unknown> | undefined>
) => Values

/** Values one row at a time if it has loaders, with one callback per row at any depth. */
export interface OneRow {
  readonly program: Program
  readonly place: Place
  readonly write: RowWriter
  /** Writes an invalid row without its invalid parts, and reports them. */
  readonly tolerant: (...args: [...Parameters<RowWriter>, Tolerance]) => Values
  /** Values a row whose resolver unexpectedly returned an Effect. */
  readonly later: (row: unknown, tolerance: Tolerance | undefined) => Effect.Effect<Values, unknown, any>
}

/** An entity's program, and how a single row is valued by it. */
export interface Valuer {
  readonly program: Program
  readonly place: Place
  /** The values of a row now, or `needsEffect`. */
  readonly now: (row: unknown) => Values | typeof needsEffect
  /** Present if its relations allow it. */
  readonly oneRow: OneRow | undefined
  /** Whether rows have been valued, so that it is known whether resolvers answer later. */
  tried: boolean
}

/** Derived from an entity once, in addition to its layout. */
interface ValueMemo extends Memo {
  checked?: Program
  unchecked?: Program
  valuer?: Valuer
}
export const memoOf = (entity: EntityImpl): ValueMemo => entity.memo
