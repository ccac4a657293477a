import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import { trace } from "@opentelemetry/api"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"
import { scope } from "./scope.ts"

/** Whether a fiber's span is already active, as a request's is. */
const isActive = (span: Tracer.AnySpan): boolean => {
  const active = trace.getActiveSpan()?.spanContext()
  return active?.spanId === span.spanId && active.traceId === span.traceId
}

/** Keeps the active span if it is the right one: a substitute would accept no attributes, and cost time. */
const make: Effect.Effect<Tracer.Tracer, never, OtelTracer.OtelTracer> = Effect.map(OtelTracer.make, (tracer) =>
  Tracer.make({
    ...tracer,
    context: (primitive, fiber) => {
      const { span } = fiber.cache
      return span === undefined || isActive(span)
        ? primitive["~effect/Effect/evaluate"](fiber)
        : tracer.context!(primitive, fiber)
    }
  })
)

export const layer: Layer.Layer<never> = Layer.effect(Tracer.Tracer, make).pipe(
  Layer.provide(Layer.sync(OtelTracer.OtelTracer, () => trace.getTracer(scope)))
)
