import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import type { Outcome, Receipt } from "../../Receipt.ts"
import type { MessageShape } from "../event/messageShape.ts"
import type { Deliverable } from "../sink/model.ts"
import type { Violation } from "../value/tolerance.ts"
import type { Observed } from "./observation.ts"
import * as spans from "./spans.ts"

/** The part of a definition that its messages carry. */
export type Definition = Pick<Deliverable, "purposes" | "shape">

/** How a message reached its tracker. */
export interface Origin extends Pick<Deliverable, "consent" | "violations"> {
  /** Its outcome in every sink, if no sink may send it. */
  readonly rejection?: Outcome | undefined
  /** The only sink that receives it: the one that lost it before. */
  readonly to?: string | undefined
  /** Whether its actor acts now, so that its consent is current. Default: true. */
  readonly acts?: boolean | undefined
}

/** An accepted message without its content, and its receipts so far. If the sinks need only the message's JSON, nothing else of the message stays in memory. */
export class Accepted {
  readonly messageId: string
  readonly purposes: ReadonlyArray<string>
  readonly shape: MessageShape
  readonly violations: ReadonlyArray<Violation>
  /** Later calls of its actor can add purposes while the message waits. */
  consent: Deliverable["consent"]
  readonly observed: Observed | undefined
  /** The span that tracked it. */
  readonly span: spans.SpanContext | undefined
  /** By sink. Created with the first receipt. */
  #receipts: Array<Receipt> | undefined
  #missing: number
  #waiting: Array<() => void> | undefined

  constructor(message: Message, { purposes, shape }: Definition, origin: Origin, sinks: number, observed?: Observed) {
    this.messageId = message.messageId
    this.purposes = purposes
    this.shape = shape
    this.violations = origin.violations
    this.consent = origin.consent
    this.observed = observed
    this.span = spans.ofMessage(message)
    this.#missing = sinks
  }

  /** The message with its content. */
  with(message: Message): Deliverable {
    return { message, purposes: this.purposes, consent: this.consent, shape: this.shape, violations: this.violations }
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

  /** Records the receipt of the sink at an index. Only the first counts. */
  receive(sink: number, receipt: Receipt): void {
    const receipts = (this.#receipts ??= new Array<Receipt>(this.#missing))
    if (receipts[sink] !== undefined) return
    receipts[sink] = receipt
    if (--this.#missing > 0 || this.#waiting === undefined) return
    const waiting = this.#waiting
    this.#waiting = undefined
    for (const done of waiting) done()
  }
}
