import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Starts work that no sender and no caller waits for. */
export type Aside = (work: Effect.Effect<void, never, any>) => void

/** The place where the sinks inside a tracker's sinks leave such work. Without a tracker, the sender does it, and waits for it. */
export const Aside: Context.Reference<Aside | undefined> = Context.Reference<Aside | undefined>(
  "@trackmap/core/Aside",
  {
    defaultValue: () => undefined
  }
)

/**
 * How urgent work is. After `"flush"`, what waits now does not wait for more. After `"close"`, nothing does. After `"end"`, everything begins in
 * the same turn of the event loop, since there is no other.
 */
export type Urgency = "flush" | "close" | "end"

/** Work that a sink's combinators still have to do for messages that have their receipts. */
export interface Pending {
  /** The number of messages. */
  readonly size: number
  readonly hurry: (urgency: Urgency, aside: Aside) => void
}

/** Why something is never run. */
export type Missed = "full" | "closed"

interface Options<A> {
  readonly capacity: number
  /** How long the first item waits for others, in milliseconds. */
  readonly age: number
  /** How many items are run together, and their bytes. */
  readonly together: number
  readonly bytes: number
  readonly bytesOf: (item: A) => number
  readonly run: (items: ReadonlyArray<A>) => Effect.Effect<void, never, any>
  /** Receives items that are never run. */
  readonly missed: (items: ReadonlyArray<A>, why: Missed) => Effect.Effect<void>
}

/** A bounded queue of work, of which one part is done after the other. */
export class Backlog<A> implements Pending {
  readonly #options: Options<A>
  #waiting: Array<A> = []
  /** The running work. */
  #taken: ReadonlyArray<A> = []
  #working = false
  #hurried = false
  #urgency: Urgency | undefined
  #wake: (() => void) | undefined

  constructor(options: Options<A>) {
    this.#options = options
  }

  get size(): number {
    return this.#waiting.length + this.#taken.length
  }

  add(items: ReadonlyArray<A>, aside: Aside): void {
    // The work that a closing tracker leaves is already in memory, and bounded there.
    const room = this.#urgency === undefined ? Math.max(0, this.#options.capacity - this.size) : items.length
    for (let i = 0; i < items.length && i < room; i++) this.#waiting.push(items[i]!)
    if (items.length > room) aside(this.#options.missed(items.slice(room), "full"))
    if (this.#urgency === "end") return this.#beginAll(aside)
    if (this.#working) return this.#isDue ? this.#wake?.() : undefined
    if (this.#waiting.length === 0) return
    this.#working = true
    aside(Effect.onInterrupt(Effect.andThen(this.#wait, this.#work), () => this.#stop()))
  }

  hurry(urgency: Urgency, aside: Aside): void {
    if (urgency !== "flush") this.#urgency = urgency
    this.#hurried = true
    if (urgency === "end") this.#beginAll(aside)
    else this.#wake?.()
  }

  get #isDue(): boolean {
    return this.#hurried || this.#urgency !== undefined || this.#waiting.length >= this.#options.together
  }

  /** Waits for more items. */
  readonly #wait: Effect.Effect<unknown> = Effect.suspend(() =>
    this.#options.age === 0 || this.#isDue
      ? Effect.void
      : Effect.timeoutOption(
          Effect.callback<void>((resume) => {
            // The fiber may have yielded since.
            if (this.#isDue) return resume(Effect.void)
            this.#wake = () => resume(Effect.void)
            return Effect.sync(() => (this.#wake = undefined))
          }),
          this.#options.age
        )
  )

  readonly #work: Effect.Effect<void, never, any> = Effect.suspend(() => {
    this.#taken = this.#take()
    if (this.#taken.length > 0) return Effect.andThen(this.#options.run(this.#taken), this.#work)
    this.#working = false
    this.#hurried = false
    return Effect.void
  })

  #take(): ReadonlyArray<A> {
    const { bytesOf, together } = this.#options
    let count = 0
    let bytes = 0
    while (count < this.#waiting.length && count < together) {
      bytes += bytesOf(this.#waiting[count]!)
      if (count > 0 && bytes > this.#options.bytes) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  /** Runs each part without waiting for the one before. */
  #beginAll(aside: Aside): void {
    while (this.#waiting.length > 0) aside(this.#options.run(this.#take()))
  }

  #stop(): Effect.Effect<void> {
    const left = [...this.#taken, ...this.#waiting]
    this.#taken = []
    this.#waiting = []
    this.#working = false
    return left.length === 0 ? Effect.void : this.#options.missed(left, "closed")
  }
}
