import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Message } from "../../Message.ts"
import type { Attempt } from "../../Observer.ts"
import * as Receipt from "../../Receipt.ts"
import type { SendError } from "../../SendError.ts"
import { MessageBuffer, Slot } from "./buffer.ts"
import { lacking, noConsent } from "../sink/consent.ts"
import type { Attempted, Batch, BufferOptions, Circumstances, OpenSink, SendBatch } from "../sink/model.ts"
import { prepareFor, prepareNow, sizeOf } from "../sink/open.ts"
import { isOutcome } from "../sink/prepare.ts"
import type { HeldMessages } from "./consent.ts"
import * as metrics from "./metrics.ts"
import type { SinkMetrics } from "./model.ts"
import type { Observed } from "./observation.ts"
import * as retry from "../sink/retry.ts"
import { linksOf } from "./spans.ts"
import type { Tracked } from "./tracked.ts"

/** Messages on the way to their receipts, from the moment they leave the buffer. */
interface Flight {
  readonly slots: ReadonlyArray<Slot>
  /** Whether they have been taken from the buffer, and hold room there. */
  readonly taken: boolean
  /** What is to be recorded, once it is known. */
  receipts: ReadonlyArray<Receipt.Receipt> | undefined
  /** Whether they are being recorded, which may have others go on before it is done. */
  landed: boolean
}

/** What a destination asks of its tracker. */
export interface Surroundings {
  readonly context: Context.Context<never>
  readonly clock: Clock.Clock
  /** Starts an effect at once, with the services of the sinks. It goes on where the caller is interrupted. */
  readonly start: (effect: Effect.Effect<void, never, any>) => Fiber.Fiber<void>
  readonly published: (receipt: Receipt.Receipt) => void
  /** The messages that wait for consent. */
  readonly held: HeldMessages
  readonly buffer: BufferOptions
}

/** One destination of a running tracker: its buffer, and the messages that are on their way. */
export class RunningSink {
  readonly to: OpenSink
  readonly index: number
  readonly name: string
  readonly concurrency: number
  readonly #around: Surroundings
  readonly #whenFull: BufferOptions["whenFull"]
  readonly #buffer: MessageBuffer<Flight>
  readonly #flights = new Set<Flight>()
  /** What combinators do with receipts at the moment. */
  readonly #settling = new Set<Fiber.Fiber<void>>()
  readonly #metrics: metrics.Metrics
  /** Who looks on, by the message as this destination has it. */
  readonly #watched = new Map<Message, Observed>()
  readonly #deliver: ReturnType<typeof retry.send>
  readonly #counts = { Delivered: 0, Rejected: 0, Expired: 0, Dropped: 0, Skipped: 0 }
  #attempts = 0
  #bytes = 0
  #seq = 0
  #untold = 0
  #lastLost: Receipt.Outcome | undefined
  #told = Number.NEGATIVE_INFINITY
  #toldFailing = Number.NEGATIVE_INFINITY
  #closed = false
  #over = false
  #flushes: ReadonlyArray<{ readonly seq: number; readonly resume: () => void }> = []

