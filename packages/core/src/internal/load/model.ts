import type * as Cache from "effect/Cache"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"

/** What makes two keys the same: the key itself, or what `hash` makes of it. */
export type Id = unknown
/** What a batch found: a row for an id, or the rows. */
export type LoadedRows = ReadonlyMap<Id, unknown>

/** The batch function and its bounds. Loaders that differ only in what a missing row means share one, and so its batches. */
export interface RowSource {
  readonly name: string
  readonly many: boolean
  readonly call: (keys: ReadonlyArray<unknown>) => Effect.Effect<ReadonlyArray<unknown>, unknown, unknown>
  readonly keyOf: (row: unknown) => unknown
  readonly hash: (key: unknown) => Id
  readonly size: number
  readonly concurrency: number | "unbounded"
  readonly groupedBy: ReadonlyArray<(services: Context.Context<never>) => unknown>
  readonly cache: Cache.Cache<Id, unknown> | undefined
  /** The batches that still take keys: one for each group of services. */
  readonly open: Array<Batch>
}

/** Who waits for a batch, and for which of its keys. */
export interface Waiter {
  readonly wants: (keys: ReadonlyMap<Id, unknown>) => boolean
  readonly settle: (exit: Exit.Exit<LoadedRows, unknown>) => void
}

/** What callers have asked for together. */
export interface Batch {
  readonly context: Context.Context<never>
  /** The group of its opener, read at that time, because it may come from an `AsyncLocalStorage`. */
  readonly group: ReadonlyArray<unknown>
  readonly keys: Map<Id, unknown>
  readonly waiters: Array<Waiter>
  waiting: number
  /** What was in the cache, once that is known. */
  cached: ReadonlySet<Id> | undefined
  fiber: Fiber.Fiber<void> | undefined
}

export interface LoaderImpl {
  readonly source: RowSource
  readonly required: boolean
}

export interface LookupImpl {
  readonly loader: LoaderImpl
  readonly key: (row: any) => unknown
}
