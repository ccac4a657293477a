import * as Receipt from "@trackmap/core/Receipt"
import * as Context from "effect/Context"
import type { Entry } from "../../OutboxStore.ts"
import type { Waiting } from "./waiting.ts"

/** A message for the insert at the end of a transaction. */
export interface Collected {
  readonly entry: Entry
  readonly waiting: Waiting
  /** Whether a failed insert leaves the transaction as it was. */
  readonly isolated: boolean
}

/** Collects what is tracked in a transaction, so that one statement inserts it. */
export class Collector {
  /** The outbox whose messages it collects. */
  readonly outbox: unknown
  /** The transaction or the savepoint: what is tracked in a savepoint inside it can be rolled back alone, and so is not collected. */
  readonly level: unknown
  #collected: Array<Collected> | undefined = []
  readonly #all: Array<Waiting> = []

  constructor(outbox: unknown, level: unknown) {
    this.outbox = outbox
    this.level = level
  }

  add(one: Collected): void {
    this.#collected?.push(one)
    this.#all.push(one.waiting)
  }

  /** Whether it still collects: its insert has not begun. */
  get isOpen(): boolean {
    return this.#collected !== undefined
  }

  /** Ends the collection, and returns it. */
  end(): ReadonlyArray<Collected> {
    const collected = this.#collected ?? []
    this.#collected = undefined
    return collected
  }

  /** Gives all that has been collected, and has no receipt yet, this one. */
  settle(outcome: Receipt.Outcome): void {
    for (const { settle } of this.#all) settle(outcome)
  }
}

/** The collector of the current transaction. */
export const Collecting = Context.Reference<Collector | undefined>("@trackmap/outbox/Collector", {
  defaultValue: () => undefined
})

/** The outcome of a message whose transaction, or savepoint, was rolled back. */
export const rolledBack = Receipt.skipped("its transaction was rolled back")
