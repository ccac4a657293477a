import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Start } from "./model.ts"

/**
 * What runs after messages have their outcomes: the combinators of their sink, and lines in the log. Each runs in a fiber of its own, so that
 * an interruption of a caller or a worker does not cut it off, and closing can wait for it.
 */
export class Settling {
  readonly #start: Start
  readonly #running = new Set<Fiber.Fiber<void>>()

  constructor(start: Start) {
    this.#start = start
  }

  /** Starts one. Gives what waits for it, where it is not done at once. */
  run(effect: Effect.Effect<void, never, any>): Effect.Effect<void> | undefined {
    const fiber = this.#start(effect)
    if (fiber.pollUnsafe() !== undefined) return undefined
    this.#running.add(fiber)
    fiber.addObserver(() => this.#running.delete(fiber))
    return Effect.asVoid(Fiber.await(fiber))
  }

  /** Waits for all that run when it is run. */
  get done(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.asVoid(Fiber.awaitAll(this.#running)))
  }

  get interrupt(): Effect.Effect<void> {
    return Effect.suspend(() => Fiber.interruptAll(this.#running))
  }
}
