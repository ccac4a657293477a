import * as Delivery from "@trackmap/core/Delivery"
import type * as EventSink from "@trackmap/core/EventSink"
import type * as Plan from "@trackmap/core/Plan"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import type { OutboxError } from "../../OutboxError.ts"
import { type From, OutboxStore, type Service as Store } from "../../OutboxStore.ts"
import { answering } from "./answering.ts"
import * as gauges from "./gauges.ts"
import type { Complete } from "./lookUps.ts"
import type { Options, Service } from "./model.ts"
import { settingsOf } from "./settings.ts"
import { type Shared, SinkRelay } from "./sinkRelay.ts"
import { Trouble } from "./trouble.ts"

const textOf = (from: From): string => {
  if (from === "now") return "with the messages from now on"
  return from === "beginning" ? "with all messages of the outbox" : `with the messages since ${from.toISOString()}`
}

/** Registers a sink, if the outbox does not know it yet. */
const started = (store: Store, sink: string, from: From): Effect.Effect<void, OutboxError> =>
  Effect.flatMap(store.start(sink, from), (isNew) =>
    isNew ? Effect.logInfo(`${sink}: a new sink of the outbox, which starts ${textOf(from)}`) : Effect.void
  )

/** How much longer than `closeWithin` closing takes at most, in milliseconds, for an answer of the database. */
const grace = 3_000

export const make: <E, R, P extends Plan.Plan = Plan.Plan>(
  sinks: EventSink.EventSink<E, R>,
  options: Options<P>
) => Effect.Effect<Service, E | OutboxError, R | Plan.LaterServices<P> | OutboxStore | Scope.Scope> = Effect.fnUntraced(
  function* (sinks, options) {
    const { names } = sinks
    const settings = settingsOf(options, names)
    const store = answering(yield* OutboxStore, settings.lease)
    const deliveries = yield* Delivery.make(sinks, { plan: options.plan, onError: options.onError })
    yield* Effect.forEach(names, (sink) => started(store, sink, settings.from(sink)), { discard: true })
    const closing = Latch.makeUnsafe(false)
    const context = yield* Effect.context<any>()
    const complete: Complete = (envelopes) =>
      Effect.provideContext(Delivery.complete<any>(options.plan, envelopes), context)
    const shared: Shared = { store, settings, closing, trouble: new Trouble("outbox: its database responds again") }
    const relays = deliveries.sinks.map((delivery) => new SinkRelay(delivery, complete, shared))
    yield* Effect.acquireRelease(
      Effect.forEach(relays, ({ run }) => Effect.forkDetach(run)),
      (running) =>
        Effect.gen(function* () {
          yield* closing.open
          yield* Effect.timeoutOption(Effect.interruptible(Fiber.awaitAll(running)), settings.closeWithin + grace)
          for (const fiber of running) fiber.interruptUnsafe()
          for (const relay of relays) yield* relay.stop
        })
    )
    yield* Effect.forkScoped(gauges.run(store, names, settings.statsEvery))
    return {
      sinks: names,
      status: Effect.map(store.stats, (stats) =>
        stats.flatMap((one) => {
          const relay = relays.find(({ delivery }) => delivery.sink === one.sink)
          return relay === undefined ? [] : [{ ...one, outage: relay.outage, sending: relay.sending }]
        })
      ),
      metrics: deliveries.metrics,
      receipts: deliveries.receipts,
      observe: deliveries.observe
    }
  }
)
