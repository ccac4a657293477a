import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import type { Outcome, Receipt } from "../../Receipt.ts"
import type { MessageShape } from "../event/messageShape.ts"
import type { Deliverable } from "../sink/model.ts"
import type { Violation } from "../value/tolerance.ts"
import type { Tracked } from "./model.ts"
import type { Observed } from "./observation.ts"

type Definition = Pick<Deliverable, "purposes" | "shape">

/** How a message came to its tracker. */
interface Origin extends Pick<Deliverable, "consent" | "violations"> {
  readonly rejection?: Outcome | undefined
  readonly to?: string | undefined
  /** Default: true. */
  readonly acts?: boolean | undefined
}

/** A message that a tracker has accepted, and its receipts so far. */
export class TrackedMessage<out M extends Message = Message> implements Tracked<M>, Deliverable {
  readonly message: M
  readonly purposes: ReadonlyArray<string>
  readonly shape: MessageShape
  readonly violations: ReadonlyArray<Violation>
  /** Later calls of its actor can add purposes while it waits for them. */
  consent: Deliverable["consent"]
  /** Its outcome in every sink, if no sink is to send it. */
  readonly rejection: Outcome | undefined
  /** The only sink that gets it, if one lost it before. */
  readonly to: string | undefined
  /** Whether its actor acts now, so that its consent is of today. */
  readonly acts: boolean
  /** Its observers. */
  readonly observed: Observed | undefined
  /** By sink. Created with the first receipt. */
  #receipts: Array<Receipt> | undefined
  #missing: number
  #waiting: Array<() => void> | undefined

  constructor(message: M, { purposes, shape }: Definition, origin: Origin, sinks: number, observed?: Observed) {
    this.message = message
    this.purposes = purposes
    this.shape = shape
    this.violations = origin.violations
    this.consent = origin.consent
    this.rejection = origin.rejection
    this.to = origin.to
    this.acts = origin.acts ?? true
    this.observed = observed
    this.#missing = sinks
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
