import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scheduler from "effect/Scheduler"
import type { Random } from "./random.ts"

interface Timer {
  readonly at: number
  readonly resume: () => void
}

/** The time of day at which time begins. */
const beginning = Date.UTC(2030, 0, 1)

/**
 * Time and turns of a simulated machine. Tasks that are ready run in an order that a seed decides; when none is left the clock
 * jumps to the next timer. All of it happens within one call, so nothing outside of the simulation can come between.
 */
export class Timeline {
  /** Milliseconds that have passed. */
  now = 0
  /** Tasks that have run. */
  turns = 0
  #skew = 0
  #ready: Array<() => void> = []
  /** By time, the latest first; of the same time, in the order of their setting. */
  readonly #timers: Array<Timer> = []
  readonly #random: Random | undefined
  readonly #yields: number

  /** Without a source of random numbers, tasks run in the order in which they became ready, and fibers never yield. */
  constructor(random: Random | undefined, yields: number) {
    this.#random = random
    this.#yields = yields
  }

  get pending(): number {
    return this.#timers.length
  }

  get isIdle(): boolean {
    return this.#ready.length === 0
  }

  /** Sets the clock that tells the time of day, which moves no timer. */
  jump(millis: number): void {
    this.#skew += millis
  }

  /** Runs one task; says whether there was one. */
  step(): boolean {
    const ready = this.#ready
    if (ready.length === 0) return false
    const at = this.#random === undefined ? 0 : this.#random.between(0, ready.length - 1)
    const [task] = ready.splice(at, 1)
    this.turns++
    task!()
    return true
  }

  /** Lets time pass until the next timer, and wakes it; says whether there was one. */
  advance(): boolean {
    const timer = this.#timers.pop()
    if (timer === undefined) return false
    this.now = timer.at
    timer.resume()
    return true
  }

  readonly scheduler: Scheduler.Scheduler = {
    executionMode: "async",
    // As with Effect's own scheduler, a fiber gets further than to its first operation.
    shouldYield: ({ currentOpCount }) =>
      currentOpCount > 1 && this.#random !== undefined && this.#yields > 0 && this.#random.chance(this.#yields),
    makeDispatcher: () => ({
      scheduleTask: (task) => void this.#ready.push(task),
      flush: () => {}
    })
  }

  get #millis(): number {
    return beginning + this.now + this.#skew
  }

  readonly clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => this.#millis,
    currentTimeMillis: Effect.sync(() => this.#millis),
    currentTimeNanosUnsafe: () => BigInt(this.#millis) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(this.#millis) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => BigInt(this.now) * 1_000_000n,
    monotonicTimeNanos: Effect.sync(() => BigInt(this.now) * 1_000_000n),
    sleep: (duration) => {
      // A real timer has whole milliseconds, and is never early.
      const millis = Math.ceil(Duration.toMillis(duration))
      if (millis <= 0) return Effect.yieldNow
      if (millis === Number.POSITIVE_INFINITY) return Effect.never
      return Effect.callback<void>((resume) => {
        const timer: Timer = { at: this.now + millis, resume: () => resume(Effect.void) }
        const timers = this.#timers
        let at = timers.length
        while (at > 0 && timers[at - 1]!.at <= timer.at) at--
        timers.splice(at, 0, timer)
        return Effect.sync(() => {
          const index = timers.indexOf(timer)
          if (index >= 0) timers.splice(index, 1)
        })
      })
    }
  }
}
