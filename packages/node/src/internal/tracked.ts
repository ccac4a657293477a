import type { Message } from "@trackmap/core/Message"
import type { Receipt } from "@trackmap/core/Receipt"
import type * as Tracker from "@trackmap/core/Tracker"
import * as Effect from "effect/Effect"
import { scheduler } from "./turns.ts"

/** An accepted message. It waits for its receipts only once you read them. */
export class TrackedImpl<M extends Message> {
  readonly #tracked: Tracker.Tracked<M>
  #receipts: Promise<ReadonlyArray<Receipt>> | undefined

  constructor(tracked: Tracker.Tracked<M>) {
    this.#tracked = tracked
  }

  get messageId(): string {
    return this.#tracked.messageId
  }
  get message(): M {
    return this.#tracked.message
  }
  get receipts(): Promise<ReadonlyArray<Receipt>> {
    this.#receipts ??= Effect.runPromiseWith(scheduler)(this.#tracked.receipts)
    return this.#receipts
  }
}
