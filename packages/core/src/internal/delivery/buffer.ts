import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import type { Limits } from "../sink/model.ts"
import type { Tracked } from "./tracked.ts"

/**
 * A message on its way to one destination. It is a class for V8's sake: where many live long, it allocates the objects of a literal
 * as old ones from then on, and these keep all that they lead to alive through every minor collection, long after they are dead.
 */
export class Slot {
  readonly tracked: Tracked
  /** What it has become for this destination. */
  readonly message: Message
  readonly bytes: number
  /** When it was tracked, in milliseconds. */
  readonly at: number
  /** Counts up, so that a flush knows what it waits for. */
  readonly seq: number

  constructor(tracked: Tracked, message: Message, bytes: number, at: number, seq: number) {
    this.tracked = tracked
    this.message = message
    this.bytes = bytes
    this.at = at
    this.seq = seq
  }
}

/** A slot that waits for room, and what is run when it has some or is dropped. */
interface Offer {
  readonly slot: Slot
  readonly resume: () => void
}

/**
 * The messages that a destination has not been given yet, in their order. Messages that are being sent take room as well.
 * A queue of Effect's has neither: what is taken from it is gone, and what it drops is not told.
 */
export class MessageBuffer<Batch> {
  readonly capacity: number
  readonly limits: Limits
  readonly age: number
  /** Messages that have been taken and have no receipt yet. */
  taken = 0
  #slots: Array<Slot> = []
  #head = 0
  #bytes = 0
  #offers: Array<Offer> = []
  /** Up to this one, messages are not to wait for others. */
  #hurried = 0
  #wakers: Array<() => void> = []

  readonly #begin: (slots: ReadonlyArray<Slot>) => Batch

  /** `begin` is run as messages are taken, in one step: nothing can come between. */
  constructor(capacity: number, limits: Limits, age: number, begin: (slots: ReadonlyArray<Slot>) => Batch) {
    this.#begin = begin
    this.capacity = capacity
    this.limits = limits
    this.age = age
  }

  /** Messages that wait to be taken. */
  get length(): number {
    return this.#slots.length - this.#head
  }

  get isFull(): boolean {
    return this.length + this.taken >= this.capacity
  }

  /** The first message that has not been taken, those that wait for room included. */
  get first(): Slot | undefined {
    return this.#slots[this.#head] ?? this.#offers[0]?.slot
  }

  /** Adds a message where there is room, and none waits for some. */
  push(slot: Slot): boolean {
    if (this.isFull || this.#offers.length > 0) return false
    this.#add(slot)
    return true
  }

  /** Waits until there is room for a message. Gives what withdraws it: whether it still waited. */
  offer(slot: Slot, resume: () => void): () => boolean {
    const offer = { slot, resume }
    this.#offers.push(offer)
    return () => {
      const at = this.#offers.indexOf(offer)
      if (at >= 0) this.#offers.splice(at, 1)
      return at >= 0
    }
  }

  /** Takes the oldest message out, to drop it. */
  shift(): Slot | undefined {
    return this.length === 0 ? undefined : this.#next()
  }

  /** Lets in what waits for room, as far as there is some. */
  admit(): void {
    while (this.#offers.length > 0 && !this.isFull) {
      const { resume, slot } = this.#offers.shift()!
      this.#add(slot)
      resume()
    }
  }

  /** Has messages up to this one taken without waiting for others. */
  hurry(seq: number): void {
    this.#hurried = Math.max(this.#hurried, seq)
    this.#wake()
  }

  /** Takes everything out, what waits for room included. */
  drain(): ReadonlyArray<Slot> {
    const offers = this.#offers
    this.#offers = []
    const slots = this.#slots.slice(this.#head)
    this.#slots = []
    this.#head = 0
    this.#bytes = 0
    for (const { resume } of offers) resume()
    return [...slots, ...offers.map(({ slot }) => slot)]
  }

  /** Waits for a batch: as many messages as one takes, or fewer, once the oldest has waited its age. */
  readonly batch: Effect.Effect<Batch> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    if (this.length === 0)
      return Effect.andThen(
        this.#wokenUnless(() => this.length > 0),
        this.batch
      )
    // The clock may have been set: a message never waits longer than its age.
    const left = Math.min(this.age, this.age - (now - this.#slots[this.#head]!.at))
    if (left <= 0 || this.#closes()) return Effect.succeed(this.#take())
    const aged = Effect.raceFirst(
      Effect.as(
        this.#wokenUnless(() => this.#closes()),
        false
      ),
      Effect.as(Effect.sleep(left), true)
    )
    return Effect.flatMap(aged, (aged) => {
      const closes = this.length > 0 && (aged || this.#closes())
      return closes ? Effect.succeed(this.#take()) : this.batch
    })
  })

  /** Waits to be woken, unless there is no need to. A fiber may have yielded since it looked, and missed who would wake it. */
  #wokenUnless(ready: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (ready()) return resume(Effect.void)
      const wake = (): void => resume(Effect.void)
      this.#wakers.push(wake)
      return Effect.sync(() => {
        this.#wakers = this.#wakers.filter((other) => other !== wake)
      })
    })
  }

  #wake(): void {
    const wakers = this.#wakers
    this.#wakers = []
    for (const wake of wakers) wake()
  }

  #add(slot: Slot): void {
    this.#slots.push(slot)
    this.#bytes += slot.bytes
    if (this.#wakers.length > 0 && (this.length === 1 || this.#closes())) this.#wake()
  }

  #next(): Slot {
    const slot = this.#slots[this.#head]!
    this.#slots[this.#head++] = undefined as never
    if (this.#head === this.#slots.length || this.#head > 1_024) {
      this.#slots = this.#slots.slice(this.#head)
      this.#head = 0
    }
    this.#bytes -= slot.bytes
    return slot
  }

  /** Whether a batch is to be taken at once. */
  #closes(): boolean {
    return (
      this.length >= this.limits.messages ||
      this.#bytes >= this.limits.bytes ||
      this.isFull ||
      (this.length > 0 && this.#slots[this.#head]!.seq <= this.#hurried)
    )
  }

  #take(): Batch {
    const taken: Array<Slot> = []
    let bytes = 0
    while (this.length > 0 && taken.length < this.limits.messages) {
      bytes += this.#slots[this.#head]!.bytes
      if (taken.length > 0 && bytes > this.limits.bytes) break
      taken.push(this.#next())
    }
    this.taken += taken.length
    return this.#begin(taken)
  }
}
