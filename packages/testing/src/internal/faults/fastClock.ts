import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The maximum step of a tick, in real milliseconds and in the clock's own. A timeout should take several steps. */
const longestTick = 2
const longestStep = 1_000

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/**
 * A clock that runs at a multiple of real time, and whose time of day can be set. A TestClock does not move by itself, and no test
 * can know when to move it while bytes are on a real wire.
 *
 * It ticks with the event loop: while a busy machine stalls the process, the sink, its server and the clock all pause. Otherwise timeouts would
 * expire that are far away on an idle machine.
 */
export class FastClock implements Clock.Clock {
  readonly #epoch = Date.now()
  readonly #sleepers = new Set<Sleeper>()
  readonly rate: number
  #ticked = performance.now()
  #elapsedAtTick = 0
  #ticking: NodeJS.Timeout | undefined
  #set = 0

  constructor(rate: number) {
    this.rate = rate
  }

  #elapsedAt(now: number): number {
    const step = Math.min(now - this.#ticked, longestTick) * this.rate
    return this.#elapsedAtTick + Math.min(step, longestStep)
  }
  get #elapsed(): number {
    return this.#elapsedAt(performance.now())
  }

  readonly #tick = (): void => {
    const now = performance.now()
    this.#elapsedAtTick = this.#elapsedAt(now)
    this.#ticked = now
    const due = [...this.#sleepers].filter(({ until }) => until <= this.#elapsedAtTick)
    for (const sleeper of due.toSorted((a, b) => a.until - b.until)) {
      this.#remove(sleeper)
      sleeper.wake()
    }
  }

  #add(sleeper: Sleeper): void {
    this.#sleepers.add(sleeper)
    this.#ticking ??= setInterval(this.#tick, 1)
  }

  #remove(sleeper: Sleeper): void {
    this.#sleepers.delete(sleeper)
    if (this.#sleepers.size > 0) return
    clearInterval(this.#ticking)
    this.#ticking = undefined
  }

  /** Sets the time of day. As with the system's clock, this does not change when a sleep ends. */
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
      const sleeper: Sleeper = { until: this.#elapsed + millis, wake: () => resume(Effect.void) }
      this.#add(sleeper)
      return Effect.sync(() => this.#remove(sleeper))
    })
  }
}
