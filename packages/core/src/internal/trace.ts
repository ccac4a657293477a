import type * as Clock from "effect/Clock"
import type { Resolution } from "../Lineage.ts"
import type { Batch } from "./loader.ts"

/** Told how the relations of one event are resolved, where somebody looks on. */
export class Trace {
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
