import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Actor, EventSink, Plan, Receipt, TrackedEvent, Tracker, HttpTransport } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Contestant } from "../Contestant.ts"
import { batch } from "../ids.ts"

const OrderPlaced = TrackedEvent.make("orderPlaced", { properties: { total: Schema.Finite } })
const plan = Plan.make(OrderPlaced)

/**
 * A service with a tracker whose scope ends with the service, either by itself or because a signal interrupts it. It learns of
 * lost events only from their receipts.
 */
export const tracked =
  <E>(sink: (url: string) => EventSink.EventSink<E, HttpTransport.HttpTransport>): Contestant =>
  ({ closed, closing, reports, run, url }) => {
    const layer = Tracker.layer(sink(url).pipe(EventSink.batched({ messages: batch })), { plan })
    const track = Effect.fnUntraced(
      function* (messageId: string) {
        const tracked = yield* Tracker.track(OrderPlaced, { properties: { total: 1 } }, { messageId })
        // The service's scope would end the fiber before the last receipts arrive.
        yield* Effect.forkDetach(
          Effect.map(tracked.receipts, (receipts) => {
            if (receipts.some(({ outcome }) => Receipt.isLost(outcome))) reports.lost(messageId)
          })
        )
      },
      Actor.as({ userId: "user-1" })
    )
    const service = Effect.gen(function* () {
      const context = yield* Effect.context<Tracker.Tracker>()
      yield* Effect.promise(() => run((id) => Effect.runPromiseWith(context)(track(id))))
      closing()
    })
    const program = Effect.provide(service, layer).pipe(
      Effect.provide(HttpTransport.layerHttpClient),
      Effect.provide(NodeHttpClient.layerUndici),
      Effect.tap(Effect.sync(closed))
    )
    NodeRuntime.runMain(program)
  }
