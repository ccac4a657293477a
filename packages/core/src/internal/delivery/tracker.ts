import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Actor } from "../../Actor.ts"
import * as Message from "../../Message.ts"
import { InvalidRow } from "../../RowError.ts"
import * as Receipt from "../../Receipt.ts"
import type { Observer } from "../../Observer.ts"
import type * as TrackedEvent from "../../TrackedEvent.ts"
import { millisOf, oneOf, wholeNumber } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import { bufferOf } from "../sink/batching.ts"
import { Closing } from "../sink/closing.ts"
import { fanOut } from "../sink/fanOut.ts"
import type { Circumstances, EventSinkImpl, OpenSink } from "../sink/model.ts"
import { openAll } from "../sink/open.ts"
import { absent } from "../base/codec.ts"
import type { CallOptions, Options, SinkMetrics } from "./model.ts"
import { RunningSink } from "./runningSink.ts"
import { invalidRow } from "../base/fault.ts"
import { HeldMessages } from "./consent.ts"
import { countViolations } from "./metrics.ts"
import { type Observed, Observers } from "./observation.ts"
import { isPlan } from "../event/plan.ts"
import { type Tolerated, Tolerance } from "../value/tolerance.ts"
import { Resolving } from "./resolving.ts"
import * as spans from "./spans.ts"
import { ResolutionTrace } from "../value/trace.ts"
import { Tracked } from "./tracked.ts"
import { isTrackedEvent } from "../event/trackedEvent.ts"
import type { PlanImpl, Properties, TrackedEventImpl } from "../event/model.ts"
import * as properties from "../event/properties.ts"

type Fields = Readonly<Record<string, unknown>>

/** How one event is tracked by one tracker. */
interface Way {
  readonly event: Pick<TrackedEventImpl, "name" | "purposes" | "mode">
  /** None for a call that has no event. */
  readonly properties: Properties | undefined
  readonly mode: Required<{ readonly [K in keyof TrackedEvent.Mode]: NonNullable<TrackedEvent.Mode[K]> }>
  /** What is wrong with every message of the event. */
  readonly unplanned: Tolerated | undefined
}

export class TrackerImpl {
  readonly #sinks: ReadonlyArray<RunningSink>
  readonly #options: Options
  readonly #held: HeldMessages
  readonly #pubsub: PubSub.PubSub<Receipt.Receipt | undefined>
  readonly #context: Context.Context<never>
  readonly #ways = new Map<TrackedEventImpl, Way>()
  readonly #closing = Latch.makeUnsafe(false)
  readonly #observers: Observers
  readonly #resolving: Resolving
  readonly #closeWithin: Duration.Duration
  #millisecond = Number.NaN
  #timestamp = ""

