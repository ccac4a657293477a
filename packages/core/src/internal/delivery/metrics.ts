import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Outcome } from "../../Receipt.ts"

/** OpenTelemetry's names for units (UCUM). Effect's exporters read the unit of a metric from this attribute. */
const unit = (unit: string) => ({ unit })
const outcome = (tag: string) => ({ "trackmap.outcome": tag.toLowerCase() })

const messages = Metric.counter("trackmap.messages", {
  description: "Messages by sink and outcome",
  incremental: true,
  attributes: unit("{message}")
})
const attempts = Metric.counter("trackmap.attempts", {
  description: "Attempts to send messages, by sink",
  incremental: true,
  attributes: unit("{attempt}")
})
const batches = Metric.histogram("trackmap.batch.messages", {
  description: "Messages in a batch",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 4, count: 7 }),
  attributes: unit("{message}")
})
/** From a millisecond to nearly nine minutes, in seconds. */
const boundaries = Array.from({ length: 20 }, (_, index) => 2 ** index / 1_000)
const duration = Metric.histogram("trackmap.delivery.duration", {
  description: "Time from a call to its receipt",
  boundaries,
  attributes: unit("s")
})
const depth = Metric.gauge("trackmap.buffer.messages", {
  description: "Messages that have no receipt yet",
  attributes: unit("{message}")
})
const oldest = Metric.gauge("trackmap.buffer.oldest", {
  description: "Age of the oldest message without a receipt",
  attributes: unit("s")
})
const violations = Metric.counter("trackmap.violations", {
  description: "Relations that were left out and values that their schemas refuse, by event",
  incremental: true,
  attributes: unit("{violation}")
})

/** Counts the violations of an event. */
export const countViolations = (context: Context.Context<never>, event: string, count: number): void =>
  violations.pipe(Metric.withAttributes({ "trackmap.event": event })).updateUnsafe(count, context)

/** Counters that receipts add to. Updating Effect's counters would cost more than the rest of a receipt. */
type Counters = Record<string, { count: number; readonly incremental: boolean }>

/** A histogram of delivery times: counts milliseconds, exports seconds. */
class Latencies implements Metric.HistogramState {
  readonly #counts = new Array<number>(boundaries.length + 1).fill(0)
  count = 0
  #millis = 0
  #least = Number.POSITIVE_INFINITY
  #most = 0

  add(millis: number): void {
    // The first boundary is 1 millisecond, and each is twice the one before.
    const bucket = millis <= 1 ? 0 : 32 - Math.clz32(millis - 1)
    this.#counts[Math.min(bucket, boundaries.length)]!++
    this.count++
    this.#millis += millis
    this.#least = Math.min(this.#least, millis)
    this.#most = Math.max(this.#most, millis)
  }

  get sum(): number {
    return this.#millis / 1_000
  }
  get min(): number {
    return this.#least / 1_000
  }
  get max(): number {
    return this.#most / 1_000
  }

  /** For each boundary in seconds, the number of messages that took no longer. */
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

/** Shared by all sinks with the same name, even across trackers, since they share their metrics. */
class Shared {
  readonly latencies = new Latencies()
  readonly counters: Counters = {}
  readonly gauges = new Set<Gauges>()
  registrations: ReadonlyArray<Metric.Registration> = []
}
const registries = new WeakMap<object, Map<string, Shared>>()

const sharedOf = (context: Context.Context<never>, sink: string): Shared => {
  const registry = Context.get(context, Metric.MetricRegistry)
  // If the registry was cleared, counting starts at zero.
  const sinks = (registry.size > 0 && registries.get(registry)) || new Map<string, Shared>()
  const shared = sinks.get(sink) ?? new Shared()
  registries.set(registry, sinks.set(sink, shared))
  return shared
}

/** The metrics of one sink. */
export interface Metrics {
  readonly outcome: (tag: Outcome["_tag"]) => void
  readonly attempts: (count: number) => void
  readonly batch: (messages: number) => void
  readonly latency: (millis: number) => void
  readonly remove: () => void
}

export const make = (context: Context.Context<never>, sink: string, own: Gauges): Metrics => {
  const named = <I, S>(metric: Metric.Metric<I, S>, more = {}): Metric.Metric<I, S> =>
    Metric.withAttributes(metric, { "trackmap.sink": sink, ...more })
  const register = <S>(metric: Metric.Metric<number, S>, get: () => S, more = {}): Metric.Registration =>
    Metric.registerUnsafe(named(metric, more), context, { get, update: () => {}, modify: () => {} })
  const shared = sharedOf(context, sink)
  const gauges = shared.gauges.add(own)
  register(duration, () => shared.latencies)
  shared.registrations = [
    register(depth, () => ({ value: Array.from(gauges, ({ depth }) => depth()).reduce((a, b) => a + b, 0) })),
    register(oldest, () => ({ value: Math.max(...Array.from(gauges, ({ oldest }) => oldest())) / 1_000 }))
  ]
  const [batch, counters] = [named(batches), {} as Counters]
  const counter = (name: string, metric: Metric.Counter<number>, more?: object): Counters[string] => {
    register(metric, () => counters[name]!, more)
    return (counters[name] = shared.counters[name] ??= { count: 0, incremental: true })
  }
  return {
    outcome: (tag) => void (counters[tag] ?? counter(tag, messages, outcome(tag))).count++,
    attempts: (count) => void ((counters["attempts"] ?? counter("attempts", attempts)).count += count),
    batch: (count) => batch.updateUnsafe(count, context),
    latency: (millis) => shared.latencies.add(millis),
    remove: () => {
      if (gauges.delete(own) && gauges.size === 0) shared.registrations.forEach((registered) => registered.remove())
    }
  }
}
