/** Ends a tracker, either in steps that each have a limit or at once. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Running } from "./running.ts"
import { together } from "./together.ts"

const shut = ({ closing, sinks }: Running, urgency: "close" | "end"): void => {
  for (const sink of sinks) sink.close(urgency)
  closing.openUnsafe()
}

/** The first step of closing, while calls are still accepted: starts the deadline, and resumes callers that wait for room. */
export const begin = ({ deadline, sinks }: Running, spent?: number): void => {
  deadline.begin(spent)
  for (const sink of sinks) sink.stopWaiting()
}

/** Makes the work interruptible, which finalizers are not. `limit` is in milliseconds. */
const bounded = (effect: Effect.Effect<void>, limit: () => number): Effect.Effect<unknown> =>
  Effect.suspend(() => Effect.timeoutOption(Effect.interruptible(effect), limit()))

/** A limit for work that ends at once unless it cannot be interrupted. */
const briefly = (): number => 1_000

/** Delivery's share of the time. The rest is for the dead letters. */
const deliveryShare = 0.8

/** Gives work a chance to run even if no time is left on the clock. */
const turns = Effect.repeat(Effect.yieldNow, { times: 256 })

/** Sends buffered messages until the deadline. The others get receipts and go to the dead letters. */
export const close = (running: Running, workers: ReadonlyArray<Fiber.Fiber<unknown>>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { awaitingConsent, deadline, receipts, resolving, sinks, violationLog } = running
    const delivery = (): number => deadline.left(deliveryShare)
    begin(running)
    // Events continue without their unresolved relations, and are still accepted.
    yield* bounded(resolving.end, briefly)
    shut(running, "close")
    yield* bounded(together(awaitingConsent.end()), delivery)
    yield* bounded(together(sinks.map((sink) => sink.flush().received)), delivery)
    const dropped = sinks.map((sink) => sink.drop())
    // A sink that cannot be interrupted does not delay closing.
    for (const worker of workers) worker.interruptUnsafe()
    yield* bounded(Effect.asVoid(Fiber.awaitAll(workers)), briefly)
    yield* bounded(together(dropped), () => deadline.left())
    // Synchronous dead letters are written even if no time is left.
    yield* Effect.interruptible(Effect.raceFirst(together(dropped), turns))
    yield* bounded(together(sinks.map(({ stop }) => stop)), briefly)
    yield* together([...sinks.map((sink) => sink.abandon()), violationLog.flush()])
    yield* receipts.end()
  })

/** Does not wait: every message without a receipt gets one now, or when the combinators are done with it. */
export const endUnsafe = (running: Running): void => {
  const { awaitingConsent, lastTurn, resolving, sinks, start, violationLog } = running
  lastTurn()
  start(resolving.end)
  shut(running, "end")
  for (const ending of awaitingConsent.end()) start(ending)
  for (const sink of sinks) {
    start(sink.drop())
    start(sink.abandon())
  }
  start(violationLog.flush())
}
