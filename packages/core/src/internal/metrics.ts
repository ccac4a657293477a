import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Outcome } from "../Receipt.ts"

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
const latency = Metric.histogram("trackmap_latency_ms", {
  description: "Milliseconds from a call to its receipt",
  boundaries: Metric.exponentialBoundaries({ start: 1, factor: 2, count: 20 })
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

/** The metrics of one destination. */
export interface Metrics {
  readonly outcome: (tag: Outcome["_tag"], count: number) => void
  readonly attempts: (count: number) => void
  readonly batch: (messages: number) => void
  readonly latency: (millis: number) => void
  readonly remove: () => void
}

export const make = (
  context: Context.Context<never>,
  sink: string,
  read: { readonly depth: () => number; readonly oldest: () => number }
): Metrics => {
  const own = <I, S>(metric: Metric.Metric<I, S>): Metric.Metric<I, S> => Metric.withAttributes(metric, { sink })
  const outcomes = new Map<string, Metric.Metric<number, unknown>>()
  const outcome = (tag: string): Metric.Metric<number, unknown> => {
    const known = outcomes.get(tag) ?? Metric.withAttributes(messages, { sink, outcome: tag.toLowerCase() })
    outcomes.set(tag, known)
    return known
  }
  const [sent, batch, late] = [own(attempts), own(batches), own(latency)]
  const gauge = (metric: Metric.Gauge<number>, get: () => number): Metric.Registration =>
    Metric.registerUnsafe(own(metric), context, {
      get: () => ({ value: get() }),
      update: () => {},
      modify: () => {}
    })
  const gauges = [gauge(depth, read.depth), gauge(oldest, read.oldest)]
  return {
    outcome: (tag, count) => outcome(tag).updateUnsafe(count, context),
    attempts: (count) => sent.updateUnsafe(count, context),
    batch: (count) => batch.updateUnsafe(count, context),
    latency: (millis) => late.updateUnsafe(millis, context),
    remove: () => gauges.forEach((registered) => registered.remove())
  }
}