  constructor(to: OpenSink, index: number, around: Surroundings) {
    const { sink } = to
    const buffer = { ...around.buffer, ...sink.buffer }
    this.to = to
    this.index = index
    this.name = sink.name
    this.concurrency = buffer.concurrency ?? 1
    this.#around = around
    this.#deliver = retry.send((batch) => this.#attempt(batch), sink.retry)
    this.#whenFull = buffer.whenFull
    this.#buffer = new MessageBuffer(buffer.capacity ?? 10_000, sink.limits, sink.age, (slots) =>
      this.#begin(slots, true)
    )
    this.#metrics = metrics.make(around.context, sink.name, {
      depth: () => this.#depth,
      oldest: () => this.#oldest
    })
  }

  get purposes(): ReadonlyArray<string> {
    return this.to.sink.purposes
  }

  /** Sends batch after batch, until it is interrupted. */
  get worker(): Effect.Effect<never, never, any> {
    return Effect.forever(Effect.flatMap(this.#buffer.batch, (flight) => this.#send(flight)))
  }

  /** Takes a message. Where it is taken at once there is nothing to run. */
  take(tracked: Tracked, circumstances: Circumstances): Effect.Effect<void> | undefined {
    const { sink, open } = this.to
    const missing = lacking(tracked.purposes, circumstances) ?? lacking(sink.purposes, circumstances)
    // What would be held or hidden now would be forgotten.
    if (this.#closed) return this.end(tracked, missing === undefined ? closed : noConsent(missing))
    if (missing !== undefined) {
      const held = this.#around.held.add(tracked, this, missing)
      if (held === "refused") return this.end(tracked, noConsent(missing))
      return held === "kept" ? undefined : held
    }
    if (open.redact === undefined) return this.#place(tracked, prepareNow(this.to, tracked.message))
    return this.#hide(tracked)
  }

  /** Hides personal data first, which may take a while. Where the caller is interrupted meanwhile, the message is dropped. */
  #hide(tracked: Tracked): Effect.Effect<void> | undefined {
    const flight = this.#begin([this.#unsent(tracked)], false)
    const hidden = Effect.flatMap(prepareFor(this.to, tracked.message), (prepared) =>
      Effect.suspend(() => {
        if (flight.receipts !== undefined || !this.#flights.delete(flight)) return Effect.void
        const waiting = this.#place(tracked, prepared)
        // It stands behind those flushes now that began before it had its place.
        this.#arrive()
        return waiting ?? Effect.void
      })
    )
    const fiber = this.#around.start(
      Effect.onInterrupt(
        hidden,
        () =>
          (flight.receipts === undefined && this.#flights.has(flight)
            ? this.#settle(flight, [{ outcome: interrupted, attempts: 0 }])
            : undefined) ?? Effect.void
      )
    )
    if (fiber.pollUnsafe() !== undefined) return undefined
    return Effect.onInterrupt(Fiber.join(fiber), () => Fiber.interrupt(fiber))
  }

  /** Gives a message its receipt without sending it. */
  end(tracked: Tracked, outcome: Receipt.Outcome): Effect.Effect<void> | undefined {
    return this.#end(this.#unsent(tracked), outcome)
  }

  #place(tracked: Tracked, prepared: Message | Receipt.Outcome): Effect.Effect<void> | undefined {
    if (isOutcome(prepared)) return this.end(tracked, prepared)
    const slot = this.#slot(tracked, prepared)
    if (this.#closed) return this.#end(slot, closed)
    if (this.#buffer.push(slot)) return undefined
    switch (this.#whenFull) {
      case "refuse":
        return this.#end(slot, full)
      case "dropOldest": {
        const oldest = this.#buffer.shift()
        if (oldest === undefined) return this.#end(slot, full)
        this.#buffer.push(slot)
        return this.#end(oldest, full)
      }
      default:
        return this.#wait(slot)
    }
  }

  /** Waits for room. Where the caller is interrupted, the message is dropped, with a receipt. */
  #wait(slot: Slot): Effect.Effect<void> {
    // It holds its place from now on, whenever the caller comes to wait for it.
    let arrived = false
    let resume = (): void => {
      arrived = true
    }
    const withdraw = this.#buffer.offer(slot, () => resume())
    return Effect.onInterrupt(
      Effect.callback<void>((done) => {
        if (arrived) done(Effect.void)
        else resume = () => done(Effect.void)
      }),
      () => (withdraw() ? this.#end(slot, interrupted) : undefined) ?? Effect.void
    )
  }

  /** A message that takes no room, and may have no JSON. */
  #unsent(tracked: Tracked): Slot {
    return new Slot(tracked, tracked.message, 0, this.#now, ++this.#seq)
  }

  #slot(tracked: Tracked, message: Message): Slot {
    if (tracked.observed !== undefined) this.#watched.set(message, tracked.observed)
    return new Slot(tracked, message, sizeOf(this.to.sink.limits, message), this.#now, ++this.#seq)
  }

  get #now(): number {
    return this.#around.clock.currentTimeMillisUnsafe()
  }

  #begin(slots: ReadonlyArray<Slot>, taken: boolean): Flight {
    const flight: Flight = { slots, taken, receipts: undefined, landed: false }
    this.#flights.add(flight)
    return flight
  }

  #send(flight: Flight): Effect.Effect<void, never, any> {
    const batch = flight.slots.map(({ message }) => message) as unknown as Batch
    this.#metrics.batch(batch.length)
    return this.#deliver(batch).pipe(
      Effect.withSpan("Tracker.send", {
        root: true,
        links: linksOf(batch),
        attributes: { "trackmap.sink": this.name, "trackmap.messages": batch.length }
      }),
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.failCause(cause as Cause.Cause<never>)
          : Effect.as(
              Effect.logError(`${this.name}: a combinator of the sink failed`, cause),
              batch.map(() => ({ outcome: failed, attempts: 1 }))
            )
      ),
      Effect.flatMap((sent) => (flight.receipts === undefined ? this.#settle(flight, sent) : undefined) ?? Effect.void)
    )
  }

  /** Sends a batch once, and tells of it whoever looks on. */
  #attempt(batch: Batch): ReturnType<SendBatch> {
    const send = (batch: Batch): ReturnType<SendBatch> =>
      Effect.tapError(this.to.open.send(batch), (error) => this.#failing(error) ?? Effect.void)
    if (this.#watched.size === 0) return send(batch)
    return Effect.suspend(() => {
      const { clock } = this.#around
      const at = this.#now
      const since = clock.monotonicTimeNanosUnsafe()
      return Effect.onExit(send(batch), (exit) =>
        Effect.sync(() => this.#tellSent(batch, at, Number(clock.monotonicTimeNanosUnsafe() - since) / 1_000_000, exit))
      )
    })
  }

  /** Logs that a destination does not answer, while its messages wait to be tried again: at most a line a minute. */
  #failing({ _tag, reason }: SendError): Effect.Effect<void> | undefined {
    if (_tag !== "Unavailable" || this.to.sink.retry === retry.once) return undefined
    if (Math.abs(this.#now - this.#toldFailing) < 60_000) return undefined
    this.#toldFailing = this.#now
    return Effect.logWarning(`${this.name}: ${reason}; its messages wait, and are tried again`)
  }

  #tellSent(
    batch: Batch,
    at: number,
    milliseconds: number,
    exit: Exit.Exit<ReadonlyArray<Attempted>, SendError>
  ): void {
    const failure = Exit.isFailure(exit) ? exit.cause.reasons.find(Cause.isFailReason)?.error : undefined
    for (const [index, message] of batch.entries()) {
      const observed = this.#watched.get(message)
      const result = Exit.isSuccess(exit) ? exit.value[index]!.outcome : failure
      if (observed === undefined || result === undefined) continue
      const { length: messages } = batch
      observed.sent({ sink: this.name, at, milliseconds, messages, result, records: recordsOf(this.to, message) })
    }
  }

  #end(slot: Slot, outcome: Receipt.Outcome): Effect.Effect<void> | undefined {
    return this.#settle(this.#begin([slot], false), [{ outcome, attempts: 0 }])
  }

  /** Runs in a fiber of its own: neither a caller nor a worker that is interrupted cuts it off, and closing waits for it. */
  #run(settling: Effect.Effect<void, never, any>): Effect.Effect<void> | undefined {
    const fiber = this.#around.start(settling)
    if (fiber.pollUnsafe() !== undefined) return undefined
    this.#settling.add(fiber)
    fiber.addObserver(() => this.#settling.delete(fiber))
    return Effect.asVoid(Fiber.await(fiber))
  }

  /** Gives messages their receipts, once the combinators have had them. */
  #settle(flight: Flight, sent: ReadonlyArray<Attempted>): Effect.Effect<void> | undefined {
    const at = this.#now
    flight.receipts = flight.slots.map(({ tracked }, index) => ({
      messageId: tracked.messageId,
      sink: this.name,
      outcome: sent[index]!.outcome,
      attempts: sent[index]!.attempts,
      at
    }))
    const settle = this.#over ? undefined : this.to.open.settle
    const warning = this.#warn(flight.receipts)
    if (settle === undefined) {
      this.#land(flight)
      return warning === undefined ? undefined : this.#run(warning)
    }
    const messages = flight.slots.map(({ tracked }) => tracked.message)
    return this.#run(
      Effect.suspend(() => settle(messages, flight.receipts!)).pipe(
        Effect.map((receipts) => void (flight.receipts = receipts)),
        Effect.catchCause((cause) => Effect.logError(`${this.name}: a combinator of the sink failed`, cause)),
        Effect.andThen(Effect.sync(() => this.#land(flight))),
        Effect.andThen(warning ?? Effect.void)
      )
    )
  }

  /** Logs that messages are lost: at most a line a second, with the reason of the last. */
  #warn(receipts: ReadonlyArray<Receipt.Receipt>): Effect.Effect<void> | undefined {
    for (const { outcome } of receipts) {
      if (!Receipt.isLost(outcome)) continue
      this.#untold++
      this.#lastLost = outcome
    }
    return this.#untold > 0 && Math.abs(this.#now - this.#told) >= 1_000 ? this.#tell() : undefined
  }

  #tell(): Effect.Effect<void> {
    const count = this.#untold
    const { _tag, reason } = this.#lastLost as Exclude<Receipt.Outcome, { readonly _tag: "Delivered" }>
    this.#told = this.#now
    this.#untold = 0
    return Effect.logWarning(
      `${this.name}: ${count === 1 ? "a message was" : `${count} messages were`} lost (${_tag.toLowerCase()}: ${reason})`
    )
  }

  /** Records the receipts of a flight, once. */
  #land(flight: Flight): void {
    if (flight.landed) return
    flight.landed = true
    const { receipts, slots, taken } = flight
    let attempts = 0
    let run = 0
    for (let i = 0; i < slots.length; i++) {
      const { at, bytes, message, tracked } = slots[i]!
      const receipt = receipts![i]!
      const tag = receipt.outcome._tag
      if (tag === "Delivered") this.#bytes += bytes
      if (receipt.attempts > 0) {
        attempts += receipt.attempts
        this.#metrics.latency(Math.max(0, receipt.at - at))
      }
      // Those of a batch mostly end alike, and are counted together.
      run++
      if (receipts![i + 1]?.outcome._tag !== tag) {
        this.#counts[tag] += run
        this.#metrics.outcomes(tag, run)
        run = 0
      }
      if (tracked.observed !== undefined) {
        this.#watched.delete(message)
        tracked.observed.received(receipt)
      }
      tracked.receive(this.index, receipt)
      this.#around.published(receipt)
    }
    if (attempts > 0) this.#metrics.attempts(attempts)
    this.#attempts += attempts
    this.#flights.delete(flight)
    if (taken) this.#buffer.taken -= slots.length
    this.#buffer.admit()
    this.#arrive()
  }

  /** The number of the first message that has no receipt. */
  get #first(): number {
    let first = this.#buffer.first?.seq ?? Number.POSITIVE_INFINITY
    for (const { slots } of this.#flights) first = Math.min(first, slots[0]!.seq)
    return first
  }

  #arrive(): void {
    if (this.#flushes.length === 0) return
    const first = this.#first
    const ready = this.#flushes.filter(({ seq }) => seq < first)
    this.#flushes = this.#flushes.filter(({ seq }) => seq >= first)
    for (const { resume } of ready) resume()
  }

  /** Sends what there is without waiting for more, and waits until all of it has receipts. */
  readonly flush: Effect.Effect<void> = Effect.callback((done) => {
    const flush = { seq: this.#seq, resume: () => done(Effect.void) }
    if (this.#first > flush.seq) return done(Effect.void)
    this.#flushes = [...this.#flushes, flush]
    this.#buffer.hurry(flush.seq)
    return Effect.sync(() => {
      this.#flushes = this.#flushes.filter((other) => other !== flush)
    })
  })

  /** Takes no more messages. */
  close(): void {
    this.#closed = true
  }

  /** Decides the receipt of every message that has none. What is to be run is what combinators do with them. */
  drop(): Effect.Effect<void, never, any> {
    const waiting = this.#buffer.drain()
    const flights = [...this.#flights].filter(({ receipts }) => receipts === undefined)
    if (waiting.length > 0) flights.push(this.#begin(waiting, false))
    for (const flight of flights) {
      const left = flight.taken ? { outcome: unanswered, attempts: 1 } : { outcome: closed, attempts: 0 }
      this.#settle(
        flight,
        flight.slots.map(() => left)
      )
    }
    return Effect.suspend(() => Effect.asVoid(Fiber.awaitAll(this.#settling)))
  }

  /** Has combinators do no more. */
  get stop(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#over = true
      return Fiber.interruptAll(this.#settling)
    })
  }

  /** Records what is known of the messages that still have no receipt, and tells of the losses that have not been told. */
  abandon(): Effect.Effect<void> {
    this.#over = true
    for (const flight of this.#flights) this.#land(flight)
    this.#metrics.remove()
    return this.#untold === 0 ? Effect.void : this.#tell()
  }

  get #depth(): number {
    return this.#buffer.length + this.#buffer.taken
  }

  get #oldest(): number {
    let at = this.#buffer.first?.at ?? Number.POSITIVE_INFINITY
    for (const { slots } of this.#flights) at = Math.min(at, slots[0]!.at)
    return at === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#now - at)
  }

  get metrics(): SinkMetrics {
    const { Delivered, Dropped, Expired, Rejected, Skipped } = this.#counts
    return {
      sink: this.name,
      delivered: Delivered,
      rejected: Rejected,
      expired: Expired,
      dropped: Dropped,
      skipped: Skipped,
      attempts: this.#attempts,
      bytes: this.#bytes,
      buffered: this.#depth,
      oldest: this.#oldest
    }
  }
}

/** Apart, so that who keeps it keeps one message, and not its batch. */
const recordsOf = ({ sink }: OpenSink, message: Message): Attempt["records"] =>
  Effect.catchCause(sink.records(message), () => Effect.succeed([]))

const full = Receipt.dropped("the buffer is full")
const closed = Receipt.dropped("the tracker is closed")
const interrupted = Receipt.dropped("the caller was interrupted before the message had a place in the buffer")
const unanswered = Receipt.expired("the tracker closed before there was an answer")
const failed = Receipt.rejected("a combinator of the sink failed")
