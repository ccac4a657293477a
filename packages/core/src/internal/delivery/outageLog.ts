import * as Effect from "effect/Effect"
import type { SendError } from "../../SendError.ts"
import { oneLine } from "../base/oneLine.ts"

const interval = 60_000

/** Logs that a sink is unavailable while its messages wait for a retry, at most once a minute. */
export class OutageLog {
  readonly #sink: string
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(sink: string) {
    this.#sink = sink
  }

  /** Returns the line that is due, if any. */
  add({ _tag, reason }: SendError, now: number): Effect.Effect<void> | undefined {
    if (_tag !== "Unavailable" || Math.abs(now - this.#loggedAt) < interval) return undefined
    this.#loggedAt = now
    return Effect.logWarning(`${this.#sink}: ${oneLine(reason)}; its messages wait and will be retried`)
  }
}
