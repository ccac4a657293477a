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
const latencies = Metric.exponentialBoundaries({ start: 1, factor: 2, count: 20 })
const latency = Metric.histogram("trackmap_latency_ms", {
  description: "Milliseconds from a call to its receipt",
  boundaries: latencies
})
const depth = Metric.gauge("trackmap_buffer_messages", { description: "Messages that have no receipt yet" })
const oldest = Metric.gauge("trackmap_buffer_oldest_ms", {
  description: "Milliseconds that the oldest message without a receipt has waited"
})
const violations = Metric.counter("trackmap_violations", {
  description: "Relations that were left out and values that their schemas refuse, by event",
  incremental: true
})

/** Counts what was wrong with an event. */
export const countViolations = (context: Context.Context<never>, event: string, count: number): void =>
  violations.pipe(Metric.withAttributes({ event })).updateUnsafe(count, context)

/** How long messages have taken. It is kept here, as an update of Effect's costs more than all else that a receipt does. */
class Latencies implements Metric.HistogramState {
  readonly #counts = new Array<number>(latencies.length + 1).fill(0)
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = 0

  add(millis: number): void {
    // The first boundary is 1 millisecond, and each is twice the one before.
    const bucket = millis <= 1 ? 0 : 32 - Math.clz32(millis - 1)
    this.#counts[Math.min(bucket, latencies.length)]!++
    this.count++
    this.sum += millis
    this.min = Math.min(this.min, millis)
    this.max = Math.max(this.max, millis)
  }

  /** By boundary, how many took no longer. */
  get buckets(): ReadonlyArray<[number, number]> {
    let sum = 0
    return latencies.map((boundary, index) => [boundary, (sum += this.#counts[index]!)])
  }
}

/** What is read of a destination when its metrics are. */
interface Reading {
  readonly depth: () => number
  readonly oldest: () => number
}

/** What destinations of one name have in common, as one metric tells of all of them: those of several trackers, and of one after another. */
class Shared {
  readonly late = new Latencies()
  readonly readings = new Set<Reading>()
  registrations: ReadonlyArray<Metric.Registration> = []
}
const shared = new WeakMap<object, Map<string, Shared>>()

const sharedOf = (context: Context.Context<never>, sink: string): Shared => {
  const registry = Context.get(context, Metric.MetricRegistry)
  let sinks = shared.get(registry)
  // One that has been cleared counts anew.
  if (sinks === undefined || registry.size === 0) shared.set(registry, (sinks = new Map()))
  let one = sinks.get(sink)
  if (one === undefined) sinks.set(sink, (one = new Shared()))
  return one
}

/** The metrics of one destination. */
export interface Metrics {
  readonly outcomes: (tag: Outcome["_tag"], count: number) => void
  readonly attempts: (count: number) => void
  readonly batch: (messages: number) => void
  readonly latency: (millis: number) => void
  readonly remove: () => void
}

export const make = (context: Context.Context<never>, sink: string, own: Reading): Metrics => {
  const named = <I, S>(metric: Metric.Metric<I, S>): Metric.Metric<I, S> => Metric.withAttributes(metric, { sink })
  const [sent, batch] = [named(attempts), named(batches)]
  const all = sharedOf(context, sink)
  const { late, readings } = all
  const reading = <S>(metric: Metric.Metric<number, S>, get: () => S): Metric.Registration =>
    Metric.registerUnsafe(named(metric), context, { get, update: () => {}, modify: () => {} })
  readings.add(own)
  const sum = (): number => Array.from(readings, ({ depth }) => depth()).reduce((a, b) => a + b, 0)
  const longest = (): number => Math.max(...Array.from(readings, ({ oldest }) => oldest()))
  reading(latency, () => late)
  all.registrations = [reading(depth, () => ({ value: sum() })), reading(oldest, () => ({ value: longest() }))]
  return {
    outcomes: (tag, count) =>
      Metric.withAttributes(messages, { sink, outcome: tag.toLowerCase() }).updateUnsafe(count, context),
    attempts: (count) => sent.updateUnsafe(count, context),
    batch: (count) => batch.updateUnsafe(count, context),
    latency: (millis) => late.add(millis),
    remove: () => {
      if (readings.delete(own) && readings.size === 0) all.registrations.forEach((registered) => registered.remove())
    }
  }
}
