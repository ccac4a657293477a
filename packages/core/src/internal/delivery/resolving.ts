import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as callback from "../base/callback.ts"
import { afterMicrotasks } from "../load/afterMicrotasks.ts"
import * as monotonic from "../base/monotonic.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { Start } from "./model.ts"

/** The events whose relations are being resolved. Limits their time, and ends the wait on closing. */
export class Resolving {
  readonly #within: number
  readonly #clock: Clock.Clock
  readonly #start: Start
  readonly #pending = new Set<Tolerance>()
  /** Their deadlines, in ascending order, since all have the same time limit. */
  readonly #due = new Map<Tolerance, number>()
  #timer: Fiber.Fiber<void> | undefined
  #over = false
  readonly #waiting = new Set<{ readonly left: Set<Tolerance>; readonly resume: () => void }>()

  /** `within` is in milliseconds. */
  constructor(within: number, clock: Clock.Clock, start: Start) {
    this.#within = within
    this.#clock = clock
    this.#start = start
  }

  /**
   * Resolves an event's relations, and goes on with their values. The tolerance leaves out what is not there in time. It is over once the
   * message has been given to the buffers, whether or not they have room.
   */
  bound<A, E, R, B, E2, R2>(
    tolerance: Tolerance,
    effect: Effect.Effect<A, E, R>,
    then: (resolved: A) => Effect.Effect<B, E2, R2>
  ): Effect.Effect<B, E | E2, R | R2> {
    return callback.make<B, E | E2>((context, resume) => {
      if (this.#over) tolerance.giveUp(closed)
      else this.#begin(tolerance)
      const leave = callback.fork(effect, context, (exit) => {
        const given = Exit.isSuccess(exit) ? attempt(() => then(exit.value)) : Exit.failCause(exit.cause)
        this.#done(tolerance)
        resume(given)
      })
      return Effect.andThen(
        Effect.sync(() => this.#done(tolerance)),
        leave
      )
    })
  }

  #begin(tolerance: Tolerance): void {
    this.#pending.add(tolerance)
    if (this.#within === Number.POSITIVE_INFINITY) return
    this.#due.set(tolerance, monotonic.millisOf(this.#clock) + this.#within)
    if (this.#timer !== undefined) return
    const timer = this.#start(this.#watch)
    // With a limit of 0, the time is already over.
    if (timer.pollUnsafe() === undefined) this.#timer = timer
  }

  #done(tolerance: Tolerance): void {
    this.#pending.delete(tolerance)
    // The next event of a loop that awaits each takes the same timer.
    if (this.#due.delete(tolerance) && this.#due.size === 0) afterMicrotasks(() => this.#endTimer())
    for (const waiting of this.#waiting) {
      if (!waiting.left.delete(tolerance) || waiting.left.size > 0) continue
      this.#waiting.delete(waiting)
      waiting.resume()
    }
  }

  /** An unneeded timer would keep the process alive. */
  #endTimer(): void {
    if (this.#due.size > 0) return
    this.#timer?.interruptUnsafe()
    this.#timer = undefined
  }

  /** Ends the wait of each event whose time is over. */
  readonly #watch: Effect.Effect<void> = Effect.suspend(() => {
    for (const [tolerance, at] of this.#due) {
      const left = at - monotonic.millisOf(this.#clock)
      if (left > 0) return Effect.andThen(Effect.sleep(left), this.#watch)
      this.#due.delete(tolerance)
      tolerance.giveUp(`did not answer within ${Duration.format(Duration.millis(this.#within))}`)
    }
    this.#timer = undefined
    return Effect.void
  })

  /** Waits until those that are being resolved now have gone on. */
  readonly resolved: Effect.Effect<void> = Effect.suspend(() => (this.#pending.size === 0 ? Effect.void : this.#wait))

  get #wait(): Effect.Effect<void> {
    return Effect.callback((done) => {
      const waiting = { left: new Set(this.#pending), resume: () => done(Effect.void) }
      this.#waiting.add(waiting)
      return Effect.sync(() => void this.#waiting.delete(waiting))
    })
  }

  /** Gives up on all of them, now and from now on, and waits until each has gone on with what there is. */
  readonly end: Effect.Effect<void> = Effect.suspend(() => {
    this.#over = true
    for (const tolerance of this.#pending) tolerance.giveUp(closed)
    return this.resolved
  })
}

const attempt = <A, E, R>(f: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  try {
    return f()
  } catch (thrown) {
    return Effect.die(thrown)
  }
}

const closed = "did not answer before the tracker closed"
