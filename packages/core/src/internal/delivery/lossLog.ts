import * as Effect from "effect/Effect"
import * as Receipt from "../../Receipt.ts"

const interval = 1_000

/** Logs the messages that a sink loses: at most one line a second, with their number and the reason of the last. */
export class LossLog {
  readonly #sink: string
  #count = 0
  #last: Exclude<Receipt.Outcome, typeof Receipt.Delivered.Type> | undefined
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(sink: string) {
    this.#sink = sink
  }

  /** Counts the lost messages among some receipts. Gives the line that is due, if one is. */
  add(receipts: ReadonlyArray<Receipt.Receipt>, now: number): Effect.Effect<void> | undefined {
    for (const { outcome } of receipts) {
      if (outcome._tag === "Delivered" || !Receipt.isLost(outcome)) continue
      this.#count++
      this.#last = outcome
    }
    if (this.#last === undefined || Math.abs(now - this.#loggedAt) < interval) return undefined
    this.#loggedAt = now
    return this.flush()
  }

  /** The line about the losses that no line has told yet. */
  flush(): Effect.Effect<void> | undefined {
    const count = this.#count
    const last = this.#last
    if (last === undefined) return undefined
    this.#count = 0
    this.#last = undefined
    const messages = count === 1 ? "a message was" : `${count} messages were`
    return Effect.logWarning(`${this.#sink}: ${messages} lost (${last._tag.toLowerCase()}: ${last.reason})`)
  }
}
