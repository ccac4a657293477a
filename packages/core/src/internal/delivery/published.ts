/** The receipts of a tracker or a relay, for those who read them as a stream. */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Receipt } from "../../Receipt.ts"

/** The most receipts that wait for a slow subscriber. */
const capacity = 10_000

/** Publishes receipts. It allocates the subscribers' buffer for the first of them: most trackers have none. */
export class Published {
  /** Null after the end, if there was no subscriber. */
  #pubsub: PubSub.PubSub<Receipt | undefined> | null | undefined
  readonly publish = (receipt: Receipt): void => void (this.#pubsub && PubSub.publishUnsafe(this.#pubsub, receipt))

  /** The receipts from now on, until the end. */
  get stream(): Stream.Stream<Receipt> {
    return Stream.suspend(() => {
      if (this.#pubsub === null) return Stream.empty
      // At once: two that subscribe at the same time have the same.
      this.#pubsub ??= Effect.runSync(PubSub.sliding<Receipt | undefined>(capacity))
      return Stream.takeWhile(Stream.fromPubSub(this.#pubsub), (receipt) => receipt !== undefined)
    })
  }

  /** Ends the streams. A slow subscriber can still read all published receipts. */
  end(): Effect.Effect<unknown> {
    const pubsub = (this.#pubsub ??= null)
    return pubsub === null ? Effect.void : PubSub.end(pubsub, undefined)
  }
}
