import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import type { Receipt } from "../../Receipt.ts"
import type { Observed } from "./observation.ts"

/** A message that a tracker has taken, and the receipts that it has so far. */
export class Tracked {
  readonly message: Message
  /** The purposes that its event asks consent to. */
  readonly purposes: ReadonlyArray<string>
  /** Who looks on. */
  readonly observed: Observed | undefined
  /** By destination, from the first receipt on. */
  #receipts: Array<Receipt> | undefined
  #left: number
  #waiting: Array<() => void> | undefined

  constructor(message: Message, purposes: ReadonlyArray<string>, destinations: number, observed?: Observed) {
    this.message = message
    this.purposes = purposes
    this.observed = observed
    this.#receipts = undefined
    this.#left = destinations
    this.#waiting = undefined
  }

  get messageId(): string {
    return this.message.messageId
  }

  get receipts(): Effect.Effect<ReadonlyArray<Receipt>> {
    return Effect.callback((resume) => {
      const done = (): void => resume(Effect.succeed(this.#receipts?.slice() ?? []))
      if (this.#left === 0) return done()
      const waiting = (this.#waiting ??= [])
      waiting.push(done)
      return Effect.sync(() => void waiting.splice(waiting.indexOf(done), 1))
    })
  }

  /** Takes the receipt of a destination: its first is its only one. */
  receive(destination: number, receipt: Receipt): void {
    const receipts = (this.#receipts ??= [])
    if (receipts[destination] !== undefined) return
    receipts[destination] = receipt
    if (--this.#left > 0 || this.#waiting === undefined) return
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const done of waiting) done()
  }
}
