import * as Effect from "effect/Effect"
import { OutboxError } from "../OutboxError.ts"

/**
 * Fails if the database has not answered in time, in milliseconds. A connection can break without a word, if a machine or a network on the way is
 * gone: its answer then never comes.
 */
export const inTime = <A, E, R>(
  operation: string,
  within: number,
  call: Effect.Effect<A, E, R>
): Effect.Effect<A, E | OutboxError, R> =>
  Effect.timeoutOrElse(call, {
    duration: within,
    orElse: () =>
      Effect.fail(
        new OutboxError({
          operation,
          reason: `the database has not answered for ${within / 1_000} seconds`,
          remedy: "check that it responds, and the network to it",
          transient: true
        })
      )
  })
