import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Is told what the code of a sink threw, by the sink's name. */
export const SinkFailed = Context.Reference<(sink: string, cause: unknown) => void>("@trackmap/core/SinkFailed", {
  defaultValue: () => () => {}
})

export const failed = (sink: string, cause: unknown): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    fiber.getRef(SinkFailed)(sink, cause)
    return Effect.void
  })
