/** The end of a tracker: in steps that each have a limit, or at once. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as PubSub from "effect/PubSub"
import type { Running } from "./running.ts"
import { together } from "./together.ts"

/** Takes no more messages. */
const shut = ({ closing, sinks }: Running): void => {
  for (const sink of sinks) sink.close()
  closing.openUnsafe()
}

/** Finalizers are uninterruptible, but the work they wait for must be interruptible. */
const bounded = (effect: Effect.Effect<void>, limit: Duration.Duration): Effect.Effect<unknown> =>
  Effect.timeoutOption(Effect.interruptible(effect), limit)

const briefly = Duration.seconds(1)

/** Sends buffered messages until the deadline. The rest get receipts, and go to the dead letters. */
export const close = (running: Running, workers: ReadonlyArray<Fiber.Fiber<unknown>>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { awaitingConsent, receipts, resolving, settings, sinks } = running
    const within = Duration.millis(settings.closeWithin)
    // Events with unresolved relations continue without them, and are still accepted.
    yield* bounded(resolving.end, briefly)
    shut(running)
    yield* bounded(together(awaitingConsent.end()), within)
    yield* bounded(together(sinks.map(({ flush }) => flush)), within)
    const dropped = sinks.map((sink) => sink.drop())
    // A sink that cannot be interrupted does not delay closing.
    for (const worker of workers) worker.interruptUnsafe()
    yield* bounded(Effect.asVoid(Fiber.awaitAll(workers)), briefly)
    yield* bounded(together(dropped), within)
    yield* bounded(together(sinks.map(({ stop }) => stop)), briefly)
    yield* together(sinks.map((sink) => sink.abandon()))
    // A slow subscriber can still read all published receipts.
    yield* PubSub.end(receipts, undefined)
  })

/** Does not wait: every message without a receipt gets one now, or once the combinators are done with it. */
export const endUnsafe = (running: Running): void => {
  const { awaitingConsent, resolving, sinks, start } = running
  start(resolving.end)
  shut(running)
  for (const ending of awaitingConsent.end()) start(ending)
  for (const sink of sinks) {
    start(sink.drop())
    start(sink.abandon())
  }
}