  constructor(
    opened: ReadonlyArray<OpenSink>,
    options: Options,
    context: Context.Context<never>,
    pubsub: PubSub.PubSub<Receipt.Receipt | undefined>
  ) {
    this.#options = options
    this.#context = context
    this.#pubsub = pubsub
    this.#held = new HeldMessages(heldOf(options.withoutConsent))
    this.#closeWithin = Duration.millis(millisOf("Tracker", "closeWithin", options.closeWithin ?? "20 seconds"))
    const start = Effect.runForkWith(Context.add(context, Closing, this.#closing))
    this.#observers = new Observers((effect) => start(effect))
    const clock = Context.get(context, Clock.Clock)
    const within = millisOf("Tracker", "resolveWithin", options.resolveWithin ?? Duration.infinity)
    this.#resolving = new Resolving(within, Duration.format(Duration.millis(within)), clock, (effect) => start(effect))
    const around = {
      context,
      clock,
      start: (effect: Effect.Effect<void, never, any>) => start(effect as Effect.Effect<void>),
      published: (receipt: Receipt.Receipt) => void PubSub.publishUnsafe(pubsub, receipt),
      held: this.#held,
      buffer: bufferOf("Tracker", options)
    }
    this.#sinks = opened.map((sink, index) => new RunningSink(sink, index, around))
  }

  get workers(): ReadonlyArray<Effect.Effect<never, never, any>> {
    return this.#sinks.flatMap(({ concurrency, worker }) =>
      Array.from({ length: concurrency }, () => Effect.provideService(worker, Closing, this.#closing))
    )
  }

  readonly track = (event: TrackedEventImpl, input: Fields, options?: CallOptions): Effect.Effect<Tracked, any, any> =>
    Effect.withFiber((fiber) => this.trackIn(fiber.context, event, input, options))

  /** `track`, with the services at hand. What it gives is an Exit already where there is nothing to wait for. */
  trackIn(
    context: Context.Context<never>,
    event: TrackedEventImpl,
    input: Fields,
    options: CallOptions | undefined
  ): Effect.Effect<Tracked, any, any> {
    const way = this.#ways.get(event) ?? this.#wayOf(event)
    const observed = this.#observed("track", event)
    if (way.unplanned === undefined) {
      const properties = way.properties!.now(input)
      if (properties !== undefined)
        return this.#send(context, { type: "track", event: event.name, properties }, way, options, observed)
    }
    return this.#later(context, way, input, options, observed)
  }

  /** Who wants to know what becomes of a call. */
  #observed(type: Message.Message["type"], event?: TrackedEventImpl): Observed | undefined {
    return this.#observers.none
      ? undefined
      : this.#observers.observe({ type, event: event as TrackedEvent.Any | undefined })
  }

  #wayOf(event: TrackedEventImpl): Way {
    if (!isTrackedEvent(event)) {
      const given: unknown = event
      const name = typeof given === "string" ? given : "Tracker"
      return refuse(name, "BadPath", "what is tracked is an event of TrackedEvent.make, and not its name")
    }
    const plan = this.#options.plan as unknown as PlanImpl | undefined
    const validation = event.mode.validation ?? this.#options.validation ?? "strip"
    const planned = validation === "off" || plan === undefined || plan.events[event.name] === event
    const tolerance = new Tolerance(false)
    if (!planned) {
      tolerance.add(
        new InvalidRow({
          entity: event.name,
          path: event.name,
          expected: "an event of the plan",
          actual: "one that is not in it",
          remedy: "Give it to Plan.make, or track the event that the plan has under this name."
        }),
        false
      )
    }
    const way: Way = {
      event,
      properties: properties.of(event, validation !== "off"),
      mode: { relations: event.mode.relations ?? this.#options.relations ?? "omit", validation },
      unplanned: tolerance.found[0]
    }
    this.#ways.set(event, way)
    return way
  }

  /** Tracks what takes an Effect, or what something is wrong with. */
  #later(
    context: Context.Context<never>,
    way: Way,
    input: Fields,
    options: CallOptions | undefined,
    observed: Observed | undefined
  ): Effect.Effect<Tracked, any, any> {
    const { validation } = way.mode
    const tolerance = new Tolerance(
      validation !== "strip" && validation !== "fail",
      observed && new ResolutionTrace(Context.get(context, Clock.Clock), (resolution) => observed.resolved(resolution))
    )
    return this.#resolving.bound(tolerance, way.properties!.later(input, tolerance), (properties) => {
      if (way.unplanned !== undefined) tolerance.found.push(way.unplanned)
      const call = { type: "track", event: way.event.name, properties }
      return this.#send(context, call, way, options, observed, tolerance.found)
    })
  }

  /** One of the calls that have no event. */
  readonly call = (
    type: Message.Message["type"],
    call: Fields,
    options?: CallOptions
  ): Effect.Effect<Tracked, any, any> => {
    const way: Way = {
      event: { name: type, purposes: [], mode: {} },
      properties: undefined,
      mode: { relations: "omit", validation: this.#options.validation ?? "strip" },
      unplanned: undefined
    }
    return Effect.withFiber((fiber) => this.#send(fiber.context, { type, ...call }, way, options, this.#observed(type)))
  }

  /** A message that has been made before: one that is sent once more, or comes from elsewhere. */
  readonly send = (message: Message.Message): Effect.Effect<Tracked, Schema.SchemaError> =>
    Effect.flatMap(Schema.decodeUnknownEffect(Message.Message)(message), (decoded) =>
      Effect.withFiber((fiber) =>
        this.#take(
          new Tracked(decoded, [], this.#sinks.length, this.#observed(decoded.type)),
          { consent: fiber.getRef(Actor).consent ?? "all" },
          hasJson(decoded) ? undefined : Receipt.rejected("the message has no JSON")
        )
      )
    )

  #send(
    context: Context.Context<never>,
    call: Fields,
    way: Way,
    options: CallOptions | undefined,
    observed: Observed | undefined,
    found: ReadonlyArray<Tolerated> = []
  ): Effect.Effect<Tracked, any, any> {
    const actor = Context.get(context, Actor)
    const now = Context.get(context, Clock.Clock).currentTimeMillisUnsafe()
    const message: Record<string, unknown> = {
      ...call,
      messageId: options?.messageId ?? Message.nextId(now),
      timestamp: options?.timestamp ?? this.#iso(now)
    }
    if (actor.userId !== undefined) message["userId"] = actor.userId
    if (actor.anonymousId !== undefined) message["anonymousId"] = actor.anonymousId
    const trace = spans.traceOf(context)
    if (trace !== undefined || actor.context !== undefined || options?.context !== undefined) {
      message["context"] = { ...trace, ...actor.context, ...options?.context }
    }
    if (options?.integrations !== undefined) message["integrations"] = options.integrations
    const circumstances = { consent: actor.consent ?? "all" }
    if (way.properties !== undefined && options === undefined && found.length === 0 && hasJson(message)) {
      return this.#take(this.#tracked(context, message, way, observed), circumstances)
    }
    const tolerance = new Tolerance(false)
    const clean = jsonMessage(message, this.#iso(now), way.event.name, tolerance)
    const all = [...found, ...tolerance.found]
    return all.length === 0
      ? this.#take(this.#tracked(context, clean, way, observed), circumstances)
      : this.#wrong(context, clean, way, circumstances, observed, all)
  }

  /** Goes on, or not, with a message that something is wrong with. */
  #wrong(
    context: Context.Context<never>,
    message: Record<string, any>,
    way: Way,
    circumstances: Circumstances,
    observed: Observed | undefined,
    found: ReadonlyArray<Tolerated>
  ): Effect.Effect<Tracked, any, any> {
    const { event, mode } = way
    countViolations(this.#context, event.name, found.length)
    const failure = found.find(({ resolving }) => (resolving ? mode.relations : mode.validation) === "fail")
    if (failure !== undefined) {
      // Where the event itself is made to fail, the call's type says so. A tracker that fails is for tests, which it ends.
      const own = failure.resolving ? event.mode.relations : event.mode.validation
      return own === "fail" ? Effect.failCause(failure.cause) : Effect.die(Cause.squash(failure.cause))
    }
    const violations = found.map(({ violation }) => violation)
    message["context"] = { ...message["context"], violations }
    const refused = mode.validation === "deadLetter" ? found.find(({ resolving }) => !resolving)?.violation : undefined
    return Effect.andThen(
      Effect.logWarning(`${event.name}: ${violations.map(say).join("; ")}`),
      this.#take(
        this.#tracked(context, message, way, observed),
        circumstances,
        refused === undefined ? undefined : Receipt.rejected(`not valid: ${say(refused)}`)
      )
    )
  }

  #tracked(context: Context.Context<never>, made: object, { event }: Way, observed: Observed | undefined): Tracked {
    const message = made as Message.Message
    if (message.context !== undefined) spans.tell(context, message)
    return new Tracked(message, event.purposes, this.#sinks.length, observed)
  }

  /** Gives a message to every sink. Those that have no room are waited for once all others have it. */
  #take(tracked: Tracked, circumstances: Circumstances, instead?: Receipt.Outcome): Effect.Effect<Tracked> {
    let waits: Array<Effect.Effect<void>> | undefined
    tracked.observed?.tracked(tracked.message)
    for (const sink of this.#sinks) {
      const wait = instead === undefined ? sink.take(tracked, circumstances) : sink.end(tracked, instead)
      if (wait !== undefined) (waits ??= []).push(wait)
    }
    const { anonymousId, userId } = tracked.message
    for (const wait of this.#held.release([userId, anonymousId], circumstances)) (waits ??= []).push(wait)
    return waits === undefined ? Effect.succeed(tracked) : Effect.as(together(waits), tracked)
  }

  /** Has somebody look on while a scope is open. */
  readonly observe = (observer: Observer): Effect.Effect<void, never, Scope.Scope> =>
    Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => this.#observers.add(observer)),
        (remove) => Effect.sync(remove)
      )
    )

  readonly release: Effect.Effect<void> = Effect.withFiber((fiber) => {
    const { anonymousId, consent, userId } = fiber.getRef(Actor)
    return together(this.#held.release([userId, anonymousId], { consent: consent ?? "all" }))
  })

  get resolved(): Effect.Effect<void> {
    return this.#resolving.resolved
  }

  get flush(): Effect.Effect<void> {
    return together(this.#sinks.map(({ flush }) => flush))
  }

  get metrics(): Effect.Effect<ReadonlyArray<SinkMetrics>> {
    return Effect.sync(() => this.#sinks.map(({ metrics }) => metrics))
  }

  get receipts(): Stream.Stream<Receipt.Receipt> {
    return Stream.takeWhile(Stream.fromPubSub(this.#pubsub), (receipt) => receipt !== undefined)
  }

  /** Sends what there is within the deadline; what is left has its receipt, and goes where lost messages go. */
  close(workers: ReadonlyArray<Fiber.Fiber<unknown>>): Effect.Effect<void, never, any> {
    const within = this.#closeWithin
    return Effect.gen({ self: this }, function* () {
      // What is being resolved goes on with what there is, and still has its place.
      yield* bounded(this.#resolving.end, Duration.seconds(1))
      for (const sink of this.#sinks) sink.close()
      this.#closing.openUnsafe()
      yield* bounded(together(this.#held.end()), within)
      yield* bounded(this.flush, within)
      const endings = this.#sinks.map((sink) => sink.drop())
      // A sink that cannot be interrupted holds nobody up.
      for (const worker of workers) worker.interruptUnsafe()
      yield* bounded(Effect.asVoid(Fiber.awaitAll(workers)), Duration.seconds(1))
      yield* bounded(together(endings), within)
      yield* bounded(together(this.#sinks.map(({ stop }) => stop)), Duration.seconds(1))
      yield* together(this.#sinks.map((sink) => sink.abandon()))
      // Who reads slowly still reads what has been published.
      yield* PubSub.end(this.#pubsub, undefined)
    })
  }

  /** Ends at once, without waiting for anything: every message that has no receipt has one now, or when what is to be done with it is done. */
  endUnsafe(): void {
    const start = (effect: Effect.Effect<void, never, any>): unknown =>
      Effect.runForkWith(this.#context)(effect as Effect.Effect<void>)
    // What is being resolved goes on with what there is, and still has its place.
    start(this.#resolving.end)
    for (const sink of this.#sinks) sink.close()
    this.#closing.openUnsafe()
    for (const ending of this.#held.end()) start(ending)
    for (const sink of this.#sinks) {
      start(sink.drop())
      start(sink.abandon())
    }
  }

  /** Many messages are tracked in one millisecond. */
  #iso(now: number): string {
    if (now !== this.#millisecond) {
      this.#millisecond = now
      this.#timestamp = new Date(now).toISOString()
    }
    return this.#timestamp
  }
}

const heldOf = (given: Options["withoutConsent"] = "skip"): number =>
  given === "skip" || given?.hold === 0 ? 0 : wholeNumber("Tracker", "the number of messages held", given?.hold)

/** Refuses options that cannot be, before anything is opened. */
const check = (options: Options): void => {
  const { closeWithin, plan, relations = "omit", resolveWithin, validation = "strip", withoutConsent } = options
  if (plan !== undefined && !isPlan(plan)) refuse("Tracker", "BadPath", "its plan is none: make it with Plan.make")
  oneOf("Tracker", "relations", ["omit", "fail"], relations)
  oneOf("Tracker", "validation", ["strip", "annotate", "deadLetter", "fail", "off"], validation)
  millisOf("Tracker", "closeWithin", closeWithin ?? 0)
  millisOf("Tracker", "resolveWithin", resolveWithin ?? 0)
  heldOf(withoutConsent)
  bufferOf("Tracker", options)
}

const isOwn = (tracker: unknown): tracker is TrackerImpl => tracker instanceof TrackerImpl

/** Our own saves looking for the fiber; a service may have another. */
export const trackUnsafe = (
  tracker: any,
  context: Context.Context<never>,
  event: any,
  input: Fields,
  options?: CallOptions
): Effect.Effect<any, any, any> =>
  isOwn(tracker) ? tracker.trackIn(context, event, input, options) : tracker.track(event, input, options)

export const resolved = (tracker: unknown): Effect.Effect<void> => (isOwn(tracker) ? tracker.resolved : Effect.void)

export const endUnsafe = (tracker: unknown): void => {
  if (isOwn(tracker)) tracker.endUnsafe()
}

const together = <R>(effects: ReadonlyArray<Effect.Effect<void, never, R>>): Effect.Effect<void, never, R> =>
  Effect.all(effects, { concurrency: "unbounded", discard: true })

/** Finalizers are not interruptible, and what they wait for has to be. */
const bounded = (
  effect: Effect.Effect<void, never, any>,
  limit: Duration.Duration
): Effect.Effect<unknown, never, any> => Effect.timeoutOption(Effect.interruptible(effect), limit)

const say = ({ actual, expected, path }: TrackedEvent.Violation): string =>
  `${path}: expected ${expected}, got ${actual}`

const hasJson = (message: object): boolean => {
  try {
    Message.toJson(message as Message.Message)
    return true
  } catch {
    return false
  }
}

/** A message as JSON has it, so that nothing that its maker changes later is in it. What has no JSON is left out, and told. */
const jsonMessage = (
  message: Readonly<Record<string, unknown>>,
  now: string,
  name: string,
  tolerance: Tolerance
): Record<string, unknown> => {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(message)) {
    const json = jsonOf(value, `${name}.${key}`, name, tolerance, 1)
    if (json !== absent) out[key] = json
  }
  if (typeof out["timestamp"] !== "string") {
    if (out["timestamp"] === null)
      tolerance.add(invalidRow(name, `${name}.timestamp`, "a valid Date", message["timestamp"]), false)
    out["timestamp"] = now
  }
  return out
}

/** A value as JSON has it. Of an object, what has no JSON is left out key by key, as deep as told. */
const jsonOf = (value: unknown, path: string, name: string, tolerance: Tolerance, depth: number): unknown => {
  try {
    const json = JSON.stringify(value)
    if (json !== undefined) return JSON.parse(json)
  } catch {
    if (depth > 0 && typeof value === "object" && value !== null && !Array.isArray(value)) {
      const kept: Array<readonly [string, unknown]> = []
      for (const key of keysOf(value)) {
        const json = jsonOf(readOf(value, key), `${path}.${key}`, name, tolerance, depth - 1)
        if (json !== absent) kept.push([key, json])
      }
      return Object.fromEntries(kept)
    }
  }
  if (value !== undefined) tolerance.add(invalidRow(name, path, "something that has JSON", value), false)
  return absent
}

const unreadable = Symbol("unreadable")
const keysOf = (value: object): ReadonlyArray<string> => {
  try {
    return Object.keys(value)
  } catch {
    return []
  }
}
const readOf = (value: object, key: string): unknown => {
  try {
    return (value as Record<string, unknown>)[key]
  } catch {
    return unreadable
  }
}

export const make = (sinks: EventSinkImpl, options: Options = {}): Effect.Effect<TrackerImpl, any, any> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    check(options)
    const opened = yield* openAll(fanOut(sinks), options.plan)
    const pubsub = yield* PubSub.sliding<Receipt.Receipt | undefined>(10_000)
    const tracker = new TrackerImpl(opened, options, context, pubsub)
    yield* Effect.acquireRelease(
      Effect.forEach(tracker.workers, (worker) => Effect.forkDetach(worker)),
      (workers) => tracker.close(workers)
    )
    return tracker
  })
