import { context, trace } from "@opentelemetry/api"
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"
import { scope } from "./scope.ts"
import { contextWithin, OtelSpan } from "./span.ts"

/** Whether a fiber's span is already active, as a request's is. */
const isActive = (span: Tracer.AnySpan): boolean => {
  const active = trace.getActiveSpan()?.spanContext()
  return active?.spanId === span.spanId && active.traceId === span.traceId
}

/** Keeps the active span if it is the right one: a substitute would accept no attributes, and cost time. */
export const layer: Layer.Layer<never> = Layer.sync(Tracer.Tracer, () => {
  const tracer = trace.getTracer(scope.name, scope.version)
  return Tracer.make({
    span: (options) => new OtelSpan(tracer, options),
    context: (primitive, fiber) => {
      const { span } = fiber.cache
      return span === undefined || isActive(span)
        ? primitive["~effect/Effect/evaluate"](fiber)
        : context.with(contextWithin(span), () => primitive["~effect/Effect/evaluate"](fiber))
    }
  })
})
