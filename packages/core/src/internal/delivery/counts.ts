import type { Receipt } from "../../Receipt.ts"
import type { Metrics } from "./metrics.ts"

/** When a message was tracked, in milliseconds since 1970, and its bytes. */
type Counted = { readonly at: number; readonly bytes?: number }

/** Counts a sink's outcomes, also for Effect's metrics. */
export class Counts {
  readonly #sum = { Delivered: 0, Rejected: 0, Expired: 0, Dropped: 0, Skipped: 0 }
  #attempts = 0
  #bytes = 0

  /** Counts messages by their final receipts, which are in the same order. */
  add(messages: ReadonlyArray<Counted>, receipts: ReadonlyArray<Receipt>, metrics: Metrics): void {
    for (let i = 0; i < messages.length; i++) {
      const { at, attempts, outcome } = receipts[i]!
      this.#sum[outcome._tag]++
      metrics.outcome(outcome._tag)
      if (outcome._tag === "Delivered") this.#bytes += messages[i]!.bytes ?? 0
      if (attempts === 0) continue
      this.#attempts += attempts
      metrics.attempts(attempts)
      metrics.latency(Math.max(0, at - messages[i]!.at))
    }
  }

  get now() {
    const { Delivered: delivered, Dropped: dropped, Expired: expired, Rejected: rejected, Skipped: skipped } = this.#sum
    return { delivered, rejected, expired, dropped, skipped, attempts: this.#attempts, bytes: this.#bytes }
  }
}
