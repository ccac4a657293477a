import type { Message, Track } from "@trackmap/core/Message"
import type { Receipt } from "@trackmap/core/Receipt"
import type * as TrackedEvent from "@trackmap/core/TrackedEvent"
import * as Tracker from "@trackmap/core/Tracker"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { abortable, aborted } from "./abort.ts"
import { Calls } from "./calls.ts"
import { CallServices } from "./callServices.ts"
import * as exits from "./exit.ts"
import { Lifecycle, type Services } from "./lifecycle.ts"
import type { CallOptions, Options, WaitOptions } from "./options.ts"
import { run, unexpected } from "./run.ts"
import { TrackedImpl } from "./tracked.ts"
import * as waitUntil from "./waitUntil.ts"

/** The tracker checks the message of a call with options more closely, so passes none if there are none. */
const ownOf = ({ signal: _, ...own }: CallOptions): Tracker.CallOptions | undefined =>
  Object.keys(own).length === 0 ? undefined : own

type Traits = Tracker.Named["properties"] & {}

export const make = (options: Options<any>): TrackingImpl => new TrackingImpl(options, Lifecycle.start(options, make))

class TrackingImpl {
  readonly ready: Promise<void>
  readonly tracker: Promise<Tracker.Service>
  readonly #lifecycle: Lifecycle
  readonly #calls = new Calls()
  readonly #services: CallServices
  readonly #tellPlatform: (() => void) | undefined
  readonly #leaveProcess: () => void
  #closing: Promise<void> | undefined

  constructor(options: Options<any>, lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle
    this.ready = lifecycle.ready
    this.tracker = lifecycle.tracker
    this.#services = new CallServices(options.activeSpan, (thrown) => lifecycle.threw("activeSpan", thrown))
    if (options.waitUntil !== undefined) {
      const onThrow = (thrown: unknown): void => lifecycle.threw("waitUntil", thrown)
      this.#tellPlatform = waitUntil.teller(options.waitUntil, this.flush, onThrow)
    }
    const member = { busy: () => this.#busy, flush: this.flush, close: this.close, end: () => lifecycle.end() }
    this.#leaveProcess = options.flushAtExit === false ? () => {} : exits.join(member)
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
    { category, properties = {} }: Tracker.Named = {},
    options?: CallOptions
  ): Promise<TrackedImpl<Message>> => this.#call("page", { name, category, properties }, options)

  readonly screen = (
    name: string | undefined,
    { category, properties = {} }: Tracker.Named = {},
    options?: CallOptions
  ): Promise<TrackedImpl<Message>> => this.#call("screen", { name, category, properties }, options)

  readonly send = (message: Message, options?: WaitOptions): Promise<TrackedImpl<Message>> =>
    this.#told(this.#run((tracker) => tracker.send(message), options?.signal))

  readonly release = (options?: WaitOptions): Promise<void> => this.#wait((tracker) => tracker.release, options?.signal)

  readonly flush = async (options?: WaitOptions): Promise<void> => {
    const calls = this.#calls.size > 0 ? this.#calls.over() : undefined
    const flushed = this.#wait((tracker) => tracker.flush, options?.signal)
    if (calls !== undefined) {
      // Calls that wait for room get it only after a flush.
      await Promise.all([flushed, abortable(calls, options?.signal)])
      await this.#wait((tracker) => tracker.flush, options?.signal)
    }
    return flushed
  }

  readonly close = (options?: WaitOptions): Promise<void> => {
    this.#closing ??= this.#close()
    // After an abort, nobody is left to handle the rejection.
    this.#closing.catch(() => {})
    return abortable(this.#closing, options?.signal)
  }

  async #close(): Promise<void> {
    try {
      await this.#lifecycle.close()
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
    const receipts = Stream.unwrap(
      Effect.map(
        Effect.promise(() => this.tracker),
        (tracker) => tracker.receipts
      )
    )
    const signal = options?.signal
    return Stream.toAsyncIterable(signal === undefined ? receipts : Stream.interruptWhen(receipts, aborted(signal)))
  }

  get #busy(): boolean {
    return this.#calls.size > 0 || this.metrics().some(({ buffered }) => buffered > 0)
  }

  /** Tells the platform about a call, if there is a `waitUntil`. */
  #told<A>(call: Promise<A>): Promise<A> {
    this.#tellPlatform?.()
    return call
  }

  #call(type: Message["type"], given: Record<string, unknown>, options?: CallOptions): Promise<TrackedImpl<Message>> {
    const { signal, ...own } = options ?? {}
    return this.#told(this.#run((tracker) => tracker.call(type, given, own), signal))
  }

  #track(
    event: TrackedEvent.Any,
    input: TrackedEvent.Input<TrackedEvent.Any>,
    options: CallOptions | undefined
  ): Promise<TrackedImpl<Track>> {
    const { opened } = this.#lifecycle
    if (opened === undefined) return this.#late(() => this.#track(event, input, options), options?.signal)
    try {
      const services = this.#services.of(opened.services)
      const signal = options?.signal
      if (signal?.aborted === true) return Promise.reject(signal.reason)
      // The type of `Tracking.track` checks that the event's resolvers have their services.
      const context = services as Context.Context<any>
      const own = options === undefined ? undefined : ownOf(options)
      return this.#taken(Tracker.trackUnsafe(opened.tracker, context, event, input, own), services, signal)
    } catch (thrown) {
      return Promise.reject(unexpected(thrown, this.track))
    }
  }

  /** Makes a call that returns a message. */
  #run(
    call: (tracker: Tracker.Service) => Effect.Effect<Tracker.Tracked, unknown>,
    signal: AbortSignal | undefined
  ): Promise<TrackedImpl<Message>> {
    const { opened } = this.#lifecycle
    if (opened === undefined) return this.#late(() => this.#run(call, signal), signal)
    return this.#taken(call(opened.tracker), this.#services.of(opened.services), signal)
  }

  /** Makes a call once the sinks are open. */
  #late<A>(make: () => Promise<A>, signal: AbortSignal | undefined): Promise<A> {
    return this.#calls.run(async () => {
      await abortable(this.ready, signal)
      return make()
    })
  }

  #taken<M extends Message>(
    effect: Effect.Effect<Tracker.Tracked<M>, unknown, any>,
    context: Services,
    signal?: AbortSignal
  ): Promise<TrackedImpl<M>> {
    return Exit.isExit(effect) && Exit.isSuccess(effect)
      ? Promise.resolve(new TrackedImpl<M>(effect.value as Tracker.Tracked<M>))
      : this.#calls.run(async () => new TrackedImpl<M>(await run<Tracker.Tracked<M>>(effect, { context, signal })))
  }

  async #wait(
    effect: (tracker: Tracker.Service) => Effect.Effect<void>,
    signal: AbortSignal | undefined
  ): Promise<void> {
    if (this.#lifecycle.opened === undefined) await abortable(this.ready, signal)
    const { services, tracker } = this.#lifecycle.opened!
    return run(effect(tracker), { context: this.#services.of(services), signal })
  }
}
