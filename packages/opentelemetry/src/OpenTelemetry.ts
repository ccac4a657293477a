/**
 * Tracking in the OpenTelemetry SDK that a service already runs: which trace a message was tracked in, what delivery took, and how many
 * messages came to what.
 *
 * @module
 */
import type { Span } from "@opentelemetry/api"
import { trace } from "@opentelemetry/api"
import type { MetricProducer } from "@opentelemetry/sdk-metrics"
import type * as Layer from "effect/Layer"
import * as metrics from "./internal/metrics.ts"
import * as tracer from "./internal/tracer.ts"

/** What a tracking takes of OpenTelemetry. */
export interface Options {
  readonly activeSpan: () => Span | undefined
  readonly services: Layer.Layer<never>
}

/** The span that a call is made in. A message's context has its ids, and the span an event with the message's. */
export const activeSpan: () => Span | undefined = () => trace.getActiveSpan()

/**
 * What a tracking's own spans are made with: a tracer "trackmap" of the global tracer provider. It may be registered later, and where there
 * is none, there are no spans.
 */
export const services: Layer.Layer<never> = tracer.layer

/**
 * Both, for `Tracking.make`.
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

/** Whether a metric reader exports what has been counted since it began, or since it last exported. */
export interface MetricProducerOptions {
  /** `"cumulative"` unless told. Give `"delta"` where the reader's exporter prefers that. */
  readonly temporality?: "cumulative" | "delta" | undefined
}

/**
 * What all trackings of the process count, for a metric reader of the SDK's: one producer for each reader.
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
 * const messages = counted?.metrics.find(({ descriptor }) => descriptor.name === "trackmap_messages")
 * console.log(messages?.dataPoints[0]?.attributes, messages?.dataPoints[0]?.value)
 * // { sink: 'memory', outcome: 'delivered' } 1
 * await meters.shutdown()
 * ```
 */
export const metricProducer: (options?: MetricProducerOptions) => MetricProducer = metrics.producer
