import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { Service as Store, SinkStats } from "../../OutboxStore.ts"

const depth = Metric.gauge("trackmap.outbox.messages", {
  description: "Messages that the sink has not claimed yet, as an estimate",
  attributes: { unit: "{message}" }
})
const oldest = Metric.gauge("trackmap.outbox.oldest", {
  description: "Age of the oldest message that the sink has not completed",
  attributes: { unit: "s" }
})
const parked = Metric.gauge("trackmap.outbox.parked", {
  description: "Messages that were set aside and are sent later",
  attributes: { unit: "{message}" }
})
const dead = Metric.gauge("trackmap.outbox.dead", {
  description: "Dead letters of the sink",
  attributes: { unit: "{message}" }
})

const update = (stats: SinkStats): Effect.Effect<void> => {
  const set = (gauge: Metric.Gauge<number>, value: number): Effect.Effect<void> =>
    Metric.update(Metric.withAttributes(gauge, { "trackmap.sink": stats.sink }), value)
  return Effect.all(
    [set(depth, stats.depth), set(oldest, stats.oldest / 1_000), set(parked, stats.parked), set(dead, stats.dead)],
    { discard: true }
  )
}

/** Updates the metrics of some sinks again and again. An error of the database is told where messages are claimed. */
export const run = (store: Store, sinks: ReadonlyArray<string>, every: number): Effect.Effect<never> =>
  store.stats.pipe(
    Effect.flatMap((all) =>
      Effect.forEach(
        all.filter(({ sink }) => sinks.includes(sink)),
        update,
        { discard: true }
      )
    ),
    Effect.catchCause((cause) => Effect.logDebug("the metrics of the outbox", cause)),
    Effect.andThen(Effect.sleep(every)),
    Effect.forever
  )
