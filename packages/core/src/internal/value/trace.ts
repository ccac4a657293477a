import type * as Clock from "effect/Clock"
import type { Batch } from "../load/model.ts"
import { unresolved } from "./unresolved.ts"

/** How a relation of one event was resolved. */
export interface Resolution {
  /** Of the node. */
  readonly path: string
  /** `"missing"`: there is no row. */
  readonly outcome: "resolved" | "missing" | "failed"
  /** Since the request. */
  readonly milliseconds: number
  /** The size of the loader's batch: all its keys, and the callers that waited for them. Absent without a loader. */
  readonly batch: { readonly keys: number; readonly callers: number } | undefined
  /** Whether it was in the loader's cache. */
  readonly cached: boolean
}

/** The result of a relation, from its row. */
export const outcomeOf = (row: unknown): Resolution["outcome"] =>
  row === unresolved ? "failed" : row === undefined || row === null ? "missing" : "resolved"

/** Receives how the relations of one event are resolved, if there are observers. */
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
      batch: batch && { keys: batch.keys.size, callers: batch.callers },
      cached: batch?.cached !== undefined && Array.from(ids).every((id) => batch.cached!.has(id))
    })
  }
}
