import type { PgClient } from "@effect/sql-pg/PgClient"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import type { Service } from "../../OutboxStore.ts"

/** At most one NOTIFY in so many milliseconds: at its commit, each takes a lock that all of them share. */
const pause = 25
/** How long a NOTIFY may take, in milliseconds: a connection can break without a word. */
const notifyWithin = 10_000
/** How long a listener waits before it listens again after a failure, in milliseconds. Meanwhile relays poll. */
const listenAgain = 1_000

/** Goes on after any failure, also after a defect, which a connection that breaks can cause. */
const survived = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, never, R> =>
  Effect.catchCause(Effect.asVoid(effect), (cause) =>
    Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause as Cause.Cause<never>) : Effect.void
  )

/** Wakes the relays of this process at once, and others by NOTIFY from a connection of the pool, never in a transaction of the service. */
export const make = Effect.fnUntraced(function* (client: PgClient, channel: string, listens: boolean) {
  const woken = yield* PubSub.sliding<void>(1)
  const asked = yield* Queue.sliding<void>(1)
  const scope = yield* Effect.scope
  // Without waiting for the disk at its own commit: a crash ends the listeners anyway.
  const told = client`SELECT set_config('synchronous_commit', 'off', true), pg_notify(${channel}, '')`.withoutTransform
  const notify = Effect.andThen(survived(Effect.timeoutOption(told, notifyWithin)), Effect.sleep(pause))
  // A fiber of its own, since a caller's fiber can be in a transaction.
  yield* Effect.forkIn(Effect.forever(Effect.andThen(Queue.take(asked), notify)), scope)
  const listening = Effect.scoped(
    Effect.flatMap(client.listen(channel), (notifications) =>
      Effect.forever(Effect.andThen(Queue.take(notifications), PubSub.publish(woken, undefined)))
    )
  )
  const always = Effect.forever(Effect.andThen(survived(listening), Effect.sleep(listenAgain)))
  let isListening = !listens
  const service: Pick<Service, "wake" | "wakes"> = {
    wake: Effect.sync(() => {
      PubSub.publishUnsafe(woken, undefined)
      Queue.offerUnsafe(asked, undefined)
    }),
    wakes: Effect.suspend(() => {
      if (isListening) return PubSub.subscribe(woken)
      isListening = true
      return Effect.andThen(Effect.forkIn(always, scope), PubSub.subscribe(woken))
    })
  }
  return service
})
