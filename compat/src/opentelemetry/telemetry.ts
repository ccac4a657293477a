import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node"
import { OpenTelemetry } from "@trackmap/opentelemetry"

/** A service's usual OpenTelemetry SDK, with tracking's metrics next to its own. */
export const startTelemetry = (collector: string) => {
  const resource = resourceFromAttributes({ "service.name": "wholesale" })
  const tracers = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${collector}/v1/traces` }))]
  })
  tracers.register()
  const meters = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${collector}/v1/metrics` }),
        metricProducers: [OpenTelemetry.metricProducer()]
      })
    ]
  })
  return { shutdown: () => Promise.all([tracers.shutdown(), meters.shutdown()]) }
}
