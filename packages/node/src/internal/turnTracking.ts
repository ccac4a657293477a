import { DefinitionError } from "@trackmap/core/DefinitionError"
import type { Receipt } from "@trackmap/core/Receipt"
import * as Tracker from "@trackmap/core/Tracker"
import { abortable } from "./abort.ts"
import { waitOptions } from "./checks.ts"
import { millisOf } from "./millis.ts"
import type { Flushed, FlushOptions, Options, WaitOptions } from "./options.ts"
import { start, TrackingImpl } from "./tracking.ts"

/** The number of microtasks in a turn: more than most chains of promises have. */
const hops = 32

/** The time between a turn's `closeWithin` and the certain end of its request, in milliseconds. */
const grace = 10_000

const refused = (option: string, detail: string): DefinitionError =>
  new DefinitionError({ entity: "Tracking", reason: "BadLimit", paths: [option], detail })

const sum = (a: Tracker.SinkMetrics, b: Tracker.SinkMetrics): Tracker.SinkMetrics => ({
  sink: a.sink,
  delivered: a.delivered + b.delivered,
  rejected: a.rejected + b.rejected,
  expired: a.expired + b.expired,
  dropped: a.dropped + b.dropped,
  skipped: a.skipped + b.skipped,
  attempts: a.attempts + b.attempts,
  bytes: a.bytes + b.bytes,
  buffered: a.buffered + b.buffered,
  settling: a.settling + b.settling,
  oldest: Math.max(a.oldest, b.oldest)
})

const sumBySink = (all: Iterable<Tracker.SinkMetrics>): ReadonlyArray<Tracker.SinkMetrics> => {
  const sums = new Map<string, Tracker.SinkMetrics>()
  for (const one of all) {
    const before = sums.get(one.sink)
    sums.set(one.sink, before === undefined ? one : sum(before, one))
  }
  return [...sums.values()]
}

/**
 * A tracking for all requests of a worker. A request cannot wait for another request's I/O, and its own I/O ends with it. So each turn of the
 * event loop that makes calls has its own tracking, which delivers and closes within the turn's request.
 */
export class TurnTracking {
  readonly ready: Promise<void>
  readonly #options: Options<any>
  /** The time limit of a turn's tracking, after which its request has certainly ended, in milliseconds. */
  readonly #within: number
  /** Opened at once, to find out at once whether a sink cannot open. It gets calls only after the close. */
  readonly #first: TrackingImpl
  /** The tracking of the current turn. */
  #current: TrackingImpl | undefined
  /** The trackings that are delivering, and when their requests must have ended. */
  readonly #delivering = new Map<TrackingImpl, number>()
  /** The counts of those that have closed, by sink. */
  #counts: ReadonlyArray<Tracker.SinkMetrics> = []
  #closing: Promise<void> | undefined

  constructor(
    options: Options<any>,
    waitUntil: (delivered: Promise<void>) => void,
    from: (...args: ReadonlyArray<never>) => unknown
  ) {
    if (typeof options.withoutConsent === "object") {
      throw refused("withoutConsent", "a worker cannot hold messages of one request for another: remove hold")
    }
    this.#options = { ...options, waitUntil: (delivered) => waitUntil(delivered) }
    this.#within = millisOf("closeWithin", options.closeWithin ?? "20 seconds") + grace
    this.#first = start({ ...options, waitUntil: undefined }, from)
    this.ready = this.#first.ready
  }

  readonly track: TrackingImpl["track"] = (...args) => this.#call((tracking) => tracking.track(...args))
  readonly identify: TrackingImpl["identify"] = (...args) => this.#call((tracking) => tracking.identify(...args))
  readonly group: TrackingImpl["group"] = (...args) => this.#call((tracking) => tracking.group(...args))
  readonly alias: TrackingImpl["alias"] = (...args) => this.#call((tracking) => tracking.alias(...args))
  readonly page: TrackingImpl["page"] = (...args) => this.#call((tracking) => tracking.page(...args))
  readonly screen: TrackingImpl["screen"] = (...args) => this.#call((tracking) => tracking.screen(...args))
  readonly send: TrackingImpl["send"] = (...args) => this.#call((tracking) => tracking.send(...args))
  readonly release: TrackingImpl["release"] = (...args) => this.#first.release(...args)

  readonly flush = async (options?: FlushOptions): Promise<Flushed> => {
    const all = await Promise.all([this.#first, ...this.#delivering.keys()].map((tracking) => tracking.flush(options)))
    const sinks: Record<string, number> = {}
    for (const flushed of all) {
      for (const [sink, left] of Object.entries(flushed.sinks)) sinks[sink] = (sinks[sink] ?? 0) + left
    }
    const total = (of: (flushed: Flushed) => number): number => all.reduce((left, flushed) => left + of(flushed), 0)
    return { left: total(({ left }) => left), sinks, calls: total(({ calls }) => calls) }
  }

  readonly close = (options?: WaitOptions): Promise<void> => {
    this.#closing ??= this.#closeAll()
    return abortable(this.#closing, waitOptions("close", options))
  }

  async #closeAll(): Promise<void> {
    await Promise.all([this.#first, ...this.#delivering.keys()].map((tracking) => tracking.close()))
  }

  [Symbol.asyncDispose] = (): Promise<void> => this.close()

  readonly metrics = (): ReadonlyArray<Tracker.SinkMetrics> =>
    sumBySink([
      ...this.#first.metrics(),
      ...this.#counts,
      ...[...this.#delivering.keys()].flatMap((one) => one.metrics())
    ])

  readonly receipts = (): AsyncIterable<Receipt> => {
    throw refused(
      "receipts",
      "a request of a worker cannot read the receipts of other requests: await those of a call, or use a dead-letter sink"
    )
  }

  get tracker(): Promise<Tracker.Service> {
    return Promise.reject(
      refused("tracker", "each request of a worker has its own tracker: to use one, make a tracking for each request")
    )
  }

  #call<A>(call: (tracking: TrackingImpl) => Promise<A>): Promise<A> {
    try {
      return call(this.#closing === undefined ? (this.#current ??= this.#begin()) : this.#first)
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  #begin(): TrackingImpl {
    this.#endOverdue()
    const { promise, resolve } = Promise.withResolvers<void>()
    // A worker's tracking itself reports if `waitUntil` throws.
    const tracking = start({ ...this.#options, waitUntil: () => this.#options.waitUntil!(promise) }, this.#begin)
    this.#delivering.set(tracking, Date.now() + this.#within)
    void this.#deliver(tracking).then(resolve)
    return tracking
  }

  async #deliver(tracking: TrackingImpl): Promise<void> {
    for (let hop = 0; hop < hops; hop++) await undefined
    this.#current = undefined
    await tracking.close().catch(() => {})
    this.#forget(tracking)
  }

  /** Creates the receipts for messages of requests that ended too soon. */
  #endOverdue(): void {
    const now = Date.now()
    for (const [tracking, until] of this.#delivering) {
      if (until > now) continue
      void tracking.tracker.then(Tracker.endUnsafe).then(() => this.#forget(tracking))
    }
  }

  #forget(tracking: TrackingImpl): void {
    if (this.#delivering.delete(tracking)) this.#counts = sumBySink([...this.#counts, ...tracking.metrics()])
  }
}
