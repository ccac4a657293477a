import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { nameOf } from "../base/fault.ts"

/** Receives the errors of a sink's code, with the sink's name. */
export const SinkFailed = Context.Reference<(sink: string, cause: unknown) => void>("@trackmap/core/SinkFailed", {
  defaultValue: () => () => {}
})

export const failed = (sink: string, cause: unknown): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    fiber.getRef(SinkFailed)(sink, cause)
    return Effect.void
  })

/** Tells it, and logs its kind alone: the cause can have anything in it. */
export const failedIn = (sink: string, what: string, cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  const thrown = Cause.squash(cause)
  return Effect.andThen(
    failed(sink, thrown),
    Effect.logError(`${sink}: ${what} failed with ${nameOf(thrown)}; see onError`)
  )
}
