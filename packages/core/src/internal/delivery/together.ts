import * as Effect from "effect/Effect"

/** Runs effects concurrently, and waits for all of them. */
export const together = <R>(effects: ReadonlyArray<Effect.Effect<void, never, R>>): Effect.Effect<void, never, R> =>
  Effect.all(effects, { concurrency: "unbounded", discard: true })
