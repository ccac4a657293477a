import type * as Effect from "effect/Effect"
import type { Place } from "../base/fault.ts"
import type { EntityImpl, Layout, ManyImpl, ManyNode, Memo } from "../definition/model.ts"
import type { Batch } from "../load/model.ts"
import type { Answers } from "./answers.ts"
import type { needsEffect } from "./needsEffect.ts"
import type { Tolerance } from "./tolerance.ts"

/** A flat record. */
export type Values = Record<string, unknown>

/** The input of code generation. */
export interface CodegenInput {
  readonly entity: EntityImpl
  readonly checked: boolean
  readonly layout: Layout
}

/** The aggregates of one row's to-many relation, or undefined if they need an Effect. */
export type ManyNow = (node: ManyNode, parent: unknown) => ReadonlyArray<unknown> | undefined

/** The values of a row, or `needsEffect` as soon as a resolver returns an Effect or a promise. */
export type Direct = (row: unknown, own?: Values) => Values | typeof needsEffect

/** An entity prepared for valuing rows: its keys, and the programs of the rows inside its to-many relations. */
export interface Program {
  readonly entity: EntityImpl
  readonly checked: boolean
  readonly layout: Layout
  /** Whether it has a loader at any depth, so that valuing always needs an Effect. */
  readonly loads: boolean
  readonly many: ReadonlyMap<ManyNode, ManyProgram>
  readonly answers: Answers
  /** By node: how its rows are read. Made on first use, since loaded rows need none. */
  readonly readers: Array<Reader | undefined>
  writer: Writer | undefined
}

/** The state of reading a row: whether it has invalid values, and the tolerance that leaves them out. */
export interface Reading {
  invalid: boolean
  readonly tolerance: Tolerance | undefined
}

/**
 * The values of one row by its node's keys: JSON, `absent`, or an `Invalid`. Those of the first row become the record: they have the keys of all
 * nodes from the beginning, so that each row is copied once.
 */
export type RowValues = Values

/** The values of one row, or the aggregates of one to-many relation in the order of its keys. */
export type NodeValues = RowValues | ReadonlyArray<unknown>

/** Reads one row of a node, with the results of its computed attributes by field. */
export type Reader = (row: any, computed: ReadonlyArray<unknown>, reading: Reading) => RowValues

/** Writes a record from the valid values of its rows by node, and may take the first row's values for it. */
export type Writer = (values: ReadonlyArray<NodeValues | undefined>) => Values

/** The parts of its rows that the aggregates of a to-many relation need. */
export interface ManyProgram {
  readonly relation: ManyImpl
  /** Values the rows that become nested records: the first ones, and the last. */
  readonly records: { readonly program: Program; readonly first: number; readonly last: boolean } | undefined
  /** Values the attributes that aggregates read, of every row. */
  readonly attributes: Program | undefined
}

/** From the index of a row to the places of its record: in a list, and as the first or the last. */
export type Pointers = (index: number) => ReadonlyArray<string>

/** The Effect that the walk must run before it continues, or undefined if there is none. */
export type Pending = Effect.Effect<void, any, any> | undefined

/** Some rows of one entity on their way to values, level by level. */
export interface Walk extends Reading {
  readonly program: Program
  readonly count: number
  readonly place: Place
  /** Where the record of each row is among the values of the row that has it: JSON Pointers. */
  readonly pointers: Pointers
  /** If present, the walk reports errors to it and continues; otherwise the walk fails. */
  readonly tolerance: Tolerance | undefined
  /** Whether to stop at the first asynchronous answer. */
  readonly now: boolean
  /** By node: its rows, or undefined for a missing row. A loader's row that belongs to many others is here once. */
  readonly related: Array<ReadonlyArray<unknown>>
  /** By node: the values of its rows, read when the rows arrived; for a to-many relation, the values of its aggregates. */
  readonly values: Array<Array<NodeValues | undefined> | undefined>
  /** By node with a loader: the index of the row that belongs to each row of its parent. At 0 there is no row. */
  readonly rowIndexes: Array<ReadonlyArray<number> | undefined>
  /** By node: the batch of its loader and the requested keys, if there are observers. */
  readonly batches: Array<readonly [Batch, wanted: ReadonlyMap<unknown, unknown>] | undefined>
}

/** An entity's program, and how a single row is valued by it. */
export interface Valuer {
  readonly program: Program
  readonly place: Place
  /** The values of a row now, or `needsEffect`. Throws for an invalid row. */
  readonly now: (row: unknown) => Values | typeof needsEffect
  /** The same for valid rows: `needsEffect` for an invalid one. */
  readonly valid: Direct
}

/** Derived from an entity once, in addition to its layout. */
interface ValueMemo extends Memo {
  checked?: Program
  unchecked?: Program
  valuer?: Valuer
}
export const memoOf = (entity: EntityImpl): ValueMemo => entity.memo
