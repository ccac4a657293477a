import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as EffectRandom from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import type { Random } from "../../../core/test/simulation/random.ts"
import type { Timeline } from "../../../core/test/simulation/timeline.ts"

interface Machine {
  readonly timeline: Timeline
  readonly random: Random
  /** Takes what processes log as an error. */
  readonly logged: (line: string) => void
}

/** A process on a simulated machine. Its tasks run while it lives and is awake. When it dies, nothing in it goes on. */
export class Process {
  readonly name: string
  readonly context: Context.Context<never>
  readonly #timeline: Timeline
  readonly #deaths: Array<() => void> = []
  #dead = false
  #held: Array<() => void> | undefined
  #turnsLeft = Number.POSITIVE_INFINITY
  #fibers = 0
  /** Whether it has ever slept. */
  slept = false
  /** Whether it was asked to close in the middle of the program. */
  stopping = false
  /** Whether it closed at the end. */
  closed = false
  /** When it last woke. */
  wokeAt = 0
  /** How often the database has failed here. */
  faults = 0

  constructor(name: string, { logged, random, timeline }: Machine, skew: number) {
    this.name = name
    this.#timeline = timeline
    const dispatcher = timeline.scheduler.makeDispatcher()
    const schedule = (task: () => void): void => dispatcher.scheduleTask(() => this.#run(task), 0)
    const { clock } = timeline
    this.context = Context.empty().pipe(
      Context.add(Scheduler.Scheduler, {
        ...timeline.scheduler,
        makeDispatcher: () => ({ scheduleTask: schedule, flush: () => {} })
      }),
      Context.add(Clock.Clock, {
        ...clock,
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + skew,
        currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + skew),
        // A process that sleeps or is dead has no turn after it.
        sleep: (duration) => Effect.andThen(clock.sleep(duration), Effect.yieldNow)
      }),
      Context.add(EffectRandom.Random, {
        nextDoubleUnsafe: () => random.next(),
        nextIntUnsafe: () => random.between(0, 0x7fffffff)
      }),
      Context.add(
        Logger.CurrentLoggers,
        new Set([
          Logger.make<unknown, void>(({ logLevel, message }) => {
            if (logLevel === "Error") logged(`${name}: ${String(message)}`)
          })
        ])
      ),
      Context.add(Metric.MetricRegistry, new Map()),
      Context.add(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => void this.#fibers++,
        recordFiberEnd: () => void this.#fibers--
      })
    )
  }

  get isDead(): boolean {
    return this.#dead
  }

  /** Fibers that have not ended. */
  get fibers(): number {
    return this.#fibers
  }

  #run(task: () => void): void {
    if (this.#dead) return
    if (this.#held !== undefined) return void this.#held.push(task)
    if (this.#turnsLeft-- <= 0) return this.kill()
    task()
  }

  kill(): void {
    if (this.#dead) return
    this.#dead = true
    for (const died of this.#deaths.splice(0)) died()
  }

  dieAfter(turns: number): void {
    this.#turnsLeft = Math.min(turns, this.#turnsLeft)
  }

  onDeath(died: () => void): void {
    if (this.#dead) died()
    else this.#deaths.push(died)
  }

  pause(): void {
    if (this.#dead) return
    this.slept = true
    this.#held ??= []
  }

  wake(): void {
    const held = this.#held ?? []
    if (this.#held !== undefined) this.wokeAt = this.#timeline.now
    this.#held = undefined
    const dispatcher = this.#timeline.scheduler.makeDispatcher()
    for (const task of held) dispatcher.scheduleTask(() => this.#run(task), 0)
  }

  /** Runs something in this process when it has a turn. */
  later(task: () => void): void {
    this.#timeline.scheduler.makeDispatcher().scheduleTask(() => this.#run(task), 0)
  }

  fork<A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    return Effect.runForkWith(this.context)(effect)
  }

  /** Runs an effect in this process, and waits for its end or the process's: undefined. */
  run<A, E>(
    effect: Effect.Effect<A, E>,
    started?: (fiber: Fiber.Fiber<A, E>) => void
  ): Effect.Effect<Exit.Exit<A, E> | undefined> {
    return Effect.callback((resume) => {
      const fiber = this.fork(effect)
      started?.(fiber)
      fiber.addObserver((exit) => resume(Effect.succeed(exit)))
      this.onDeath(() => resume(Effect.undefined))
    })
  }
}
