import { Actor } from "@trackmap/core/Actor"
import * as EventSink from "@trackmap/core/EventSink"
import type { Message } from "@trackmap/core/Message"
import type { Receipt } from "@trackmap/core/Receipt"
import * as Tracker from "@trackmap/core/Tracker"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { current } from "../Actor.ts"
import type * as Tracking from "../Tracking.ts"
import { attempt } from "./attempt.ts"
import * as exits from "./exit.ts"
import * as log from "./log.ts"
import { errorOf, run, unexpected } from "./run.ts"
import * as span from "./span.ts"

type Services = Context.Context<never>

/** What is open once the sinks are. */
interface Opened {
  readonly tracker: Tracker.Service
  readonly services: Services
}

class Tracked implements Tracking.Tracked {
  readonly #tracked: Tracker.Tracked
  #receipts: Promise<ReadonlyArray<Receipt>> | undefined

  constructor(tracked: Tracker.Tracked) {
    this.#tracked = tracked
  }

  get messageId(): string {
    return this.#tracked.messageId
  }
  get message(): Message {
    return this.#tracked.message
  }
  get receipts(): Promise<ReadonlyArray<Receipt>> {
    this.#receipts ??= Effect.runPromise(this.#tracked.receipts)
    return this.#receipts
  }
}

export const make = (options: Tracking.Options<any>): TrackingImpl => {
  const scope = Scope.makeUnsafe()
  const opening = Effect.runFork(open(options, scope))
  // What takes too long is not opened any more.
  Effect.runSync(
    Scope.addFinalizer(
      scope,
      Effect.sync(() => opening.interruptUnsafe())
    )
  )
  const exit = opening.pollUnsafe()
  if (exit !== undefined && Exit.isFailure(exit)) {
    // Some of the sinks may be open.
    Effect.runFork(Scope.close(scope, exit))
    throw errorOf(exit.cause, make)
  }
  return new TrackingImpl(options, scope, exit?.value ?? run(Effect.onInterrupt(Fiber.join(opening), unopened)))
}

const unopened = (): Effect.Effect<never> => Effect.die(new Error("the tracking was closed before its sinks were open"))

const logOf = ({ log: own }: Tracking.Options<any>): Services => (own === undefined ? log.standard : log.to(own))

const open = Effect.fnUntraced(function* (
  options: Tracking.Options<any>,
  scope: Scope.Closeable
): Effect.fn.Return<Opened, unknown> {
  const fetch = yield* Layer.buildWithScope(FetchHttpClient.layer, scope)
  const own = options.services === undefined ? Context.empty() : yield* Layer.buildWithScope(options.services, scope)
  const services: Services = Context.mergeAll(fetch, logOf(options), own)
  const sinks: ReadonlyArray<EventSink.Any> = [options.sinks].flat()
  const tracker: Tracker.Service = yield* Tracker.make(EventSink.fanOut(...sinks), {
    ...options,
    resolveWithin: options.resolveWithin ?? "10 seconds"
  }).pipe(Effect.provideContext(Context.add(services, Scope.Scope, scope))) as Effect.Effect<Tracker.Service, unknown>
  return { tracker, services }
})

class TrackingImpl implements Tracking.Tracking<any> {
  readonly ready: Promise<void>
  readonly tracker: Promise<Tracker.Service>
  readonly #options: Tracking.Options<any>
  readonly #scope: Scope.Closeable
  readonly #leaveProcess: () => void
  #opened: Opened | undefined
  /** Calls that are not over: their relations are being resolved, or there is no room. */
  readonly #calls = new Set<Call>()
  #closing: Promise<void> | undefined
  #soon: Promise<void> | undefined
  /** The actor of the last call and its services: many calls are made by one. */
  #actor: Actor | undefined
  #services: Services | undefined

