import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as callback from "../base/callback.ts"
import { type Item, LinkedList } from "../base/linkedList.ts"
import * as monotonic from "../base/monotonic.ts"
import type { Tolerance } from "../value/tolerance.ts"
import type { Start } from "./model.ts"

/** An event whose relations are being resolved. */
interface Event {
  readonly tolerance: Tolerance
  /** Its deadline, or Infinity if it has none or has reached it. */
  due: number
}

/** Events whose relations are being resolved. Limits their time, and ends the wait when the tracker closes. */
export class Resolving {
  readonly #within: number
  readonly #clock: Clock.Clock
  readonly #start: Start
  /** In the order of their deadlines, since all have the same time limit. */
  readonly #events = new LinkedList<Event>()
  /** It ends by itself: many events need it only for a moment, and interrupting it for each would cost more. */
  #timer: Fiber.Fiber<void> | undefined
  #over = false
  readonly #waiting = new Set<{ readonly left: Set<Event>; readonly resume: () => void }>()

  /** `within` is in milliseconds. */
  constructor(within: number, clock: Clock.Clock, start: Start) {
    this.#within = within
    this.#clock = clock
    this.#start = start
  }

  /**
   * Resolves an event's relations, and continues with their values. The tolerance omits those that are late. It ends when the buffers have
   * the message, whether or not they have room.
   */
  bound<A, E, R, B, E2, R2>(
    tolerance: Tolerance,
    effect: Effect.Effect<A, E, R>,
    then: (resolved: A) => Effect.Effect<B, E2, R2>
  ): Effect.Effect<B, E | E2, R | R2> {
    return callback.make<B, E | E2>((context, onExit) => {
      const event = this.#begin(tolerance)
      const going = callback.andThen<A, E, B, E | E2>(effect, (exit): Effect.Effect<B, E | E2, any> => {
        try {
          return Exit.isSuccess(exit) ? then(exit.value) : Exit.failCause(exit.cause)
        } finally {
          this.#done(event)
        }
      })
      const leave = callback.fork(going, context, onExit)
      return Effect.suspend(() => {
        this.#done(event)
        return leave
      })
    })
  }

  #begin(tolerance: Tolerance): Item<Event> {
    const event: Event = { tolerance, due: Number.POSITIVE_INFINITY }
    const item = this.#events.add(event)
    if (this.#over) tolerance.giveUp(closed)
    else if (this.#within < Number.POSITIVE_INFINITY) {
      event.due = monotonic.millisOf(this.#clock) + this.#within
      this.#timer ??= this.#startTimer()
    }
    return item
  }

  /** With a limit of 0, the timer ends at once. */
  #startTimer(): Fiber.Fiber<void> | undefined {
    const timer = this.#start(this.#watch)
    return timer.pollUnsafe() === undefined ? timer : undefined
  }

  #done(item: Item<Event>): void {
    if (!this.#events.remove(item)) return
    for (const waiting of this.#waiting) {
      if (!waiting.left.delete(item.value) || waiting.left.size > 0) continue
      this.#waiting.delete(waiting)
      waiting.resume()
    }
  }

  /** Ends the wait of each event that has reached its deadline. */
  readonly #watch: Effect.Effect<void> = Effect.suspend(() => {
    for (const event of this.#events) {
      if (event.due === Number.POSITIVE_INFINITY) continue
      const left = event.due - monotonic.millisOf(this.#clock)
      if (left > 0) return Effect.andThen(Effect.sleep(Math.min(left, longest)), this.#watch)
      event.due = Number.POSITIVE_INFINITY
      event.tolerance.giveUp(`did not answer within ${Duration.format(Duration.millis(this.#within))}`)
    }
    this.#timer = undefined
    return Effect.void
  })

  /** Waits until the events being resolved now have continued. */
  readonly resolved: Effect.Effect<void> = Effect.suspend(() => (this.#events.length === 0 ? Effect.void : this.#wait))

  get #wait(): Effect.Effect<void> {
    return Effect.callback((done) => {
      const waiting = { left: new Set(this.#events), resume: () => done(Effect.void) }
      this.#waiting.add(waiting)
      return Effect.sync(() => void this.#waiting.delete(waiting))
    })
  }

  /** Stops resolving, for current and later events, and waits until each has continued with the values it has. */
  readonly end: Effect.Effect<void> = Effect.suspend(() => {
    this.#over = true
    for (const { tolerance } of this.#events) tolerance.giveUp(closed)
    this.#timer?.interruptUnsafe()
    return this.resolved
  })
}

/** How long the timer may run without an event, and so keep the process alive, in milliseconds. */
const longest = 100

const closed = "did not answer before the tracker closed"
