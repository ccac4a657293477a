import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { lazily } from "../base/lazily.ts"
import { millisOf, optionsOf, wholeNumber } from "../base/options.ts"
import type { EventSink, SendBatch } from "./model.ts"
import { opened } from "./sink.ts"

/** Loaded by the first sink that needs it. */
const limiters = lazily(() => import("./rateLimiter.ts"))

export const rateLimited = <E, R>(
  self: EventSink<E, R>,
  options: { readonly limit: number; readonly window: Duration.Input }
): EventSink<E, R> => {
  optionsOf("EventSink.rateLimited", options, { limit: true, window: true })
  wholeNumber("rateLimited", "the limit of batches (EventSink.rateLimited)", options.limit)
  millisOf("rateLimited", "the window of the limit (EventSink.rateLimited)", options.window)
  return opened(self, (open, sink) =>
    Effect.gen(function* () {
      const RateLimiter = yield* limiters.get
      const limiter = yield* Effect.provide(RateLimiter.make, RateLimiter.layerStoreMemory)
      const wait = RateLimiter.sleep(limiter, { ...options, algorithm: "token-bucket", key: sink.name })
      const send: SendBatch = (batch) => Effect.andThen(Effect.orDie(wait), open.send(batch))
      return { ...open, send }
    })
  )
}
