/** Delivery of stored messages through opened sinks, without a buffer. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Message } from "../../Message.ts"
import type * as Receipt from "../../Receipt.ts"
import { functionOf, type Names, optionsOf } from "../base/options.ts"
import { implOf } from "../event/plan.ts"
import { MessageShapes } from "../event/messageShape.ts"
import { through } from "../sink/deliver.ts"
import { shapeOf } from "../sink/envelope.ts"
import { SinkFailed } from "../sink/failed.ts"
import { fanOut } from "../sink/fanOut.ts"
import { LossLog } from "../sink/lossLog.ts"
import type { Any, Attempted, Batch, Deliverable, OpenSink, SendBatch } from "../sink/model.ts"
import { openAll } from "../sink/open.ts"
import * as persistent from "../sink/persistent.ts"
import * as retry from "../sink/retry.ts"
import { Counts } from "./counts.ts"
import { Failures } from "./failures.ts"
import * as metrics from "./metrics.ts"
import type { Deliveries, Delivery, DeliveryOptions, SinkMetrics, Start, Stored } from "./model.ts"
import { type Observed, Observers } from "./observation.ts"
import { ObservedSends } from "./observedSends.ts"
import { Published } from "./published.ts"
import * as spans from "./spans.ts"

const optionNames: Names<DeliveryOptions> = { plan: true, onError: true }

/** The messages of one call, while they have no receipts. */
class InDelivery {
  readonly stored: ReadonlyArray<Stored>
  /** By message id. Undefined if nobody observes. */
  readonly observed: ReadonlyMap<string, Observed> | undefined
  /** The observed messages as the sink sends them. */
  readonly sent = new Map<string, Message>()

  constructor(stored: ReadonlyArray<Stored>, observers: Observers) {
    this.stored = stored
    if (observers.none) return
    const observed = new Map<string, Observed>()
    for (const { envelope } of stored) {
      const { message } = envelope
      const observation = observers.observe({ type: message.type, event: undefined })
      if (observation !== undefined) observed.set(message.messageId, observation)
      observation?.tracked(message)
    }
    this.observed = observed
  }
}

const incomplete = Effect.die(
  new TypeError("deliver takes complete messages, and one has relations to look up: pass it to Delivery.complete first")
)

interface Environment {
  readonly context: Context.Context<never>
  readonly shapes: MessageShapes
  readonly observers: Observers
  readonly publish: (receipt: Receipt.Receipt) => void
}

/** An opened sink for stored messages. */
class StoredDelivery implements Delivery {
  readonly sink: string
  readonly limits: Delivery["limits"]
  readonly concurrency: number
  readonly #opened: OpenSink
  readonly #environment: Environment
  readonly #clock: Clock.Clock
  readonly #inDelivery = new Set<InDelivery>()
  readonly #outage: persistent.Outage
  readonly #metrics: metrics.Metrics
  readonly #counts = new Counts()
  readonly #sends: ObservedSends
  readonly #losses: LossLog

