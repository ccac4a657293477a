import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import { type SendError, Unavailable } from "../../SendError.ts"
import { lazily } from "../base/lazily.ts"
import { millisOf, optionsOf } from "../base/options.ts"
import type { EventSink, SendBatch } from "./model.ts"
import { opened } from "./sink.ts"

/** Loaded by the first sink that needs it. */
const breakers = lazily(() => import("./circuitBreaker.ts"))

export const circuitBroken = <E, R>(
  self: EventSink<E, R>,
  options: { readonly tripPolicy: CircuitBreaker.TripPolicy; readonly openDuration: Duration.Input }
): EventSink<E, R> => {
  const retryAfter = millisOf(
    "circuitBroken",
    "the time that the circuit is open (EventSink.circuitBroken)",
    optionsOf("EventSink.circuitBroken", options, { tripPolicy: true, openDuration: true }).openDuration
  )
  return opened(self, (open, sink) =>
    Effect.gen(function* () {
      const module = yield* breakers.get
      const breaker = yield* Effect.provide(module.make(options), module.layerStoreMemory())
      const classify = classifier(module)
      const refused = new Unavailable({
        reason: `${sink.name} has failed too often and is paused for a while`,
        retryAfter
      })
      const send: SendBatch = (batch) =>
        Effect.mapError(
          breaker.execute(open.send(batch), { key: sink.name, classify }),
          (error: SendError | CircuitBreaker.CircuitBreakerError) =>
            error._tag === "CircuitBreakerError" ? refused : error
        )
      return { ...open, send }
    })
  )
}

/** Only `Unavailable` counts as a failure: a destination that refuses a batch is available. */
const classifier =
  ({ failure, ignored, success }: typeof import("./circuitBreaker.ts")) =>
  (exit: Exit.Exit<unknown, SendError>): CircuitBreaker.Outcome => {
    if (Exit.isSuccess(exit)) return success
    return exit.cause.reasons.find(Cause.isFailReason)?.error._tag === "Unavailable" ? failure() : ignored
  }
