import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import { trace } from "@opentelemetry/api"
import * as Layer from "effect/Layer"
import { scope } from "./scope.ts"

export const layer: Layer.Layer<never> = OtelTracer.layerWithoutOtelTracer.pipe(
  Layer.provide(Layer.sync(OtelTracer.OtelTracer, () => trace.getTracer(scope)))
)
