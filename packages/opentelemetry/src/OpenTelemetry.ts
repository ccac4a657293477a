/**
 * Exports Trackmap's spans and metrics through your service's OpenTelemetry SDK: the trace that tracked a message, the time of its
 * delivery, and the number of messages by outcome.
 *
 * @module
 */
import type { Span } from "@opentelemetry/api"
import { trace } from "@opentelemetry/api"
import type { MetricProducer } from "@opentelemetry/sdk-metrics"
import type * as Layer from "effect/Layer"
import * as metrics from "./internal/metrics.ts"
import * as tracer from "./internal/tracer.ts"

/** The options that connect a tracking to OpenTelemetry. */
export interface Options {
  readonly activeSpan: () => Span | undefined
  readonly services: Layer.Layer<never>
}

/** The active span of a call. The message's context has the span's ids, and the span has an event with the message's id. */
export const activeSpan: () => Span | undefined = () => trace.getActiveSpan()

/**
 * The tracer of a tracking's own spans: "trackmap" of the global tracer provider, which you may register later. Without a provider, there
 * are no spans.
 */
export const services: Layer.Layer<never> = tracer.layer

/**
 * `activeSpan` and `services`, for `Tracking.make`.
 *
 * @example
 * ```ts
 * import { trace } from "@opentelemetry/api"
 * import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
 * import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node"
 * import { EventSink, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
 * import { OpenTelemetry } from "@trackmap/opentelemetry"
 *
 * const exporter = new InMemorySpanExporter()
 * new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
 *
 * const OrderPlaced = TrackedEvent.make("orderPlaced")
 * const memory = EventSink.make({ name: "memory", send: async (batch) => batch.map(() => Receipt.delivered) })
 * const tracking = Tracking.make({ sinks: memory, ...OpenTelemetry.options() })
 *
 * await trace.getTracer("shop").startActiveSpan("POST /orders", async (span) => {
 *   const { message } = await tracking.track(OrderPlaced, {})
 *   console.log(message.context?.["traceId"] === span.spanContext().traceId) // true
 *   span.end()
 * })
 * await tracking.close()
 *
 * const [request, batch] = exporter.getFinishedSpans()
 * console.log(request?.name, request?.events[0]?.name) // POST /orders trackmap.tracked
 * console.log(batch?.name, batch?.links[0]?.context.spanId === request?.spanContext().spanId) // Tracker.send true
 * ```
 */
export const options = (): Options => ({ activeSpan, services })

/** Options of a metric producer. */
export interface MetricProducerOptions {
  /**
   * Whether to export the counts since the start (`"cumulative"`, the default) or since the last export (`"delta"`). Choose what the
   * reader's exporter prefers.
   */
  readonly temporality?: "cumulative" | "delta" | undefined
}

/**
 * The metrics of all trackings in the process, for a metric reader of the SDK. Create one producer per reader.
 *
 * @example
 * ```ts
 * import {
 *   AggregationTemporality,
 *   InMemoryMetricExporter,
 *   MeterProvider,
 *   PeriodicExportingMetricReader
 * } from "@opentelemetry/sdk-metrics"
 * import { EventSink, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
 * import { OpenTelemetry } from "@trackmap/opentelemetry"
 *
 * const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
 * const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: [OpenTelemetry.metricProducer()] })
 * const meters = new MeterProvider({ readers: [reader] })
 *
 * const OrderPlaced = TrackedEvent.make("orderPlaced")
 * const memory = EventSink.make({ name: "memory", send: async (batch) => batch.map(() => Receipt.delivered) })
 * const tracking = Tracking.make({ sinks: memory, ...OpenTelemetry.options() })
 * await tracking.track(OrderPlaced, {})
 * await tracking.close()
 * await meters.forceFlush()
 *
 * const [counted] = exporter.getMetrics()[0]?.scopeMetrics ?? []
 * const messages = counted?.metrics.find(({ descriptor }) => descriptor.name === "trackmap.messages")
 * console.log(messages?.dataPoints[0]?.attributes, messages?.dataPoints[0]?.value)
 * // { 'trackmap.sink': 'memory', 'trackmap.outcome': 'delivered' } 1
 * await meters.shutdown()
 * ```
 */
export const metricProducer: (options?: MetricProducerOptions) => MetricProducer = metrics.producer
