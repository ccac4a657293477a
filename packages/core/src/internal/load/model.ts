import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { LoadOptions } from "./options.ts"
import type { RowCache } from "./rowCache.ts"

/** Identifies a key: a Map finds the same id for all keys that are equal. */
export type Id = unknown
/** Keys by their ids. */
export type Keys = ReadonlyMap<Id, unknown>
/** The result of a batch by id: one row, or an array of rows. */
export type LoadedRows = ReadonlyMap<Id, unknown>

/** The batch function and its limits. Loaders that differ only in the meaning of a missing row share one, and so its batches. */
export interface RowSource {
  readonly name: string
  readonly many: boolean
  /** Returns the rows, or a promise or an Effect of them. */
  readonly load: (keys: Array<any>, options: LoadOptions) => unknown
  readonly keyOf: (row: unknown) => unknown
  /** The id of a key. Throws a mismatch for a key that cannot be compared. */
  readonly idOf: (key: unknown) => Id
  readonly size: number
  readonly concurrency: number | "unbounded"
  readonly groupedBy: ReadonlyArray<(services: Context.Context<never>) => unknown>
  readonly cache: Cached | undefined
  /** The batches that still accept keys: one for each group of services. */
  readonly open: Array<Batch>
}

/** The cache of a loader. Loaders composed from it share the cache. */
export interface Cached {
  readonly rows: RowCache
  /** The batches whose calls load rows for it now. */
  readonly loading: Set<Batch>
}

type ExitOf = (waiter: Waiter) => LoadedExit
type LoadedExit = Exit.Exit<LoadedRows, unknown>

/** A caller of a batch, and the keys that it waits for. */
export interface Waiter {
  readonly wants: (keys: Keys) => boolean
  /** Whether it runs no code of its caller's, which may need its asynchronous context. */
  readonly isPlain: boolean
  readonly settle: (exit: LoadedExit) => void
}

/** The keys of several callers, loaded together. */
export interface Batch {
  readonly source: RowSource
  readonly context: Context.Context<never>
  /** The group of its opener, read at that time, because it may come from an `AsyncLocalStorage`. */
  readonly group: ReadonlyArray<unknown>
  readonly keys: Map<Id, unknown>
  /** The caller that opened it. */
  readonly opener: Waiter
  /** The plain callers that joined it. */
  readonly plain: Array<Waiter | undefined>
  /**
   * The end for the others that joined it. Each continues through a promise, and so in its own asynchronous context,
   * not in the opener's.
   */
  ended: { readonly promise: Promise<ExitOf>; readonly resolve: (exitOf: ExitOf) => void } | undefined
  /** All that have joined, and those of them that still wait. */
  callers: number
  waiting: number
  /** The keys found in the cache, once the batch has looked. */
  cached: ReadonlySet<Id> | undefined
  /** The keys that its calls load for the cache, without those that were cleared meanwhile. */
  loads: Set<Id> | undefined
  /** The pending work of a started batch. Each function interrupts one part. */
  readonly waits: Array<Effect.Effect<void>>
}

export interface LoaderImpl {
  readonly source: RowSource
  readonly required: boolean
}

export interface LookupImpl {
  readonly loader: LoaderImpl
  readonly key: (row: any) => unknown
  /** Where the key is a field of the row, and the loader may depend on what is read. */
  readonly byField?: ByField
}

/** The names of the fields that are read of each row, or undefined where functions may read any. */
export type ReadFields = ReadonlyArray<string> | undefined

export interface ByField {
  readonly name: string
  readonly loaderOf: (fields: ReadFields) => LoaderImpl
}
