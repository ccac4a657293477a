import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { Tally } from "./tally.ts"

const interval = 1_000

/** A message, as what a sink keeps for it refers to it. */
interface Lost {
  readonly tracked: { readonly message: Message }
}

/** Logs the messages that a sink loses: at most one line a second, with their number by reason and by event. */
export class LossLog {
  readonly #sink: string
  readonly #reasons = new Tally()
  readonly #events = new Tally()
  #count = 0
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(sink: string) {
    this.#sink = sink
  }

  /** Counts the lost messages among some that have their receipts. Gives the line that is due, if one is. */
  add(
    messages: ReadonlyArray<Lost>,
    receipts: ReadonlyArray<Receipt.Receipt>,
    now: number
  ): Effect.Effect<void> | undefined {
    for (const [index, { outcome }] of receipts.entries()) {
      if (outcome._tag === "Delivered" || !Receipt.isLost(outcome)) continue
      const { message } = messages[index]!.tracked
      this.#count++
      this.#reasons.add(`${outcome._tag.toLowerCase()}: ${outcome.reason}`)
      this.#events.add(message.type === "track" ? message.event : message.type)
    }
    if (this.#count === 0 || Math.abs(now - this.#loggedAt) < interval) return undefined
    this.#loggedAt = now
    return this.flush()
  }

  /** The line about the losses that no line has told yet. */
  flush(): Effect.Effect<void> | undefined {
    if (this.#count === 0) return undefined
    const messages = this.#count === 1 ? "a message was" : `${this.#count} messages were`
    const line = `${this.#sink}: ${messages} lost (${this.#reasons.text("; ", 3)}): ${this.#events.text(", ", 5)}`
    this.#count = 0
    this.#reasons.clear()
    this.#events.clear()
    return Effect.logWarning(line)
  }
}
