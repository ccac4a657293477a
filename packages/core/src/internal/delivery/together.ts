import * as Effect from "effect/Effect"

/** Runs effects concurrently, and waits for all of them. A single one needs no fiber of its own. */
export const together = <R>(effects: ReadonlyArray<Effect.Effect<void, never, R>>): Effect.Effect<void, never, R> =>
  effects.length === 1 ? effects[0]! : Effect.all(effects, { concurrency: "unbounded", discard: true })
