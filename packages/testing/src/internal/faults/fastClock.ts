import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * A clock that runs faster than real time, and that can be set. A TestClock stands still until a test advances it, and a test cannot know
 * when to do so while bytes are on a real connection.
 */
export class FastClock implements Clock.Clock {
  readonly #began = performance.now()
  readonly #epoch = Date.now()
  readonly rate: number
  #set = 0

  constructor(rate: number) {
    this.rate = rate
  }

  get #elapsed(): number {
    return (performance.now() - this.#began) * this.rate
  }

  /** Sets the time of day. As with the system's clock, this does not change how long sleepers sleep. */
  set(by: Duration.Input): void {
    this.#set += Duration.toMillis(Duration.fromInputUnsafe(by))
  }

  currentTimeMillisUnsafe(): number {
    return Math.floor(this.#epoch + this.#elapsed + this.#set)
  }
  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  currentTimeNanosUnsafe(): bigint {
    return BigInt(this.currentTimeMillisUnsafe()) * 1_000_000n
  }
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  monotonicTimeNanosUnsafe(): bigint {
    return BigInt(Math.floor(this.#elapsed * 1_000_000))
  }
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const millis = Duration.toMillis(duration)
    if (millis === Number.POSITIVE_INFINITY) return Effect.never
    return Effect.callback((resume) => {
      const timer = setTimeout(() => resume(Effect.void), millis / this.rate)
      return Effect.sync(() => clearTimeout(timer))
    })
  }
}
