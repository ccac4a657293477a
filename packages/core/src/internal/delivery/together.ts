import * as Effect from "effect/Effect"

/** Runs effects at the same time, and waits for all of them. */
export const together = <R>(effects: ReadonlyArray<Effect.Effect<void, never, R>>): Effect.Effect<void, never, R> =>
  Effect.all(effects, { concurrency: "unbounded", discard: true })
