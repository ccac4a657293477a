import type * as Clock from "effect/Clock"
import type { Batch } from "../load/model.ts"
import { unresolved } from "./unresolved.ts"

/** How a relation of one event was resolved. */
export interface Resolution {
  /** Of the node. */
  readonly path: string
  /** `"missing"`: there is no row. */
  readonly outcome: "resolved" | "missing" | "failed"
  /** From the moment that it was asked for. */
  readonly milliseconds: number
  /** What the loader was asked together with this: keys in all, and callers who waited for some of them. None without a loader. */
  readonly batch: { readonly keys: number; readonly callers: number } | undefined
  /** Whether it was in the loader's cache. */
  readonly cached: boolean
}

/** What became of a relation, by its row. */
export const outcomeOf = (row: unknown): Resolution["outcome"] =>
  row === unresolved ? "failed" : row === undefined || row === null ? "missing" : "resolved"

/** Told how the relations of one event are resolved, where somebody looks on. */
export class ResolutionTrace {
  readonly #clock: Clock.Clock
  readonly #tell: (resolution: Resolution) => void

  constructor(clock: Clock.Clock, tell: (resolution: Resolution) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** In milliseconds, since some moment. */
  get now(): number {
    return Number(this.#clock.monotonicTimeNanosUnsafe()) / 1_000_000
  }

  ended(
    path: string,
    outcome: Resolution["outcome"],
    since: number,
    batch: Batch | undefined,
    ids: Iterable<unknown>
  ): void {
    this.#tell({
      path,
      outcome,
      milliseconds: this.now - since,
      batch: batch && { keys: batch.keys.size, callers: batch.waiters.length },
      cached: batch?.cached !== undefined && Array.from(ids).every((id) => batch.cached!.has(id))
    })
  }
}
