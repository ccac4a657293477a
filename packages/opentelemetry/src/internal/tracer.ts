import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import { trace } from "@opentelemetry/api"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"
import { scope } from "./scope.ts"

/** Whether the span that a fiber is in is the active one already, as that of a request is. */
const isActive = (span: Tracer.AnySpan): boolean => {
  const active = trace.getActiveSpan()?.spanContext()
  return active?.spanId === span.spanId && active.traceId === span.traceId
}

/** Leaves the active span alone where it is the right one: what stands for it otherwise takes no attributes, and costs some. */
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
