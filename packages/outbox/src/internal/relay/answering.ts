import * as Effect from "effect/Effect"
import { OutboxError } from "../../OutboxError.ts"
import type { Service as Store } from "../../OutboxStore.ts"

/** The shortest wait for an answer, in milliseconds. */
const shortest = 1_000

/**
 * A store whose calls fail if the database has not answered for as long as a lease, after which another relay takes over anyway. A connection can
 * break without a word, if a machine or a network on the way is gone: its answer never comes.
 */
export const answering = (store: Store, lease: number): Store => {
  const within = Math.max(lease, shortest)
  const bounded = <A, E>(operation: string, call: Effect.Effect<A, E>): Effect.Effect<A, E | OutboxError> =>
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
  return {
    ...store,
    claim: (sink, options) => bounded("claim", store.claim(sink, options)),
    renew: (claim, time) => bounded("renew", store.renew(claim, time)),
    complete: (claim, parked) => bounded("complete", store.complete(claim, parked)),
    stats: bounded("stats", store.stats)
  }
}
