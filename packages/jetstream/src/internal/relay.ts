import * as Delivery from "@trackmap/core/Delivery"
import type * as EventSink from "@trackmap/core/EventSink"
import type { Observer } from "@trackmap/core/Observer"
import * as CheckedOptions from "@trackmap/core/Options"
import type { Receipt } from "@trackmap/core/Receipt"
import type * as SendError from "@trackmap/core/SendError"
import type { SinkMetrics } from "@trackmap/core/Tracker"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { From } from "./consumer.ts"
import { targetOf } from "./deadLetters.ts"
import { misconfigured, toSendError } from "./failures.ts"
import { Lane, type LaneEnvironment } from "./lane.ts"
import * as links from "./link.ts"
import {
  check,
  checkCreate,
  type Connection,
  connectionNames,
  type Create,
  millis,
  type Target,
  wrongCount,
  wrongName
} from "./options.ts"
import * as streams from "./stream.ts"

/** The options of a relay. */
export interface RelayOptions extends Connection {
  /**
   * Where a sink begins that the stream does not know yet: at the stream's first message, at the next one, or at the first one since a time. A sink that
   * it knows goes on where its relays have stopped. Default: "beginning".
   */
  readonly from?: From | undefined
  /** How many messages this relay holds for each sink. Default: 1,000. */
  readonly inFlight?: number | undefined
  /** How many bytes of messages it holds for each sink, or one message. Default: 64 MiB. */
  readonly inFlightBytes?: number | undefined
  /** After this time without a sign of a relay, its messages go to another one. A number is milliseconds. Default: 30 seconds. */
  readonly ackWait?: Duration.Input | undefined
  /**
   * After an outage of this time, a relay returns its messages to the stream, so that another one can try, and pauses for as long. A message of a later
   * format waits as long for a newer relay. A number is milliseconds. Default: 1 minute.
   */
  readonly returnAfter?: Duration.Input | undefined
  /** How long closing waits for the batches that are being sent. A number is milliseconds. Default: 10 seconds. */
  readonly closeWithin?: Duration.Input | undefined
  /** The stream of the messages that a destination refuses for their own sake, and of those that cannot be read. */
  readonly deadLetters?: DeadLetterOptions | undefined
  /** The plan of the messages' events. Sinks that redact need it. */
  readonly plan?: Delivery.Options["plan"]
  /** Called with every error that a sink throws or rejects with, as in a tracker. */
  readonly onError?: Delivery.Options["onError"]
}

/** Where dead letters go. */
export interface DeadLetterOptions {
  /** Default: the name of the stream, and `_DEAD_LETTERS`. */
  readonly stream?: string | undefined
  /** Their subject, to which a dot and the name of the sink are added. Default: `dead-letters.`, and the name of the stream. */
  readonly subject?: string | undefined
  /** How to create the stream if it does not exist. Default: for 30 days, and with the `replicas` of the relay's `create`. */
  readonly create?: false | Create | undefined
}

/** What waits for a sink. */
export interface Lag {
  readonly sink: string
  /** Messages that no relay has yet. */
  readonly waiting: number
  /** Messages that a relay has, or that wait for another attempt. */
  readonly unsettled: number
}

/** A running relay. */
export interface Relay {
  /** The counts of every sink since the relay has started. */
  readonly metrics: Effect.Effect<ReadonlyArray<SinkMetrics>>
  /** The receipts from now on. A slow subscriber with 10,000 waiting receipts misses the oldest. */
  readonly receipts: Stream.Stream<Receipt>
  /** Adds an observer until the scope closes. */
  readonly observe: (observer: Observer) => Effect.Effect<void, never, Scope.Scope>
  /** What waits in the stream for each sink, over all relays. Asks the server. */
  readonly lag: Effect.Effect<ReadonlyArray<Lag>, SendError.Unavailable | SendError.Misconfigured>
}

export const names: CheckedOptions.Names<RelayOptions> = {
  ...connectionNames,
  from: true,
  inFlight: true,
  inFlightBytes: true,
  ackWait: true,
  returnAfter: true,
  closeWithin: true,
  deadLetters: true,
  plan: true,
  onError: true
}
const deadLetterNames: CheckedOptions.Names<DeadLetterOptions> = { stream: true, subject: true, create: true }

/** Checks the options' names. */
export const checkNames = (options: RelayOptions): RelayOptions => {
  CheckedOptions.check<RelayOptions>("JetStream.relay", options, names)
  checkCreate("JetStream.relay", options)
  if (options.deadLetters !== undefined) {
    const name = "JetStream.relay: deadLetters"
    CheckedOptions.check<DeadLetterOptions>(name, options.deadLetters, deadLetterNames)
    checkCreate(name, options.deadLetters)
  }
  return options
}

/** How many relays can hold all that they may hold, at the same time. */
const relays = 10

/** Says where the error is. */
const within = (place: string) =>
  Effect.mapError(({ reason }: SendError.Misconfigured) => misconfigured(`${place}: ${reason}`))

const letterCreate = ({ create, deadLetters }: RelayOptions): false | Create => {
  const own = deadLetters?.create ?? {}
  if (own === false) return false
  return { ...own, maxAge: own.maxAge ?? "30 days", replicas: own.replicas ?? (create || undefined)?.replicas }
}

