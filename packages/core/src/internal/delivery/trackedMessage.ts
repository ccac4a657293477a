import type * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import type { Receipt } from "../../Receipt.ts"
import { Accepted, type Definition, type Origin } from "./accepted.ts"
import type { Tracked } from "./model.ts"
import type { Observed } from "./observation.ts"

/** The caller's view of an accepted message. */
export class TrackedMessage<out M extends Message = Message> implements Tracked<M> {
  readonly message: M
  readonly accepted: Accepted
  readonly origin: Origin
  /** The receipts, for a fiber that a sink may refuse to let wait. */
  declare guarded?: Effect.Effect<ReadonlyArray<Receipt>>

  constructor(message: M, definition: Definition, origin: Origin, sinks: number, observed?: Observed) {
    this.message = message
    this.accepted = new Accepted(message, definition, origin, sinks, observed)
    this.origin = origin
  }

  get messageId(): string {
    return this.accepted.messageId
  }

  get receipts(): Effect.Effect<ReadonlyArray<Receipt>> {
    return this.guarded ?? this.accepted.receipts
  }
}
