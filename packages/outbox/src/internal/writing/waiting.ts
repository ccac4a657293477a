import type { EventSink, Receipt } from "@trackmap/core"
import type { Written } from "../../OutboxStore.ts"

/** A message that has been accepted in a transaction, and has no receipt yet. */
export interface Waiting {
  readonly messageId: string
  /** What the transaction is known by: while the caller is in it, no receipt can come. */
  readonly transaction: unknown
  /** When it was accepted, in milliseconds. */
  readonly at: number
  /** What its insert has returned. */
  written: Written | undefined
  readonly settle: (outcome: Receipt.Outcome) => void
}

/** The messages of a sink that wait for the end of their transactions. */
export class WaitingMessages {
  readonly #waiting = new Set<Waiting>()
  readonly #byId = new Map<string, Waiting>()

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  add({ messageId, settle }: EventSink.Acceptance, transaction: unknown, at: number): Waiting {
    const waiting: Waiting = {
      messageId,
      transaction,
      at,
      written: undefined,
      settle: (outcome) => {
        this.#waiting.delete(waiting)
        if (this.#byId.get(messageId) === waiting) this.#byId.delete(messageId)
        settle(outcome)
      }
    }
    this.#waiting.add(waiting)
    this.#byId.set(messageId, waiting)
    return waiting
  }

  /** The transaction that a message waits for. */
  transactionOf(messageId: string): unknown {
    return this.#byId.get(messageId)?.transaction
  }

  /** Messages that were accepted until a time and have been inserted, with those of the same insert together. */
  insertedUntil(at: number): ReadonlyMap<Written, ReadonlyArray<Waiting>> {
    const inserts = new Map<Written, Array<Waiting>>()
    for (const waiting of this.#waiting) {
      if (waiting.written === undefined || waiting.at > at) continue
      const same = inserts.get(waiting.written)
      if (same === undefined) inserts.set(waiting.written, [waiting])
      else same.push(waiting)
    }
    return inserts
  }
}
