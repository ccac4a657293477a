import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

const standard = Context.get(Context.empty(), Clock.Clock)

/** The longest time of a timer. */
const mostMillis = 2 ** 31 - 1

const sleep = (millis: number): Effect.Effect<void> => {
  if (millis <= 0) return Effect.yieldNow
  if (millis === Number.POSITIVE_INFINITY) return Effect.never
  return Effect.callback((resume) => {
    const then = millis > mostMillis ? sleep(millis - mostMillis) : Effect.void
    const timer: unknown = setTimeout(() => resume(then), Math.min(millis, mostMillis))
    ;(timer as { readonly unref?: () => void }).unref?.()
    return Effect.sync(() => clearTimeout(timer as ReturnType<typeof setTimeout>))
  })
}

/** The standard clock, with timers that do not keep the process alive. */
export const background: Clock.Clock = {
  currentTimeMillisUnsafe: () => standard.currentTimeMillisUnsafe(),
  currentTimeMillis: standard.currentTimeMillis,
  currentTimeNanosUnsafe: () => standard.currentTimeNanosUnsafe(),
  currentTimeNanos: standard.currentTimeNanos,
  monotonicTimeNanosUnsafe: () => standard.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: standard.monotonicTimeNanos,
  sleep: (duration) => sleep(Duration.toMillis(duration))
}

/** Keeps the process alive until a promise settles. */
export const keepAlive = async <A>(promise: Promise<A>): Promise<A> => {
  const timer = setInterval(() => {}, mostMillis)
  try {
    return await promise
  } finally {
    clearInterval(timer)
  }
}
