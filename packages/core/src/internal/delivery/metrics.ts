import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Outcome } from "../../Receipt.ts"

const messages = Metric.counter("trackmap_messages", {
  description: "Messages by sink and outcome",
  incremental: true
})
const attempts = Metric.counter("trackmap_attempts", {
  description: "Times that messages were sent, by sink",
  incremental: true
})
const batches = Metric.histogram("trackmap_batch_messages", {
  description: "Messages in a batch",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 4, count: 7 })
})
const boundaries = Metric.exponentialBoundaries({ start: 1, factor: 2, count: 20 })
const latency = Metric.histogram("trackmap_latency_ms", {
  description: "Milliseconds from a call to its receipt",
  boundaries
})
const depth = Metric.gauge("trackmap_buffer_messages", { description: "Messages that have no receipt yet" })
const oldest = Metric.gauge("trackmap_buffer_oldest_ms", {
  description: "Milliseconds that the oldest message without a receipt has waited"
})
const violations = Metric.counter("trackmap_violations", {
  description: "Relations that were left out and values that their schemas refuse, by event",
  incremental: true
})

/** Counts the violations of an event. */
export const countViolations = (context: Context.Context<never>, event: string, count: number): void =>
  violations.pipe(Metric.withAttributes({ event })).updateUnsafe(count, context)

/** A histogram of delivery times. Updating Effect's histogram would cost more than the rest of a receipt. */
class Latencies implements Metric.HistogramState {
  readonly #counts = new Array<number>(boundaries.length + 1).fill(0)
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = 0

  add(millis: number): void {
    // The first boundary is 1 millisecond, and each is twice the one before.
    const bucket = millis <= 1 ? 0 : 32 - Math.clz32(millis - 1)
    this.#counts[Math.min(bucket, boundaries.length)]!++
    this.count++
    this.sum += millis
    this.min = Math.min(this.min, millis)
    this.max = Math.max(this.max, millis)
  }

  /** By boundary, the number of messages that took no longer. */
  get buckets(): ReadonlyArray<[number, number]> {
    let sum = 0
    return boundaries.map((boundary, index) => [boundary, (sum += this.#counts[index]!)])
  }
}

/** The values of one sink's gauges. */
export interface Gauges {
  readonly depth: () => number
  readonly oldest: () => number
}

/** Shared by all sinks of one name, also across trackers, since they share their metrics. */
class Shared {
  readonly latencies = new Latencies()
  readonly gauges = new Set<Gauges>()
  registrations: ReadonlyArray<Metric.Registration> = []
}
const registries = new WeakMap<object, Map<string, Shared>>()

const sharedOf = (context: Context.Context<never>, sink: string): Shared => {
  const registry = Context.get(context, Metric.MetricRegistry)
  let sinks = registries.get(registry)
  // After the registry was cleared, counting starts from zero.
  if (sinks === undefined || registry.size === 0) registries.set(registry, (sinks = new Map()))
  let shared = sinks.get(sink)
  if (shared === undefined) sinks.set(sink, (shared = new Shared()))
  return shared
}

/** The metrics of one sink. */
export interface Metrics {
  readonly outcomes: (tag: Outcome["_tag"], count: number) => void
  readonly attempts: (count: number) => void
  readonly batch: (messages: number) => void
  readonly latency: (millis: number) => void
  readonly remove: () => void
}

export const make = (context: Context.Context<never>, sink: string, own: Gauges): Metrics => {
  const named = <I, S>(metric: Metric.Metric<I, S>): Metric.Metric<I, S> => Metric.withAttributes(metric, { sink })
  const register = <S>(metric: Metric.Metric<number, S>, get: () => S): Metric.Registration =>
    Metric.registerUnsafe(named(metric), context, { get, update: () => {}, modify: () => {} })
  const shared = sharedOf(context, sink)
  const { gauges, latencies } = shared
  gauges.add(own)
  register(latency, () => latencies)
  shared.registrations = [
    register(depth, () => ({ value: Array.from(gauges, ({ depth }) => depth()).reduce((a, b) => a + b, 0) })),
    register(oldest, () => ({ value: Math.max(...Array.from(gauges, ({ oldest }) => oldest())) }))
  ]
  const [sent, batch] = [named(attempts), named(batches)]
  return {
    outcomes: (tag, count) =>
      Metric.withAttributes(messages, { sink, outcome: tag.toLowerCase() }).updateUnsafe(count, context),
    attempts: (count) => sent.updateUnsafe(count, context),
    batch: (count) => batch.updateUnsafe(count, context),
    latency: (millis) => latencies.add(millis),
    remove: () => {
      if (gauges.delete(own) && gauges.size === 0) shared.registrations.forEach((registered) => registered.remove())
    }
  }
}
