import * as Callback from "@trackmap/core/Callback"
import type { Envelope } from "@trackmap/core/Envelope"
import * as EventSink from "@trackmap/core/EventSink"
import type { Message, Track } from "@trackmap/core/Message"
import type { Receipt } from "@trackmap/core/Receipt"
import type * as TrackedEvent from "@trackmap/core/TrackedEvent"
import * as Tracker from "@trackmap/core/Tracker"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Stream from "effect/Stream"
import { abortable, aborted } from "./abort.ts"
import { Calls } from "./calls.ts"
import { CallServices } from "./callServices.ts"
import { flushOptions, signalOf, trackerOptions, trackingOptions, waitOptions } from "./checks.ts"
import { keepAlive } from "./clock.ts"
import * as exits from "./exit.ts"
import { Lifecycle, type Services } from "./lifecycle.ts"
import { millisOf } from "./millis.ts"
import type { CallOptions, Flushed, FlushOptions, Options, WaitOptions } from "./options.ts"
import { pending, run, unexpected } from "./run.ts"
import { TrackedImpl } from "./tracked.ts"
import { scheduler } from "./turns.ts"
import * as waitUntil from "./waitUntil.ts"

/** The tracker checks the message of a call with options more closely, so pass undefined if they are empty. */
const ownOf = ({ signal: _, ...own }: CallOptions): Tracker.CallOptions | undefined =>
  Object.keys(own).length === 0 ? undefined : own

type Traits = object

/** Converts an error that a function throws to a rejection. */
const attempted = <A>(f: () => Promise<A>): Promise<A> => {
  try {
    return f()
  } catch (thrown) {
    return Promise.reject(thrown)
  }
}

/** Starts a tracking that lives as long as its process, on platforms with one. */
export const start = (options: Options<any>, from: (...args: ReadonlyArray<never>) => unknown): TrackingImpl => {
  trackingOptions(options)
  const endsWithProcess = options.flushAtExit !== false && exits.isPossible()
  return new TrackingImpl(options, endsWithProcess, Lifecycle.start(options, endsWithProcess, from))
}

export class TrackingImpl {
  readonly ready: Promise<void>
  readonly tracker: Promise<Tracker.Service>
  readonly #lifecycle: Lifecycle
  readonly #calls = new Calls()
  readonly #options: Options<any>
  readonly #services: CallServices
  /** The services of calls before the sinks are open. */
  readonly #earlyServices: CallServices
  #early: Tracker.Early | undefined
  readonly #tellPlatform: (() => void) | undefined
  readonly #leaveProcess: () => void
  readonly #endsWithProcess: boolean
  readonly #flushWithin: number
  #closing: Promise<void> | undefined

  constructor(options: Options<any>, endsWithProcess: boolean, lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle
    this.#endsWithProcess = endsWithProcess
    this.#flushWithin = millisOf("flushWithin", options.flushWithin ?? "2 seconds")
    this.ready = lifecycle.ready
    this.tracker = lifecycle.tracker
    this.#options = options
    const spanThrew = (thrown: unknown): void => lifecycle.threw("activeSpan", thrown)
    this.#services = new CallServices(options.activeSpan, spanThrew)
    this.#earlyServices = new CallServices(options.activeSpan, spanThrew)
    if (options.waitUntil !== undefined) {
      const onThrow = (thrown: unknown): void => lifecycle.threw("waitUntil", thrown)
      this.#tellPlatform = waitUntil.teller(options.waitUntil, this.flush, onThrow)
    }
    const member: exits.Member = {
      busy: () => this.#busy,
      hurry: () => this.#hurry(),
      finish: () => this.#finish(),
      close: this.close,
      end: () => lifecycle.end()
    }
    this.#leaveProcess = endsWithProcess ? exits.join(member) : () => {}
    // If one sink cannot open, close those that are open.
    this.ready.catch(() => this.close()).catch(() => {})
  }

  /** The type of `Tracking.track` checks that the rows are the event's. */
  readonly track = (event: TrackedEvent.Any, input: unknown, options?: CallOptions): Promise<TrackedImpl<Track>> =>
    this.#told(this.#track(event, input as TrackedEvent.Input<TrackedEvent.Any>, options))

  readonly identify = (traits: Traits, options?: CallOptions): Promise<TrackedImpl<Message>> =>
    this.#call("identify", { traits }, options)

  readonly group = (groupId: string, traits: Traits = {}, options?: CallOptions): Promise<TrackedImpl<Message>> =>
    this.#call("group", { groupId, traits }, options)

