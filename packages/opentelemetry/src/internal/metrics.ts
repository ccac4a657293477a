import * as OtelMetrics from "@effect/opentelemetry/OtelMetrics"
import * as Resource from "@effect/opentelemetry/Resource"
import type { MetricData, MetricProducer } from "@opentelemetry/sdk-metrics"
import * as Effect from "effect/Effect"
import { scope } from "./scope.ts"

/** A service may have its own Effect metrics, which it exports elsewhere. */
const isOurs = ({ descriptor }: MetricData): boolean => descriptor.name.startsWith("trackmap_")

/** The names already contain the unit; Prometheus would add it again. */
const withoutUnit = (metric: MetricData): MetricData => ({
  ...metric,
  descriptor: { ...metric.descriptor, unit: "" }
})

export const producer = ({
  temporality
}: { readonly temporality?: OtelMetrics.TemporalityPreference | undefined } = {}): MetricProducer => {
  // A reader uses its meter provider's resource and ignores that of its producers.
  const all = Effect.runSync(Effect.provide(OtelMetrics.makeProducer(temporality), Resource.layerEmpty))
  return {
    collect: async (options) => {
      const { errors, resourceMetrics } = await all.collect(options)
      const metrics = resourceMetrics.scopeMetrics
        .flatMap((produced) => produced.metrics)
        .filter(isOurs)
        .map(withoutUnit)
      return {
        errors,
        resourceMetrics: {
          resource: resourceMetrics.resource,
          scopeMetrics: metrics.length === 0 ? [] : [{ scope: { name: scope }, metrics }]
        }
      }
    }
  }
}