/** The options of a relay, checked. */
const checkAll = Effect.fnUntraced(function* (sinks: EventSink.Any, options: RelayOptions) {
  const {
    ackWait = "30 seconds",
    closeWithin = "10 seconds",
    from = "beginning",
    inFlight = 1_000,
    inFlightBytes = 64 * 1024 * 1024
  } = options
  const target = yield* check("JetStream.relay", options)
  const dead = yield* check("JetStream.relay", {
    ...targetOf(target, options.deadLetters),
    create: letterCreate(options)
  }).pipe(within("deadLetters"))
  const isTime = from instanceof Date && !Number.isNaN(from.getTime())
  const reason =
    sinks.names.map((name) => wrongName(`the name of the sink ${JSON.stringify(name)}`, name)).find(Boolean) ??
    wrongCount("inFlight", inFlight) ??
    wrongCount("inFlightBytes", inFlightBytes) ??
    (from === "beginning" || from === "now" || isTime ? undefined : `from is not "beginning", "now" or a Date`) ??
    (options.onError === undefined || typeof options.onError === "function" ? undefined : "onError is not a function")
  if (reason !== undefined) return yield* misconfigured(reason)
  return {
    target,
    dead,
    inFlight,
    inFlightBytes,
    from,
    returnAfter: yield* millis("returnAfter", options.returnAfter ?? "1 minute"),
    ackWait: yield* millis("ackWait", ackWait),
    closeWithin: yield* millis("closeWithin", closeWithin)
  }
}, within("JetStream.relay"))

/** Remembers when destinations want to be left alone. */
const pauses = (given: Delivery.Options["onError"]) => {
  const until = new Map<string, number>()
  const onError: Delivery.Options["onError"] = (failure) => {
    // A sink can throw anything, even null.
    const { retryAfter } = Object(failure.cause) as { readonly retryAfter?: unknown }
    if (failure._tag === "Sink" && typeof retryAfter === "number") until.set(failure.sink, Date.now() + retryAfter)
    return given?.(failure)
  }
  return { onError, notBefore: (sink: string) => until.get(sink) ?? 0 }
}

export const make = Effect.fnUntraced(function* <E, R>(sinks: EventSink.EventSink<E, R>, options: RelayOptions) {
  const { ackWait, closeWithin, dead, from, inFlight, inFlightBytes, returnAfter, target } = yield* checkAll(
    sinks,
    options
  )
  const { notBefore, onError } = pauses(options.onError)
  const link = yield* links.make(target)
  const deliveries = yield* Delivery.make(sinks, { plan: options.plan, onError })
  const services = yield* Effect.context<never>()
  const log = (line: string): void => void Effect.runForkWith(services)(Effect.logWarning(line))
  const letters = { ...dead, subject: `${dead.subject}.*` }
  const ensure: LaneEnvironment["ensure"] = (connected) =>
    Effect.andThen(streams.ensure(connected, target), streams.ensure(connected, letters))
  const lanes = deliveries.sinks.map((delivery) => {
    const { stream, subject } = target
    const consumer = { stream, subject, name: delivery.sink, from, ackWait, maxAckPending: inFlight * relays }
    const environment = { link, ensure, log, notBefore: () => notBefore(delivery.sink) }
    return new Lane(delivery, { ...consumer, deadLetters: dead, inFlight, inFlightBytes, returnAfter }, environment)
  })
  yield* Effect.forEach(lanes, (lane) => lane.open, { discard: true }).pipe(
    Effect.catchTag("Unavailable", ({ reason }) =>
      Effect.logWarning(`JetStream.relay: ${reason}; it begins once there is one`)
    )
  )
  yield* Effect.acquireRelease(
    Effect.forEach(lanes, (lane) => Effect.forkDetach(lane.run)),
    (fibers) => close(lanes, fibers, closeWithin)
  )
  const { metrics, observe, receipts } = deliveries
  return { metrics, observe, receipts, lag: lagOf(link, target, deliveries.sinks) } satisfies Relay
})

/** Stops pulling, lets the batches that are being sent end, and returns the other messages. */
const close = (lanes: ReadonlyArray<Lane>, fibers: ReadonlyArray<Fiber.Fiber<never>>, within: number) =>
  Effect.forEach(lanes, (lane) => lane.close, { concurrency: "unbounded", discard: true }).pipe(
    Effect.timeoutOption(within),
    Effect.andThen(Fiber.interruptAll(fibers)),
    Effect.andThen(Effect.sync(() => lanes.forEach((lane) => lane.abandon())))
  )

const lagOf = (link: links.Link, { stream }: Target, sinks: ReadonlyArray<Delivery.Delivery>): Relay["lag"] =>
  Effect.flatMap(link.get, ({ manager }) =>
    Effect.tryPromise({
      try: () =>
        Promise.all(
          sinks.map(async ({ sink }): Promise<Lag> => {
            const { num_ack_pending, num_pending } = await manager.consumers.info(stream, sink)
            return { sink, waiting: num_pending, unsettled: num_ack_pending }
          })
        ),
      catch: (error) => toSendError(error, `the consumers of ${stream}`)
    })
  )
