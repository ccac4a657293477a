import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Message } from "../../Message.ts"
import type * as Receipt from "../../Receipt.ts"
import { Aside, type Urgency } from "../sink/backlog.ts"
import { Json } from "../base/jsonText.ts"
import * as monotonic from "../base/monotonic.ts"
import { Writer } from "../base/slab.ts"
import { makeBatch, move } from "../sink/batch.ts"
import { lacking, noConsent } from "../sink/consent.ts"
import { envelopeOf } from "../sink/envelope.ts"
import { failedIn } from "../sink/failed.ts"
import { LossLog } from "../sink/lossLog.ts"
import type { Attempted, BufferOptions, Deliverable, OpenSink, SendBatch } from "../sink/model.ts"
import { prepared, redacted } from "../sink/open.ts"
import { isOutcome } from "../sink/prepare.ts"
import * as retry from "../sink/retry.ts"
import type { AwaitingConsent } from "./awaitingConsent.ts"
import { MessageBuffer, type Offer } from "./buffer.ts"
import { Counts } from "./counts.ts"
import { Flushes } from "./flushes.ts"
import type { InFlight } from "./inFlight.ts"
import * as metrics from "./metrics.ts"
import type { SinkMetrics, Start } from "./model.ts"
import { ObservedSends } from "./observedSends.ts"
import { OutageLog } from "./outageLog.ts"
import * as outcomes from "./outcomes.ts"
import { PendingMessage } from "./pendingMessage.ts"
import { Settling } from "./settling.ts"
import * as spans from "./spans.ts"
import type { TrackedMessage } from "./trackedMessage.ts"

/** The parts of the tracker that a sink needs. */
export interface SinkEnvironment {
  readonly context: Context.Context<never>
  readonly clock: Clock.Clock
  readonly start: Start
  readonly publish: (receipt: Receipt.Receipt) => void
  readonly awaitingConsent: AwaitingConsent
  readonly buffer: BufferOptions
}

/** Gives an outcome to messages that have none because a combinator failed. */
const fill = (sent: Array<Attempted>, messages: number): ReadonlyArray<Attempted> => {
  for (let index = 0; index < messages; index++) sent[index] ??= { outcome: outcomes.combinatorFailed, attempts: 1 }
  return sent
}

const givenOf = ({ messages }: InFlight): ReadonlyArray<Deliverable> => messages.map(({ given }) => given)

/** Waits until a message is in the buffer. Undefined if it is already there. */
type Wait = Effect.Effect<void> | undefined

/** A flush of one sink, which sends its messages without waiting for more. */
export interface Flushing {
  /** Waits for the receipts. */
  readonly received: Effect.Effect<void>
  /** Waits for the receipts, and for the combinators' work on them. */
  readonly done: Effect.Effect<void>
  /** The number of messages without a receipt. */
  readonly left: () => number
}

/** How long callers wait for room by default, in milliseconds. */
const waitWithin = 1_000

/** A sink in a running tracker: buffers messages, sends them in batches, and gives each its receipt. */
export class RunningSink {
  readonly name: string
  readonly index: number
  readonly concurrency: number
  readonly purposes: ReadonlyArray<string>
  readonly #opened: OpenSink
  readonly #put: (tracked: TrackedMessage, given: Deliverable, message: Message) => Wait
  readonly #environment: SinkEnvironment
  readonly #buffer: MessageBuffer<InFlight>
  readonly #inFlight = new Set<InFlight>()
  readonly #deliver: retry.Deliver
  readonly #settling: Settling
  readonly #flushes = new Flushes()
  readonly #metrics: metrics.Metrics
  readonly #counts = new Counts()
  readonly #observed: ObservedSends
  readonly #losses: LossLog
  /** How long a caller waits for room, in milliseconds. */
  readonly #waitWithin: number
  /** Ends waits for room. Runs until nobody waits. */
  #watching: Fiber.Fiber<void> | undefined
  /** Whether a full buffer makes callers wait. */
  #waits = true
  #seq = 0
  #closed = false
  /** Whether messages stay objects, because combinators see them or the sink has read them. */
  #keepsAll: boolean
  /** Writes the sink's records side by side, so that a request sends many of them as one piece. */
  #records: Writer | undefined
  readonly #asked = (): void => void (this.#keepsAll = true)
  /** Whether receipts no longer go to the combinators. */
  #abandoned = false

