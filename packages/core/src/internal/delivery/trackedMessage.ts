import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import type { Receipt } from "../../Receipt.ts"
import type { Tracked } from "./model.ts"
import type { Observed } from "./observation.ts"

/** A message that a tracker has accepted, and its receipts so far. */
export class TrackedMessage<out M extends Message = Message> implements Tracked<M> {
  readonly message: M
  /** The purposes that its event requires. */
  readonly purposes: ReadonlyArray<string>
  /** Its observers. */
  readonly observed: Observed | undefined
  /** By sink. Created with the first receipt. */
  #receipts: Array<Receipt> | undefined
  #missing: number
  #waiting: Array<() => void> | undefined

  constructor(message: M, purposes: ReadonlyArray<string>, sinks: number, observed?: Observed) {
    this.message = message
    this.purposes = purposes
    this.observed = observed
    this.#receipts = undefined
    this.#missing = sinks
    this.#waiting = undefined
  }

  get messageId(): string {
    return this.message.messageId
  }

  get receipts(): Effect.Effect<ReadonlyArray<Receipt>> {
    return Effect.callback((resume) => {
      const done = (): void => resume(Effect.succeed(this.#receipts?.slice() ?? []))
      if (this.#missing === 0) return done()
      const waiting = (this.#waiting ??= [])
      waiting.push(done)
      return Effect.sync(() => void waiting.splice(waiting.indexOf(done), 1))
    })
  }

  /** Takes the receipt of the sink at an index. Only the first counts. */
  receive(sink: number, receipt: Receipt): void {
    const receipts = (this.#receipts ??= [])
    if (receipts[sink] !== undefined) return
    receipts[sink] = receipt
    if (--this.#missing > 0 || this.#waiting === undefined) return
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const done of waiting) done()
  }
}
