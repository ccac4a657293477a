import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { Tally } from "../base/tally.ts"

const interval = 1_000

type Ended = Pick<Receipt.Receipt, "outcome">

/** Undefined if nothing is to be logged. */
type Line = Effect.Effect<void> | undefined

/** Logs the messages that are lost in one way: at most one line a second, with their number by reason and by event. */
export class LossLog {
  readonly #sink: string
  readonly #what: string
  readonly #fate: string
  readonly #reasons = new Tally()
  readonly #events = new Tally()
  #count = 0
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(sink: string, what: "message" | "dead letter" = "message", fate = "lost") {
    this.#sink = sink
    this.#what = what
    this.#fate = fate
  }

  /** Counts the lost messages among some. Gives the line that is due, if one is. */
  add(ended: ReadonlyArray<Ended>, messageAt: (index: number) => Message, now: number): Line {
    ended.forEach(({ outcome }, index) => {
      if (outcome._tag !== "Delivered" && Receipt.isLost(outcome)) this.#lose(outcome, messageAt(index))
    })
    if (this.#count === 0 || Math.abs(now - this.#loggedAt) < interval) return undefined
    this.#loggedAt = now
    return this.flush()
  }

  #lose(outcome: Exclude<Receipt.Outcome, { readonly _tag: "Delivered" }>, message: Message): void {
    this.#count++
    this.#reasons.add(`${outcome._tag.toLowerCase()}: ${outcome.reason}`)
    this.#events.add(message.type === "track" ? message.event : message.type)
  }

  /** The line about the losses that no line has reported yet. */
  flush(): Line {
    return this.#count === 0 ? undefined : this.#line()
  }

  #line(): Effect.Effect<void> {
    const were = this.#count === 1 ? `a ${this.#what} was` : `${this.#count} ${this.#what}s were`
    const line = `${this.#sink}: ${were} ${this.#fate} (${this.#reasons.text("; ", 3)}): ${this.#events.text(", ", 5)}`
    this.#count = 0
    this.#reasons.clear()
    this.#events.clear()
    return this.#what === "message" ? Effect.logWarning(line) : Effect.logError(line)
  }
}