  constructor(opened: OpenSink, index: number, environment: SinkEnvironment) {
    const { sink } = opened
    const buffer = { waitWithin, ...environment.buffer, ...sink.buffer }
    this.name = sink.name
    this.index = index
    this.concurrency = buffer.concurrency ?? 1
    this.purposes = sink.purposes
    this.#opened = opened
    this.#keepsAll = opened.open.settle !== undefined
    this.#put = opened.open.acceptor === undefined ? this.#place : this.#hand
    this.#environment = environment
    this.#buffer = new MessageBuffer(buffer, sink.limits, sink.age, (messages) => this.#begin(messages, true))
    // The options have been checked and are in milliseconds.
    this.#waitWithin = buffer.waitWithin as number
    this.#settling = new Settling(environment.start)
    const gauges = { depth: () => this.#depth, oldest: () => this.#oldest }
    this.#metrics = metrics.make(environment.context, sink.name, gauges)
    this.#observed = new ObservedSends(sink, environment.clock)
    this.#losses = new LossLog(sink.name)
    const send = this.#logged(opened.open.send)
    this.#deliver = retry.send((batch) => this.#observed.send(batch, send), sink.retry)
  }

  /** Whether it stores envelopes for a relay, which can look up relations. */
  get defers(): boolean {
    return this.#opened.sink.defers === true
  }

  /** Sends batches until it is interrupted. */
  get worker(): Effect.Effect<never, never, any> {
    return Effect.forever(Effect.flatMap(this.#buffer.batch, (batch) => this.#send(batch))).pipe(
      Effect.provideService(Aside, this.#aside)
    )
  }

  readonly #aside: Aside = (work) => void this.#settling.run(work)

  #hurry(urgency: Urgency): void {
    for (const work of this.#opened.open.pending) work.hurry(urgency, this.#aside)
  }

  /** Accepts a message, or gives it its receipt if it is not sent. */
  take(tracked: TrackedMessage): Wait {
    const { accepted, message: own, origin } = tracked
    if (origin.to !== undefined && origin.to !== this.name) return this.end(tracked, outcomes.ofAnother)
    const missing = lacking(accepted.purposes, accepted) ?? lacking(this.purposes, accepted)
    if (missing !== undefined) {
      // Closing would miss a message that starts to wait for consent now.
      return this.#closed ? this.end(tracked, noConsent(missing)) : this.#withoutConsent(tracked, missing)
    }
    if (origin.rejection !== undefined) return this.end(tracked, origin.rejection)
    const given = redacted(this.#opened, accepted.with(own))
    const message = prepared(this.#opened, given)
    return isOutcome(message) ? this.#unsent(tracked, given, message) : this.#put(tracked, given, message)
  }

  /** Passes a message to a sink that can accept it in the caller's fiber, or adds it to the buffer. */
  #hand(tracked: TrackedMessage, given: Deliverable, message: Message): Wait {
    const { accept, awaited } = this.#opened.open.acceptor!
    if (this.#closed) return this.#place(tracked, given, message)
    const { messageId } = message
    const pending = new PendingMessage(tracked.accepted, undefined, this.#now, ++this.#seq, { given, message })
    const inFlight = this.#begin([pending], false)
    const settle = (outcome: Receipt.Outcome): void =>
      void (inFlight.receipts ?? this.#settle(inFlight, [{ outcome, attempts: 1 }]))
    const envelope = envelopeOf({ ...given, message, shape: this.#opened.sink.reshape(given.shape) })
    return Effect.flatMap(accept({ messageId, envelope, settle }), (isAccepted) => {
      if (isAccepted) {
        if (awaited !== undefined) tracked.guarded = Effect.andThen(awaited(messageId), tracked.receipts)
        return Effect.void
      }
      this.#inFlight.delete(inFlight)
      return this.#place(tracked, given, message) ?? Effect.void
    })
  }

  /** Gives a message its receipt without sending it. */
  end(tracked: TrackedMessage, outcome: Receipt.Outcome): Wait {
    return this.#unsent(tracked, redacted(this.#opened, tracked.accepted.with(tracked.message)), outcome)
  }

  #withoutConsent(tracked: TrackedMessage, missing: string): Wait {
    const { awaitingConsent } = this.#environment
    return awaitingConsent.accepts(tracked)
      ? awaitingConsent.add(tracked, this, missing)
      : this.end(tracked, noConsent(missing))
  }

  /** Adds a message to the buffer. A full buffer drops a message, or makes the caller wait. */
  #place(tracked: TrackedMessage, given: Deliverable, message: Message): Wait {
    const { accepted, message: own } = tracked
    const now = this.#now
    const encoded = this.#opened.sink.encode?.(message, now)
    if (typeof encoded === "object") return this.#unsent(tracked, given, encoded)
    if (accepted.observed !== undefined) this.#observed.add(message, accepted.observed)
    const keeps = encoded === false || this.#keepsAll || accepted.observed !== undefined || message !== own
    const json = Json.attempt(message)
    // Otherwise the message is made from its JSON when it is read.
    const kept = keeps || json === undefined ? { given, message } : undefined
    const pending = new PendingMessage(accepted, json, now, ++this.#seq, kept)
    if (typeof encoded === "string") pending.encode(encoded, (this.#records ??= new Writer()))
    if (this.#closed) return this.#end(pending, outcomes.trackerClosed)
    const dropped = this.#buffer.push(pending)
    if (dropped === undefined) return undefined
    return dropped === "wait" ? this.#waitForRoom(pending) : this.#end(dropped, outcomes.bufferFull)
  }

  /** Waits for room. If the caller is interrupted, or has waited long enough, drops the message with a receipt. */
  #waitForRoom(pending: PendingMessage): Wait {
    if (this.#waitWithin === 0) return this.#end(pending, outcomes.bufferFull)
    // The message takes its place in the queue now, even before the caller waits.
    let arrived = false
    let resume = (): void => {
      arrived = true
    }
    const offer = this.#buffer.offer({
      message: pending,
      until: monotonic.millisOf(this.#environment.clock) + this.#waitWithin,
      resume: () => resume()
    })
    if (!this.#waits) return undefined
    if (this.#waitWithin !== Number.POSITIVE_INFINITY)
      this.#watching ??= this.#environment.start(Effect.suspend(() => this.#watch()))
    return Effect.onInterrupt(
      Effect.callback<void>((done) => {
        if (arrived) done(Effect.void)
        else resume = () => done(Effect.void)
      }),
      () =>
        (this.#waits && this.#buffer.withdraw(offer) ? this.#end(pending, outcomes.callerInterrupted) : undefined) ??
        Effect.void
    )
  }

  /** Drops messages that have waited too long for room. */
  #watch(): Effect.Effect<void> {
    const now = monotonic.millisOf(this.#environment.clock)
    const over: Array<Offer> = []
    for (let offer = this.#buffer.firstOffer; offer !== undefined; offer = this.#buffer.firstOffer) {
      if (offer.value.until > now) break
      this.#buffer.withdraw(offer)
      over.push(offer.value)
    }
    if (over.length > 0) this.#dropOffers(over)
    // A resumed caller may already wait again.
    const next = this.#buffer.firstOffer
    if (next !== undefined)
      return Effect.andThen(
        Effect.sleep(next.value.until - now),
        Effect.suspend(() => this.#watch())
      )
    this.#watching = undefined
    return Effect.void
  }

  #dropOffers(offers: ReadonlyArray<Offer>): void {
    const messages = offers.map(({ message }) => message)
    const dropped = { outcome: outcomes.noRoom(this.#waitWithin), attempts: 0 }
    this.#settle(
      this.#begin(messages, false),
      messages.map(() => dropped)
    )
    for (const { resume } of offers) resume()
  }

  /** Resumes callers that wait for room, and lets no later caller wait. Their messages still wait. */
  stopWaiting(): void {
    if (!this.#waits) return
    this.#waits = false
    this.#watching?.interruptUnsafe()
    this.#buffer.resumeCallers()
  }

  /** Ends a message that takes up no room, and may have no JSON. */
  #unsent({ accepted, message }: TrackedMessage, given: Deliverable, outcome: Receipt.Outcome): Wait {
    const pending = new PendingMessage(accepted, undefined, this.#now, ++this.#seq, { given, message })
    return this.#end(pending, outcome)
  }

  get #now(): number {
    return this.#environment.clock.currentTimeMillisUnsafe()
  }

  #begin(messages: ReadonlyArray<PendingMessage>, buffered: boolean): InFlight {
    const inFlight: InFlight = { messages, buffered, sent: [], receipts: undefined }
    this.#inFlight.add(inFlight)
    return inFlight
  }

  #send(inFlight: InFlight): Effect.Effect<void, never, any> {
    const batch = makeBatch(inFlight.messages, this.#opened.sink.reshape, this.#asked)
    this.#metrics.batch(batch.length)
    const send = this.#deliver(batch, inFlight.sent).pipe(
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.failCause(cause as Cause.Cause<never>)
          : Effect.as(failedIn(this.name, "a combinator of the sink", cause), fill(inFlight.sent, batch.length))
      )
    )
    // Closing decides the outcomes of a batch before it interrupts the batch.
    const decided = () => Object.values(inFlight.receipts ?? inFlight.sent).map(({ outcome }) => outcome)
    return Effect.flatMap(
      spans.ofBatch(send, this.name, inFlight.messages, decided),
      (sent) => (inFlight.receipts === undefined ? this.#settle(inFlight, sent) : undefined) ?? Effect.void
    )
  }

  /** Logs outages if failed batches are retried. */
  #logged(send: SendBatch): SendBatch {
    if (this.#opened.sink.retry === retry.once) return send
    const outages = new OutageLog(this.name)
    return (batch) =>
      Effect.tapError(send(batch), (error) => {
        move(batch)
        this.#buffer.move()
        return outages.add(error, this.#now) ?? Effect.void
      })
  }

  #end(pending: PendingMessage, outcome: Receipt.Outcome): Wait {
    return this.#settle(this.#begin([pending], false), [{ outcome, attempts: 0 }])
  }

  /** Passes receipts through the combinators, and records them. Neither logging nor slow combinators delay the worker. */
  #settle(inFlight: InFlight, sent: ReadonlyArray<Attempted>): Wait {
    const at = this.#now
    const receipts = inFlight.messages.map(({ accepted: { messageId } }, index) => {
      const { attempts, outcome } = sent[index]!
      return { messageId, sink: this.name, outcome, attempts, at }
    })
    const line = this.#losses.add(receipts, (index) => inFlight.messages[index]!.message, at)
    const settle = this.#abandoned ? undefined : this.#opened.open.settle
    inFlight.receipts = receipts
    if (settle !== undefined) inFlight.receipts = settle(givenOf(inFlight), receipts, this.#aside)
    this.#record(inFlight, inFlight.receipts)
    return line && this.#settling.run(line)
  }

  #record(inFlight: InFlight, receipts: ReadonlyArray<Receipt.Receipt>): void {
    const { buffered, messages } = inFlight
    this.#counts.add(messages, receipts, this.#metrics)
    for (let i = 0; i < messages.length; i++) {
      const { accepted } = messages[i]!
      const receipt = receipts[i]!
      if (accepted.observed !== undefined) this.#observed.received(messages[i]!.message, accepted.observed, receipt)
      accepted.receive(this.index, receipt)
      this.#environment.publish(receipt)
      messages[i]!.end()
    }
    this.#inFlight.delete(inFlight)
    if (buffered) this.#buffer.taken -= messages.length
    this.#buffer.admit()
    this.#resumeFlushes()
  }

  /** The sequence number of the first message without a receipt. */
  get #first(): number {
    let first = this.#buffer.first?.seq ?? Number.POSITIVE_INFINITY
    for (const { messages } of this.#inFlight) first = Math.min(first, messages[0]!.seq)
    return first
  }

  #resumeFlushes(): void {
    if (!this.#flushes.none) this.#flushes.resumeBefore(this.#first)
  }

  /** Sends all buffered messages, including those that combinators keep, without waiting for more. */
  flush(): Flushing {
    const seq = this.#seq
    this.#buffer.hurry(seq)
    const received = Effect.callback<void>((done) => {
      if (this.#first > seq) return done(Effect.void)
      return Effect.sync(this.#flushes.add(seq, () => done(Effect.void)))
    })
    this.#hurry("flush")
    return {
      received,
      done: Effect.andThen(
        received,
        Effect.suspend(() => {
          this.#hurry("flush")
          return this.#settling.done
        })
      ),
      left: () => {
        let count = this.#buffer.countUpTo(seq)
        for (const { messages } of this.#inFlight) for (const message of messages) if (message.seq <= seq) count++
        return count
      }
    }
  }

  close(urgency: "close" | "end"): void {
    this.#closed = true
    this.stopWaiting()
    this.#hurry(urgency)
  }

  /** Decides the outcome of every message without one. Returns an Effect that waits for the combinators. */
  drop(): Effect.Effect<void> {
    const waiting = this.#buffer.drain()
    const undecided = [...this.#inFlight].filter(({ receipts }) => receipts === undefined)
    if (waiting.length > 0) undecided.push(this.#begin(waiting, false))
    for (const inFlight of undecided) this.#decide(inFlight)
    return this.#settling.done
  }

  #decide(inFlight: InFlight): void {
    // A request may still send it until the interruption.
    if (inFlight.buffered) for (const message of inFlight.messages) message.keep()
    const left = inFlight.buffered
      ? { outcome: outcomes.closedUnanswered, attempts: 1 }
      : { outcome: outcomes.trackerClosed, attempts: 0 }
    this.#settle(
      inFlight,
      inFlight.messages.map((_, index) => inFlight.sent[index] ?? left)
    )
  }

  get stop(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#abandoned = true
      return this.#settling.interrupt
    })
  }

  /** Stops passing receipts to the combinators. Returns a log line about losses not logged yet. */
  abandon(): Effect.Effect<void> {
    this.#abandoned = true
    this.#metrics.remove()
    return this.#losses.flush() ?? Effect.void
  }

  get #depth(): number {
    return this.#buffer.length + this.#buffer.taken
  }

  get #oldest(): number {
    let at = this.#buffer.first?.at ?? Number.POSITIVE_INFINITY
    for (const { messages } of this.#inFlight) at = Math.min(at, messages[0]!.at)
    return at === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#now - at)
  }

  get metrics(): SinkMetrics {
    const settling = this.#opened.open.pending.reduce((sum, { size }) => sum + size, 0)
    return { sink: this.name, ...this.#counts.now, buffered: this.#depth, oldest: this.#oldest, settling }
  }
}