  readonly alias = (previousId: string, options?: CallOptions): Promise<TrackedImpl<Message>> =>
    this.#call("alias", { previousId }, options)

  readonly page = (
    name: string | undefined,
    named: Tracker.Named<object> = {},
    options?: CallOptions
  ): Promise<TrackedImpl<Message>> => this.#call("page", { ...named, name }, options)

  readonly screen = (
    name: string | undefined,
    named: Tracker.Named<object> = {},
    options?: CallOptions
  ): Promise<TrackedImpl<Message>> => this.#call("screen", { ...named, name }, options)

  readonly send = (message: Message | Envelope, options?: WaitOptions): Promise<TrackedImpl<Message>> =>
    this.#told(
      this.#run(
        (tracker) => tracker.send(message),
        (early, context) => early.send(context, message),
        options
      )
    )

  readonly release = async (options?: WaitOptions): Promise<void> =>
    this.#wait((tracker) => tracker.release, waitOptions("release", options))

  readonly flush = async (options?: FlushOptions): Promise<Flushed> => this.#held(this.#flush(flushOptions(options)))

  async #flush({ signal, within }: FlushOptions = {}): Promise<Flushed> {
    const until = performance.now() + (within === undefined ? this.#flushWithin : millisOf("within", within))
    const inTime = (promise: Promise<unknown>): Promise<unknown> => {
      const left = Math.max(0, until - performance.now())
      return run(Effect.timeoutOption(Effect.tryPromise({ try: () => promise, catch: identity }), left), { signal })
    }
    const flush = (): Promise<Tracker.Flushed> =>
      this.#wait((tracker) => tracker.flushWithin(Math.max(0, until - performance.now())), signal)
    const calls = this.#calls.size > 0 ? this.#calls.current : undefined
    if (this.#lifecycle.opened === undefined) await inTime(this.ready)
    if (calls !== undefined && this.#lifecycle.opened !== undefined) {
      // Calls that wait for room get it only after a flush.
      await Promise.all([flush(), inTime(calls.over)])
    }
    const flushed = this.#lifecycle.opened === undefined ? { left: 0, sinks: {} } : await flush()
    const inProgress = calls?.left() ?? 0
    return { left: flushed.left + inProgress, sinks: flushed.sinks, calls: inProgress }
  }

  /** The process has received a signal to end, and the service will close the tracking. */
  async #hurry(): Promise<void> {
    const { opened } = this.#lifecycle
    if (opened !== undefined) Tracker.stopWaitingUnsafe(opened.tracker)
    await this.#flush()
  }

  /** The process has nothing else to do. Messages without a receipt after half of `closeWithin` get the other half, with shorter pauses. */
  async #finish(): Promise<void> {
    const since = performance.now()
    const { left } = await this.#flush({ within: this.#lifecycle.closeWithin / 2 })
    if (left > 0) await (this.#closing ??= this.#close(since))
  }

  /** The tracker's timers may not keep the process alive, and somebody waits for them. */
  #held<A>(promise: Promise<A>): Promise<A> {
    return this.#endsWithProcess ? keepAlive(promise) : promise
  }

  readonly close = (options?: WaitOptions): Promise<void> => {
    this.#closing ??= this.#close()
    // After an abort, nobody is left to handle the rejection.
    this.#closing.catch(() => {})
    const closing = this.#closing
    return attempted(() => abortable(closing, waitOptions("close", options)))
  }

  async #close(since?: number): Promise<void> {
    try {
      await this.#held(this.#lifecycle.close(since))
    } finally {
      // Not before: if the process ends meanwhile, it must end the tracking first.
      this.#leaveProcess()
    }
  }

  [Symbol.asyncDispose] = (): Promise<void> => this.close()

  readonly metrics = (): ReadonlyArray<Tracker.SinkMetrics> => {
    const { opened } = this.#lifecycle
    return opened === undefined ? [] : Effect.runSync(opened.tracker.metrics)
  }

  readonly receipts = (options?: WaitOptions): AsyncIterable<Receipt> => {
    const signal = waitOptions("receipts", options)
    const receipts = Stream.unwrap(
      Effect.map(
        Effect.promise(() => this.tracker),
        (tracker) => tracker.receipts
      )
    )
    const wanted = signal === undefined ? receipts : Stream.interruptWhen(receipts, aborted(signal))
    return Stream.toAsyncIterableWith(wanted, scheduler)
  }

  get #busy(): boolean {
    if (this.#closing !== undefined) return false
    return this.#calls.size > 0 || this.metrics().some(({ buffered, settling }) => buffered + settling > 0)
  }

  /** Reports a call to the platform, if there is a `waitUntil`. */
  #told<A>(call: Promise<A>): Promise<A> {
    this.#tellPlatform?.()
    return call
  }

  #call(type: Message["type"], given: Record<string, unknown>, options?: CallOptions): Promise<TrackedImpl<Message>> {
    const { signal: _, ...own } = options ?? {}
    return this.#told(
      this.#run(
        (tracker) => tracker.call(type, given, own),
        (early, context) => early.call(context, type, given, own),
        options
      )
    )
  }

  #track(
    event: TrackedEvent.Any,
    input: TrackedEvent.Input<TrackedEvent.Any>,
    options: CallOptions | undefined
  ): Promise<TrackedImpl<Track>> {
    const { opened } = this.#lifecycle
    const own = (): Tracker.CallOptions | undefined => (options === undefined ? undefined : ownOf(options))
    try {
      const signal = signalOf(options)
      if (opened === undefined)
        return this.#late((early, context) => early.track(context, event, input, own()), signal, this.track)
      const services = this.#services.of(opened.services)
      if (signal?.aborted === true) return Promise.reject(signal.reason)
      // The type of `Tracking.track` checks that the event's resolvers have their services.
      const context = services as Context.Context<any>
      return this.#taken(Tracker.trackUnsafe(opened.tracker, context, event, input, own()), services, signal)
    } catch (thrown) {
      return Promise.reject(unexpected(thrown, this.track))
    }
  }

  /** Makes a call that returns a message. */
  #run(
    call: (tracker: Tracker.Service) => Effect.Effect<Tracker.Tracked, unknown>,
    read: (early: Tracker.Early, context: Services) => Tracker.EarlyCall,
    options: WaitOptions | undefined
  ): Promise<TrackedImpl<Message>> {
    return attempted(() => {
      const { opened } = this.#lifecycle
      const signal = signalOf(options)
      if (opened === undefined) return this.#late(read, signal, this.#run)
      return this.#taken(call(opened.tracker), this.#services.of(opened.services), signal)
    })
  }

  /** Reads a call now, and makes it once the sinks are open. */
  #late<M extends Message>(
    read: (early: Tracker.Early, context: Services) => Tracker.EarlyCall<M>,
    signal: AbortSignal | undefined,
    from: (...args: ReadonlyArray<never>) => unknown
  ): Promise<TrackedImpl<M>> {
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    try {
      this.#early ??= Tracker.early(trackerOptions(this.#options), EventSink.fanOut(...[this.#options.sinks].flat()))
      const context = this.#earlyServices.of(Context.empty())
      const call = read(this.#early, context)
      return this.#calls.run(async () => {
        await abortable(this.ready, signal)
        const { services, tracker } = this.#lifecycle.opened!
        return this.#taken<M>(call.give(tracker), Context.merge(services, context), signal)
      })
    } catch (thrown) {
      return Promise.reject(unexpected(thrown, from))
    }
  }

  #taken<M extends Message>(
    effect: Effect.Effect<Tracker.Tracked<M>, unknown, any>,
    context: Services,
    signal?: AbortSignal
  ): Promise<TrackedImpl<M>> {
    if (Exit.isExit(effect) && Exit.isSuccess(effect)) {
      return Promise.resolve(new TrackedImpl<M>(effect.value as Tracker.Tracked<M>))
    }
    if (signal !== undefined) {
      return this.#calls.run(async () => new TrackedImpl<M>(await run<Tracker.Tracked<M>>(effect, { context, signal })))
    }
    const end = this.#calls.begin()
    const { promise, onExit } = pending<TrackedImpl<M>>()
    Callback.run(effect as Effect.Effect<Tracker.Tracked<M>, unknown>, context, (exit) => {
      end()
      onExit(Exit.map(exit, (tracked) => new TrackedImpl<M>(tracked)))
    })
    return promise
  }

  async #wait<A>(effect: (tracker: Tracker.Service) => Effect.Effect<A>, signal: AbortSignal | undefined): Promise<A> {
    if (this.#lifecycle.opened === undefined) await abortable(this.ready, signal)
    const { services, tracker } = this.#lifecycle.opened!
    return run(effect(tracker), { context: this.#services.withActor(services), signal })
  }
}
