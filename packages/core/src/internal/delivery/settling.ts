import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Start } from "./model.ts"

/**
 * The work that follows a message's outcome: its sink's combinators, and log lines. Each task runs in its own fiber, so that interrupting a
 * caller or a worker does not interrupt it, and closing can wait for it.
 */
export class Settling {
  readonly #start: Start
  readonly #running = new Set<Fiber.Fiber<void>>()

  constructor(start: Start) {
    this.#start = start
  }

  /** Starts a task. Returns an Effect that waits for it, or undefined if it is already done. */
  run(effect: Effect.Effect<void, never, any>): Effect.Effect<void> | undefined {
    const fiber = this.#start(effect)
    if (fiber.pollUnsafe() !== undefined) return undefined
    this.#running.add(fiber)
    fiber.addObserver(() => this.#running.delete(fiber))
    return Effect.asVoid(Fiber.await(fiber))
  }

  /** Waits for all tasks running now. */
  get done(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.asVoid(Fiber.awaitAll([...this.#running])))
  }

  get interrupt(): Effect.Effect<void> {
    return Effect.suspend(() => Fiber.interruptAll(this.#running))
  }
}
