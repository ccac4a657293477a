import type * as Clock from "effect/Clock"

/** Milliseconds that pass evenly, whatever somebody does to the clock. */
export const millisOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000
