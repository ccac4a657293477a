import type { Outcome, Receipt } from "../../Receipt.ts"
import type { Metrics } from "./metrics.ts"
import type { PendingMessage } from "./pendingMessage.ts"

/** The counts of a sink's outcomes so far. It also updates Effect's metrics. */
export class Counts {
  readonly #metrics: Metrics
  readonly #outcomes: Record<Outcome["_tag"], number> = {
    Delivered: 0,
    Rejected: 0,
    Expired: 0,
    Dropped: 0,
    Skipped: 0
  }
  #attempts = 0
  #bytes = 0

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  /** Counts messages by their final receipts, which have the same indices as the messages. */
  add(messages: ReadonlyArray<PendingMessage>, receipts: ReadonlyArray<Receipt>): void {
    let attempts = 0
    let alike = 0
    for (let i = 0; i < messages.length; i++) {
      const { at, bytes } = messages[i]!
      const receipt = receipts[i]!
      const tag = receipt.outcome._tag
      if (tag === "Delivered") this.#bytes += bytes
      if (receipt.attempts > 0) {
        attempts += receipt.attempts
        this.#metrics.latency(Math.max(0, receipt.at - at))
      }
      // Most messages of a batch have the same outcome, so they are counted together.
      alike++
      if (receipts[i + 1]?.outcome._tag !== tag) {
        this.#outcomes[tag] += alike
        this.#metrics.outcomes(tag, alike)
        alike = 0
      }
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
