import type { Receipt } from "../../Receipt.ts"
import type { Metrics } from "./metrics.ts"
import { tally } from "./outcomes.ts"

/** When a message was tracked, in milliseconds since 1970, and its bytes. */
interface Counted {
  readonly at: number
  readonly bytes: number
}

/** Counts a sink's outcomes, and updates Effect's metrics. */
export class Counts {
  readonly #metrics: Metrics
  readonly #outcomes = { Delivered: 0, Rejected: 0, Expired: 0, Dropped: 0, Skipped: 0 }
  #attempts = 0
  #bytes = 0

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  /** Counts messages by their final receipts, which are in the same order. */
  add(messages: ReadonlyArray<Counted>, receipts: ReadonlyArray<Receipt>): void {
    const attempts = receipts.reduce((sum, receipt) => sum + receipt.attempts, 0)
    for (let i = 0; i < messages.length; i++) {
      const { at, attempts, outcome } = receipts[i]!
      if (outcome._tag === "Delivered") this.#bytes += messages[i]!.bytes
      if (attempts > 0) this.#metrics.latency(Math.max(0, at - messages[i]!.at))
    }
    for (const [tag, count] of tally(receipts.map(({ outcome }) => outcome))) {
      this.#outcomes[tag] += count
      this.#metrics.outcomes(tag, count)
    }
    this.#attempts += attempts
    if (attempts > 0) this.#metrics.attempts(attempts)
  }

  get now() {
    const { Delivered, Dropped, Expired, Rejected, Skipped } = this.#outcomes
    return {
      delivered: Delivered,
      rejected: Rejected,
      expired: Expired,
      dropped: Dropped,
      skipped: Skipped,
      attempts: this.#attempts,
      bytes: this.#bytes
    }
  }
}
