import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { LinkedList, type Item } from "../base/linkedList.ts"
import type { BufferOptions, Limits } from "../sink/model.ts"
import type { PendingMessage } from "./pendingMessage.ts"

/** A message that waits for room, and a callback that runs when it is accepted or dropped. */
export interface Offer {
  readonly message: PendingMessage
  /** When the wait ends, by the caller's clock. */
  readonly until: number
  readonly resume: () => void
}

/**
 * The messages that a sink has not sent yet, in order. Messages being sent also take up room. Effect's queues do not fit: taking a message
 * frees its room, and a full queue drops messages silently.
 */
export class MessageBuffer<Taken> {
  readonly capacity: number
  readonly limits: Limits
  readonly age: number
  /** The number of messages being sent, which have no receipt yet. */
  taken = 0
  #messages: Array<PendingMessage> = []
  #head = 0
  #bytes = 0
  readonly #offers = new LinkedList<Offer>()
  /** Messages up to this sequence number do not wait for others. */
  #hurried = 0
  #wakers: Array<() => void> = []

  readonly #whenFull: BufferOptions["whenFull"]
  /** The number of messages that may wait for room. */
  readonly #mostOffers: number
  readonly #begin: (messages: ReadonlyArray<PendingMessage>) => Taken

  /** Takes messages and runs `begin` in one synchronous step. */
  constructor(
    { capacity = 10_000, waitWithin, whenFull }: BufferOptions,
    limits: Limits,
    age: number,
    begin: (messages: ReadonlyArray<PendingMessage>) => Taken
  ) {
    this.#whenFull = whenFull
    this.#mostOffers = waitWithin === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : capacity
    this.#begin = begin
    this.capacity = capacity
    this.limits = limits
    this.age = age
  }

  /** The number of messages that wait to be taken. */
  get length(): number {
    return this.#messages.length - this.#head
  }

  get isFull(): boolean {
    return this.length + this.taken >= this.capacity
  }

  /** The first message not yet taken, including those that wait for room. */
  get first(): PendingMessage | undefined {
    return this.#messages[this.#head] ?? this.#offers.first?.value.message
  }

  /** Adds a message. If the buffer is full, returns the message that it drops, or `"wait"` if the caller must wait. */
  push(message: PendingMessage): PendingMessage | "wait" | undefined {
    if (this.isFull || this.#offers.length > 0) return this.#pushFull(message)
    this.#add(message)
    return undefined
  }

  #pushFull(message: PendingMessage): PendingMessage | "wait" {
    if (this.#whenFull === "refuse") return message
    if (this.#whenFull !== "dropOldest") return this.#offers.length < this.#mostOffers ? "wait" : message
    // Messages being sent cannot be dropped.
    if (this.length === 0) return message
    const oldest = this.#next()
    this.#add(message)
    return oldest
  }

  /** Queues a message for room. */
  offer(offer: Offer): Item<Offer> {
    return this.#offers.add(offer)
  }

  /** Removes a message from the queue for room. Returns whether it was still there. */
  withdraw(offer: Item<Offer>): boolean {
    return this.#offers.remove(offer)
  }

  /** The message that has waited for room the longest. */
  get firstOffer(): Item<Offer> | undefined {
    return this.#offers.first
  }

  /** Resumes all callers that wait for room. Their messages stay in the queue. */
  resumeCallers(): void {
    for (const { resume } of this.#offers) resume()
  }

  /** The number of messages up to a sequence number, including those that wait for room. */
  countUpTo(seq: number): number {
    let count = 0
    for (let at = this.#head; at < this.#messages.length; at++) if (this.#messages[at]!.seq <= seq) count++
    for (const { message } of this.#offers) if (message.seq <= seq) count++
    return count
  }

  /** Accepts queued messages while there is room. */
  admit(): void {
    if (this.#offers.length > 0) this.#admit()
  }

  #admit(): void {
    for (let offer = this.#offers.first; offer !== undefined && !this.isFull; offer = this.#offers.first) {
      this.#offers.remove(offer)
      this.#add(offer.value.message)
      offer.value.resume()
    }
  }

  /** Makes messages up to a sequence number ready, without waiting for others. */
  hurry(seq: number): void {
    this.#hurried = Math.max(this.#hurried, seq)
    this.#wake()
  }

  /** Removes all messages, including those that wait for room. */
  drain(): ReadonlyArray<PendingMessage> {
    return this.first === undefined ? [] : this.#drain()
  }

  #drain(): ReadonlyArray<PendingMessage> {
    const offers = [...this.#offers]
    for (let offer = this.#offers.first; offer !== undefined; offer = this.#offers.first) this.#offers.remove(offer)
    const messages = this.#messages.slice(this.#head)
    this.#messages = []
    this.#head = 0
    this.#bytes = 0
    for (const { resume } of offers) resume()
    return [...messages, ...offers.map(({ message }) => message)]
  }

  readonly #filled = this.#wokenUnless(() => this.length > 0)

  /** Waits for a batch: a full one, or a smaller one once the oldest message has waited long enough. */
  readonly batch: Effect.Effect<Taken> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    if (this.length === 0) return Effect.andThen(this.#filled, this.batch)
    // Even if the clock is set back, a message never waits longer than `age`.
    const left = Math.min(this.age, this.age - (now - this.#messages[this.#head]!.at))
    if (left <= 0 || this.#closes()) return Effect.succeed(this.#take())
    const closed = this.#wokenUnless(() => this.#closes())
    const aged = Effect.raceFirst(Effect.as(closed, false), Effect.as(Effect.sleep(left), true))
    return Effect.flatMap(aged, (aged) => {
      const closes = this.length > 0 && (aged || this.#closes())
      return closes ? Effect.succeed(this.#take()) : this.batch
    })
  })

  /** Waits for a wake-up. Checks again first: the fiber may have yielded since the last check and missed it. */
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

  /** Moves the bytes of the last messages that wait, or of all, out of memory that few others need. */
  move(last = Number.POSITIVE_INFINITY): void {
    const { length } = this.#messages
    for (let at = Math.max(this.#head, length - last); at < length; at++) this.#messages[at]!.move()
  }

  #add(message: PendingMessage): void {
    this.#bytes += message.bytes
    // Once the slab of a message is full, few others may need it: this looks at each message twice.
    if (this.#messages.push(message) % 64 === 0) this.move(128)
    if (this.#wakers.length > 0 && (this.length === 1 || this.#closes())) this.#wake()
  }

  #next(): PendingMessage {
    const message = this.#messages[this.#head]!
    this.#messages[this.#head++] = undefined as never
    if (this.#head === this.#messages.length || this.#head > 1_024) {
      this.#messages = this.#messages.slice(this.#head)
      this.#head = 0
    }
    this.#bytes -= message.bytes
    return message
  }

  /** Whether a batch is ready now. */
  #closes(): boolean {
    return (
      this.length >= this.limits.messages ||
      this.#bytes >= this.limits.bytes ||
      this.isFull ||
      (this.length > 0 && this.#messages[this.#head]!.seq <= this.#hurried)
    )
  }

  #take(): Taken {
    const taken: Array<PendingMessage> = []
    let bytes = 0
    while (this.length > 0 && taken.length < this.limits.messages) {
      bytes += this.#messages[this.#head]!.bytes
      if (taken.length > 0 && bytes > this.limits.bytes) break
      taken.push(this.#next())
    }
    this.taken += taken.length
    return this.#begin(taken)
  }
}