  constructor(opened: OpenSink, environment: Environment) {
    const { sink } = opened
    this.sink = sink.name
    this.limits = sink.limits
    this.concurrency = sink.buffer.concurrency ?? 1
    this.#opened = opened
    this.#environment = environment
    this.#clock = Context.get(environment.context, Clock.Clock)
    this.#outage = new persistent.Outage(sink.name)
    const gauges = { depth: () => this.#depth, oldest: () => this.#oldest }
    this.#metrics = metrics.make(environment.context, sink.name, gauges)
    this.#sends = new ObservedSends(sink, this.#clock)
    this.#losses = new LossLog(sink.name, "message", "refused")
  }

  get outage(): string | undefined {
    return this.#outage.reason
  }

  readonly deliver = (stored: ReadonlyArray<Stored>): Effect.Effect<ReadonlyArray<Receipt.Receipt>> =>
    Effect.suspend(() => {
      if (stored.some(({ envelope }) => envelope.later !== undefined)) return incomplete
      const inDelivery = new InDelivery(stored, this.#environment.observers)
      this.#inDelivery.add(inDelivery)
      const to = { ...this.#opened, send: this.#sendOf(inDelivery) }
      return through(to, stored.map(this.#deliverableOf)).pipe(
        Effect.tap((receipts) => this.#record(inDelivery, receipts) ?? Effect.void),
        Effect.ensuring(Effect.sync(() => this.#forget(inDelivery))),
        Effect.provideContext(this.#environment.context as Context.Context<any>)
      )
    })

  readonly #deliverableOf = ({ envelope }: Stored): Deliverable => {
    const { consent, message, purposes, violations } = envelope
    const shape = shapeOf(envelope, this.#environment.shapes.of(message))
    return { message, purposes, consent: consent === "all" ? consent : new Set(consent), shape, violations }
  }

  #sendOf(inDelivery: InDelivery): OpenSink["send"] {
    const { open, sink } = this.#opened
    const attempt: SendBatch = (batch) => this.#sends.send(batch, open.send)
    const deliver = retry.send(persistent.send(sink.name, attempt, this.#outage), persistent.policyOf(sink.retry))
    return (batch) => {
      this.#metrics.batch(batch.length)
      this.#observe(inDelivery, batch)
      const sent: Array<Attempted> = []
      const messages = batch.map((message) => ({ accepted: { span: spans.ofMessage(message) } }))
      const outcomes = () => Object.values(sent).map(({ outcome }) => outcome)
      return spans.ofBatch(deliver(batch, sent), sink.name, messages, outcomes)
    }
  }

  #observe({ observed, sent }: InDelivery, batch: Batch): void {
    if (observed === undefined) return
    for (const message of batch) {
      const observation = observed.get(message.messageId)
      if (observation === undefined) continue
      this.#sends.add(message, observation)
      sent.set(message.messageId, message)
    }
  }

  /** Returns a log line if one about refused messages is due. */
  #record(
    { observed, sent, stored }: InDelivery,
    receipts: ReadonlyArray<Receipt.Receipt>
  ): Effect.Effect<void> | undefined {
    this.#counts.add(stored, receipts, this.#metrics)
    for (const [index, receipt] of receipts.entries()) {
      const observation = observed?.get(receipt.messageId)
      if (observation !== undefined) {
        const { message } = stored[index]!.envelope
        this.#sends.received(sent.get(receipt.messageId) ?? message, observation, receipt)
      }
      this.#environment.publish(receipt)
    }
    return this.#losses.add(receipts, (index) => stored[index]!.envelope.message, this.#clock.currentTimeMillisUnsafe())
  }

  #forget(inDelivery: InDelivery): void {
    this.#inDelivery.delete(inDelivery)
    for (const message of inDelivery.sent.values()) this.#sends.forget(message)
  }

  get #depth(): number {
    let depth = 0
    for (const { stored } of this.#inDelivery) depth += stored.length
    return depth
  }

  get #oldest(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const { stored } of this.#inDelivery) for (const { at } of stored) oldest = Math.min(oldest, at)
    return oldest === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#clock.currentTimeMillisUnsafe() - oldest)
  }

  get metrics(): SinkMetrics {
    return { sink: this.sink, ...this.#counts.now, buffered: this.#depth, oldest: this.#oldest, settling: 0 }
  }

  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.#metrics.remove()
    return this.#losses.flush() ?? Effect.void
  })
}

export const make: (sinks: Any, options?: DeliveryOptions) => Effect.Effect<Deliveries, any, any> = Effect.fnUntraced(
  function* (sinks, options = {}) {
    const { onError, plan } = optionsOf("Delivery.make", options, optionNames)
    if (onError !== undefined) functionOf("Delivery.make", "onError", onError)
    const own = yield* Effect.context<Scope.Scope>()
    const start: Start = (effect) => Effect.runForkWith(own)(effect as Effect.Effect<void>)
    const failures = onError && new Failures(onError, start)
    const context = failures === undefined ? own : Context.add(own, SinkFailed, failures.sink)
    const opened = yield* openAll(fanOut(sinks), plan)
    const receipts = new Published()
    const environment: Environment = {
      context,
      shapes: new MessageShapes(plan && implOf(plan)),
      observers: new Observers(start),
      publish: receipts.publish
    }
    const deliveries = opened.map((sink) => new StoredDelivery(sink, environment))
    yield* Effect.addFinalizer(() =>
      Effect.andThen(
        Effect.forEach(deliveries, ({ close }) => close, { discard: true }),
        Effect.suspend(() => receipts.end())
      )
    )
    return {
      sinks: deliveries,
      metrics: Effect.sync(() => deliveries.map(({ metrics }) => metrics)),
      receipts: receipts.stream,
      observe: (observer) =>
        Effect.asVoid(
          Effect.acquireRelease(
            Effect.sync(() => environment.observers.add(observer)),
            (remove) => Effect.sync(remove)
          )
        )
    }
  }
)
