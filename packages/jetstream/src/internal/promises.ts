/** A relay for services without Effect. */
import type { SinkMetrics } from "@trackmap/core/Tracker"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Lag, Relay } from "./relay.ts"

/** A running relay. */
export interface RunningRelay {
  /** The relay, for code that uses Effect, such as the inspector. */
  readonly relay: Relay
  /** The counts of every sink since the relay has started. */
  readonly metrics: () => Promise<ReadonlyArray<SinkMetrics>>
  /** What waits in the stream for each sink, over all relays. */
  readonly lag: () => Promise<ReadonlyArray<Lag>>
  /**
   * Lets the batches that are being sent end, returns the other messages to the stream, and closes the connection. You can call it more than once.
   */
  readonly close: () => Promise<void>
}

export const start = async <E>(relay: Effect.Effect<Relay, E, Scope.Scope>): Promise<RunningRelay> => {
  const scope = Scope.makeUnsafe()
  let closing: Promise<void> | undefined
  const close = () => (closing ??= Effect.runPromise(Scope.close(scope, Exit.void)))
  const running = await Effect.runPromise(Scope.provide(relay, scope)).catch(async (error: unknown) => {
    await close()
    throw error
  })
  const { lag, metrics } = running
  return { relay: running, metrics: () => Effect.runPromise(metrics), lag: () => Effect.runPromise(lag), close }
}