  constructor(options: Tracking.Options<any>, scope: Scope.Closeable, opening: Opened | Promise<Opened>) {
    this.#options = options
    this.#scope = scope
    if (!(opening instanceof Promise)) this.#opened = opening
    const opened = Promise.resolve(opening)
    this.ready = opened.then((value) => void (this.#opened = value))
    this.tracker = opened.then(({ tracker }) => tracker)
    // Whoever does not wait for them is told by the calls. What is open already is closed.
    this.ready.catch(() => this.close()).catch(ignore)
    this.tracker.catch(ignore)
    const member = { busy: () => this.#busy, flush: this.flush, close: this.close, end: () => this.#end() }
    this.#leaveProcess = options.flushAtExit === false ? ignore : exits.join(member)
  }

  readonly track = (event: any, input: any, options?: Tracking.CallOptions): Promise<any> =>
    this.#delivered(this.#track(event, input, options))

  readonly identify = (traits: any, options?: Tracking.CallOptions): Promise<Tracked> =>
    this.#call("identify", { traits }, options)

  readonly group = (groupId: string, traits: any = {}, options?: Tracking.CallOptions): Promise<Tracked> =>
    this.#call("group", { groupId, traits }, options)

  readonly alias = (previousId: string, options?: Tracking.CallOptions): Promise<Tracked> =>
    this.#call("alias", { previousId }, options)

  readonly page = (
    name: string | undefined,
    { category, properties = {} }: Tracker.Named = {},
    options?: Tracking.CallOptions
  ): Promise<Tracked> => this.#call("page", { name, category, properties }, options)

  readonly screen = (
    name: string | undefined,
    { category, properties = {} }: Tracker.Named = {},
    options?: Tracking.CallOptions
  ): Promise<Tracked> => this.#call("screen", { name, category, properties }, options)

  readonly send = (message: Message, options?: Tracking.WaitOptions): Promise<Tracked> =>
    this.#delivered(this.#run((tracker) => tracker.send(message), options?.signal))

  readonly release = (options?: Tracking.WaitOptions): Promise<void> =>
    this.#wait((tracker) => tracker.release, options?.signal)

  readonly flush = async (options?: Tracking.WaitOptions): Promise<void> => {
    const calls = Array.from(this.#calls, ({ over }) => over)
    const flushed = this.#wait((tracker) => tracker.flush, options?.signal)
    if (calls.length > 0) {
      // Those that wait for room have it only once there has been a flush.
      await Promise.all([flushed, abortable(Promise.all(calls), options?.signal)])
      await this.#wait((tracker) => tracker.flush, options?.signal)
    }
    return flushed
  }

  readonly close = (options?: Tracking.WaitOptions): Promise<void> => {
    this.#closing ??= this.#close()
    // Who does not wait any more does not want to know.
    this.#closing.catch(ignore)
    return abortable(this.#closing, options?.signal)
  }

  async #close(): Promise<void> {
    const within = Option.getOrElse(Duration.fromInput(this.#options.closeWithin ?? "20 seconds"), () => Duration.zero)
    // Calls that have waited for the sinks are made before it is asked for them; those that wait for room are the tracker's own.
    const ready = Effect.andThen(
      Effect.tryPromise(() => this.ready),
      Effect.yieldNow
    )
    const resolved = Effect.flatMap(ready, () => Tracker.resolved(this.#opened!.tracker))
    await Effect.runPromiseExit(Effect.timeoutOption(resolved, within))
    try {
      await run(Scope.close(this.#scope, Exit.void))
    } finally {
      // Not before: who ends the process meanwhile ends the tracking first.
      this.#leaveProcess()
    }
  }

  [Symbol.asyncDispose] = (): Promise<void> => this.close()

  readonly metrics = (): ReadonlyArray<Tracker.SinkMetrics> =>
    this.#opened === undefined ? [] : Effect.runSync(this.#opened.tracker.metrics)

  readonly receipts = (options?: Tracking.WaitOptions): AsyncIterable<Receipt> => {
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

  #end(): void {
    if (this.#opened !== undefined) Tracker.endUnsafe(this.#opened.tracker)
  }

  /** What a call is made with: the services, who acts, and the span that goes on. */
  #servicesOf(opened: Opened): Services {
    const actor = current()
    if (actor !== this.#actor) {
      this.#actor = actor
      this.#services = Context.add(opened.services, Actor, actor)
    }
    const services = this.#services!
    const { activeSpan } = this.#options
    if (activeSpan === undefined) return services
    try {
      const active = activeSpan() ?? undefined
      return active === undefined ? services : span.within(services, active)
    } catch (thrown) {
      this.#threw("activeSpan", thrown)
      return services
    }
  }

  /** Logs what a function of the service's threw, which tracking goes on without. */
  #threw(what: string, thrown: unknown): void {
    Effect.runForkWith(this.#opened?.services ?? logOf(this.#options))(
      Effect.logError(`${what} threw`, Cause.die(thrown))
    )
  }

  /** Makes a call once the sinks are open. */
  #late<A>(make: () => Promise<A>, signal: AbortSignal | undefined): Promise<A> {
    return this.#pending(async () => {
      await abortable(this.ready, signal)
      return make()
    })
  }

  /** Nothing is put behind the promise of a call, so that the stack of what it rejects with leads to whoever waits for it. */
  async #pending<A>(make: () => Promise<A>): Promise<A> {
    const call = new Call()
    this.#calls.add(call)
    try {
      return await make()
    } finally {
      this.#calls.delete(call)
      call.end()
    }
  }

  #call(type: Message["type"], given: Record<string, unknown>, options?: Tracking.CallOptions): Promise<Tracked> {
    const { signal, ...own } = options ?? {}
    return this.#delivered(this.#run((tracker) => tracker.call(type, given, own), signal))
  }

  #track(event: any, input: any, options: Tracking.CallOptions | undefined): Promise<Tracked> {
    const opened = this.#opened
    if (opened === undefined) return this.#late(() => this.#track(event, input, options), options?.signal)
    try {
      const services = this.#servicesOf(opened)
      if (options === undefined)
        return this.#taken(Tracker.trackUnsafe(opened.tracker, services, event, input), services)
      const { signal, ...call } = options
      // A message of a call that has options is looked at more closely.
      const own = Object.keys(call).length === 0 ? undefined : call
      if (signal?.aborted === true) return Promise.reject(signal.reason)
      return this.#taken(Tracker.trackUnsafe(opened.tracker, services, event, input, own), services, signal)
    } catch (thrown) {
      return Promise.reject(unexpected(thrown, this.track))
    }
  }

  /** Makes a call that gives a message. */
  #run(
    call: (tracker: Tracker.Service) => Effect.Effect<Tracker.Tracked, unknown>,
    signal: AbortSignal | undefined
  ): Promise<Tracked> {
    const opened = this.#opened
    if (opened === undefined) return this.#late(() => this.#run(call, signal), signal)
    return this.#taken(call(opened.tracker), this.#servicesOf(opened), signal)
  }

  #taken(
    effect: Effect.Effect<Tracker.Tracked, unknown, any>,
    context: Services,
    signal?: AbortSignal
  ): Promise<Tracked> {
    return Exit.isExit(effect) && Exit.isSuccess(effect)
      ? Promise.resolve(new Tracked(effect.value as Tracker.Tracked))
      : this.#pending(async () => new Tracked(await run<Tracker.Tracked>(effect, { context, signal })))
  }

  /** Tells the platform of a call, at once: it may freeze the process before the sinks are open. */
  #delivered<A>(taken: Promise<A>): Promise<A> {
    const { waitUntil } = this.#options
    if (waitUntil !== undefined) {
      const soon = (this.#soon ??= this.#flushSoon())
      attempt(
        () => waitUntil(soon),
        (thrown) => this.#threw("waitUntil", thrown)
      )
    }
    return taken
  }

  /** Sends what one turn of the event loop has tracked, together. */
  async #flushSoon(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#soon = undefined
    await this.flush().catch(ignore)
  }

  async #wait(
    effect: (tracker: Tracker.Service) => Effect.Effect<void>,
    signal: AbortSignal | undefined
  ): Promise<void> {
    if (this.#opened === undefined) await abortable(this.ready, signal)
    const opened = this.#opened!
    return run(effect(opened.tracker), { context: this.#servicesOf(opened), signal })
  }
}

/** A call that is not over. */
class Call {
  readonly over: Promise<void>
  end!: () => void

  constructor() {
    this.over = new Promise((resolve) => {
      this.end = resolve
    })
  }
}

const ignore = (): void => {}

const aborted = (signal: AbortSignal): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const abort = (): void => resume(Effect.void)
    if (signal.aborted) return abort()
    signal.addEventListener("abort", abort, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })

/** A promise that is waited for no longer than a signal allows. */
const abortable = <A>(promise: Promise<A>, signal: AbortSignal | undefined): Promise<A> => {
  if (signal === undefined) return promise
  if (signal.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener("abort", abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort))
  })
}
