import { Tracker } from "@trackmap/core"
import { Outbox, OutboxStore, Relay } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as SqlClient from "effect/sql/SqlClient"
import type { Sink } from "../Sinks.ts"
import type { Acting } from "../http/acting.ts"
import { plan } from "./plan.ts"

/**
 * A tracker that keeps events in the shop's own database, in the transaction of what they describe, and a relay that sends them to the vendors.
 * Killing the shop loses none: the next start sends what is left.
 */
export const make = Effect.fnUntraced(function* (sinks: Sink) {
  const store = yield* OutboxStore.OutboxStore
  const sql = yield* SqlClient.SqlClient
  const left = yield* store.stats
  // After a kill, the next shop takes over what this one was sending once the lease has run out.
  const relay = yield* Relay.make(sinks, { plan, from: "beginning", lease: "3 seconds", closeWithin: "3 seconds" })
  yield* Effect.forkScoped(Effect.schedule(Effect.ignore(store.sweep()), Schedule.spaced("5 minutes")))
  const tracker = yield* Tracker.make(Outbox.sink(), { plan, closeWithin: "3 seconds" })
  const act: Acting = (business) =>
    Outbox.transaction(business).pipe(
      Effect.provideService(OutboxStore.OutboxStore, store),
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.catchTag("SqlError", Effect.die)
    ) as typeof business
  return { act, left, relay, store, tracker }
})

/** The counts of a relay, where the messages that wait are those of the outbox. */
export const metricsOf = (relay: Relay.Service) =>
  Effect.map(Effect.all([relay.metrics, Effect.orDie(relay.status)]), ([metrics, states]) =>
    metrics.map((one) => {
      const state = states.find(({ sink }) => sink === one.sink)
      return state === undefined ? one : { ...one, buffered: state.depth + state.parked + state.sending }
    })
  )
