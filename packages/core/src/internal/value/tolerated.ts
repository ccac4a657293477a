import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { unanswered } from "../base/fault.ts"
import type { Walk } from "./model.ts"
import type { Tolerance } from "./tolerance.ts"

/** Resolves with an Effect. If that fails, a tolerant walk continues without the result. */
export const tolerated = <R>(
  walk: Walk,
  effect: Effect.Effect<void, any, R>,
  path: () => string,
  expected: string,
  without: () => void
): Effect.Effect<void, any, R> => {
  const { tolerance } = walk
  if (tolerance === undefined) return effect
  return Effect.catchCause(patient(effect, tolerance, path), (cause) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.failCause(cause)
      : Effect.sync(() => {
          tolerance.failed(path(), expected, cause)
          without()
        })
  )
}

/** An effect that is interrupted with its event. It runs in its own fiber, since it may ignore the interruption. */
const patient = <R>(
  effect: Effect.Effect<void, any, R>,
  tolerance: Tolerance,
  path: () => string
): Effect.Effect<void, any, R> =>
  Effect.withFiber((parent: Fiber.Fiber<any, any>) =>
    Effect.callback<void, any>((resume) => {
      const fiber = Effect.runForkWith(parent.context as Context.Context<R>)(effect, {
        scheduler: parent.cache.scheduler
      })
      const done = tolerance.waitFor((reason) => {
        resume(Effect.fail(unanswered(path(), reason)))
        fiber.interruptUnsafe()
      })
      fiber.addObserver((exit) => {
        done()
        resume(exit)
      })
      return Effect.suspend(() => {
        done()
        return Fiber.interrupt(fiber)
      })
    })
  )
