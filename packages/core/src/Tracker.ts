/**
 * The tracker: accepts messages from a service's fibers, keeps them in a bounded buffer for each sink, and delivers them in batches. Every
 * message gets one receipt from every sink.
 *
 * @module
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Attribute from "./Attribute.ts"
import type { Envelope, EnvelopeError } from "./Envelope.ts"
import type * as EventSink from "./EventSink.ts"
import type {
  CallOptions,
  Failure,
  Flushed,
  Options,
  Service,
  SinkMetrics,
  Tracked
} from "./internal/delivery/model.ts"
import * as settings from "./internal/delivery/settings.ts"
import * as internal from "./internal/delivery/tracker.ts"
import type { Message, Track } from "./Message.ts"
import type { Observer } from "./Observer.ts"
import type { Names } from "./Options.ts"
import type { Receipt } from "./Receipt.ts"
import type * as TrackedEvent from "./TrackedEvent.ts"

export type { CallOptions, Failure, Flushed, Options, Service, SinkMetrics, Tracked }

type Traits = Readonly<Record<string, Schema.Json>>

/**
 * The names of the options, for your own function that adds options and passes the others on: pass both to `Options.check`.
 *
 * @example
 * ```ts
 * import { EventSink, Options, Receipt, Tracker } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * interface ShopOptions extends Tracker.Options {
 *   readonly shop: string
 * }
 * const shopTracker = (given: ShopOptions) => {
 *   const names = { ...Tracker.optionNames, shop: true } as const
 *   const { shop, ...options } = Options.check<ShopOptions>("shopTracker", given, names)
 *   return Tracker.layer(EventSink.make({ name: shop, send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) }), options)
 * }
 *
 * try {
 *   shopTracker(JSON.parse(`{ "shop": "berlin", "capcity": 500 }`))
 * } catch (error) {
 *   console.log((error as Error).message) // shopTracker: it has no option "capcity": did you mean capacity?
 * }
 * ```
 */
export const optionNames: Names<Options> = settings.optionNames

/** The tracker of a service. */
export class Tracker extends Context.Service<Tracker, Service>()("@trackmap/core/Tracker") {}

/**
 * Starts a tracker. Closing the scope closes it: the tracker then delivers the buffered messages within a deadline (`closeWithin`). Remaining
 * messages get their receipt and go to the dead letters. Fails with the errors of opening the sinks.
 */
export const make = <E, R>(
  sinks: EventSink.EventSink<E, R>,
  options?: Options
): Effect.Effect<Service, E, R | Scope.Scope> => internal.make(sinks, options)

/**
 * The layer of a tracker.
 *
 * @example
 * ```ts
 * import { Entity, EventSink, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
 * const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })
 * const memory = EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) })
 *
 * const program = Effect.gen(function* () {
 *   const tracked = yield* Tracker.track(OrderLineUpdated, { orderLine: { id: 1001, qty: 3 } })
 *   return yield* tracked.receipts
 * }).pipe(Effect.provide(Tracker.layer(memory)))
 * const receipts = await Effect.runPromise(program)
 * console.log(receipts.map((receipt) => [receipt.sink, receipt.outcome._tag])) // [ [ "memory", "Delivered" ] ]
 * ```
 */
export const layer = <E, R>(
  sinks: EventSink.EventSink<E, R>,
  options?: Options
): Layer.Layer<Tracker, E, Exclude<R, Scope.Scope>> => Layer.effect(Tracker, make(sinks, options))

/** The layer of a tracker whose sinks an Effect chooses when it starts, such as `EventSink.config`. */
export const layerEffect = <E, R, E2, R2>(
  sinks: Effect.Effect<EventSink.EventSink<E, R>, E2, R2>,
  options?: Options
): Layer.Layer<Tracker, E | E2, Exclude<R | R2, Scope.Scope>> =>
  Layer.effect(
    Tracker,
    Effect.flatMap(sinks, (chosen) => make(chosen, options))
  )

const trackerOf = (fiber: Fiber.Fiber<unknown, unknown>): Service =>
  Context.getUnsafe(fiber.context as Context.Context<Tracker>, Tracker)

/**
 * Tracks an event: values its rows with their relations, and adds the message to every sink's buffer. Succeeds once it is there.
 *
 * By default the message leaves out failed relations and values that their schema refuses, and the call succeeds. The message's context
 * (`violations`) lists both, and Trackmap counts and logs them. Set `relations` and `validation` on the event or the tracker to change that. The
 * call fails only for an event whose own mode is `"fail"`.
 *
 * @example
 * ```ts
 * import { Actor, TrackedEvent, Tracker } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 *
 * export const signedIn = Tracker.track(SignedIn, { properties: { method: "link" } }).pipe(Actor.as({ userId: "user-1" }))
 * ```
 */
export const track = <Event extends TrackedEvent.Any>(
  event: Event,
  input: TrackedEvent.Input<Event>,
  options?: CallOptions
): Effect.Effect<Tracked<Track>, TrackedEvent.TrackFailure<Event>, Tracker | TrackedEvent.Services<Event>> =>
  Effect.withFiber((fiber) => internal.trackUnsafe(trackerOf(fiber), fiber.context, event, input, options))

/**
 * `track` for code that runs outside a fiber and already has the services. It tracks at once. The result is an `Exit` if there is nothing to
 * wait for; otherwise run it once, with the same services.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
 * import * as Context from "effect/Context"
 * import * as Effect from "effect/Effect"
 * import * as Exit from "effect/Exit"
 *
 * const SignedOut = TrackedEvent.make("signedOut")
 * const memory = EventSink.make({ name: "memory", send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) })
 *
 * const program = Effect.map(Tracker.make(memory), (tracker) => Tracker.trackUnsafe(tracker, Context.empty(), SignedOut, {}))
 * console.log(Exit.isExit(await Effect.runPromise(Effect.scoped(program)))) // true
 * ```
 */
export const trackUnsafe = <Event extends TrackedEvent.Any>(
  tracker: Service,
  context: Context.Context<TrackedEvent.Services<Event>>,
  event: Event,
  input: TrackedEvent.Input<Event>,
  options?: CallOptions
): Effect.Effect<Tracked<Track>, TrackedEvent.TrackFailure<Event>, TrackedEvent.Services<Event>> =>
  internal.trackUnsafe(tracker, context, event, input, options)

/** A call that was read before its tracker existed. */
export interface EarlyCall<out M extends Message = Message> {
  /** Passes its message to the tracker. Run it once, with the services of the call. */
  readonly give: (tracker: Service) => Effect.Effect<Tracked<M>, unknown, any>
}

/** Reads calls for a tracker whose sinks are still opening. */
export interface Early {
  readonly track: (
    context: Context.Context<never>,
    event: TrackedEvent.Any,
    input: TrackedEvent.Input<TrackedEvent.Any>,
    options?: CallOptions
  ) => EarlyCall<Track>
  readonly call: (
    context: Context.Context<never>,
    type: Message["type"],
    given: Readonly<Record<string, unknown>>,
    options?: CallOptions
  ) => EarlyCall
  readonly send: (context: Context.Context<never>, message: Message | Envelope) => EarlyCall
}

/**
 * Reads calls at once for a tracker that `make` makes later with the same options, so that their messages have the time, the ids, the actor and the
 * rows of the call. Pass its sinks, too, if an event has `relations: "later"`: without them, its relations are looked up at once. Throws
 * `DefinitionError` for options that `make` would refuse.
 */
export const early = (options: Options = {}, sinks?: EventSink.Any): Early => new internal.Early(options, sinks)

/**
 * Waits until all events that are now resolving relations are in the sinks' buffers, or waiting for room there. Closing does not wait for them.
 * For a tracker that `make` has not made, it does not wait.
 */
export const resolved: (tracker: Service) => Effect.Effect<void> = internal.resolved

/**
 * Ends a tracker at once, for a process that exits without waiting. Every message without a receipt gets one, and goes to the dead letters if
 * they can accept it at once. The tracker accepts no more messages. In all other cases, close its scope instead. It does nothing to a tracker
 * that `make` has not made.
 */
export const endUnsafe: (tracker: Service) => void = internal.endUnsafe

/**
 * From now on, no caller waits for room in a full buffer. Waiting messages keep their place. Use it after a signal to end, if the service still
 * finishes requests before it closes the tracker. It does nothing to a tracker that `make` has not made.
 */
export const stopWaitingUnsafe: (tracker: Service) => void = internal.stopWaitingUnsafe

/**
 * Begins to close a tracker whose scope you close next: the time of `closeWithin` starts, less `spent` milliseconds, and no caller waits for
 * room any longer. The tracker still accepts messages. It does nothing to a tracker that `make` has not made.
 */
export const beginClosingUnsafe: (tracker: Service, spent?: number) => void = internal.beginClosingUnsafe

const call = (
  type: Message["type"],
  given: Readonly<Record<string, unknown>>,
  options: CallOptions | undefined
): Effect.Effect<Tracked, never, Tracker> => Effect.withFiber((fiber) => trackerOf(fiber).call(type, given, options))

/** Identifies the actor (Segment Spec, "Identify"). */
export const identify = <const T extends object>(
  traits: T & Attribute.JsonTraits<T>,
  options?: CallOptions
): Effect.Effect<Tracked, never, Tracker> => call("identify", { traits }, options)

/** Adds the actor to a group (Segment Spec, "Group"). */
export const group = <const T extends object = {}>(
  groupId: string,
  traits?: T & Attribute.JsonTraits<T>,
  options?: CallOptions
): Effect.Effect<Tracked, never, Tracker> => call("group", { groupId, traits: traits ?? {} }, options)

/** Records another id of the actor (Segment Spec, "Alias"). */
export const alias = (previousId: string, options?: CallOptions): Effect.Effect<Tracked, never, Tracker> =>
  call("alias", { previousId }, options)

/** The category and the properties of a page or a screen. */
export interface Named<T extends object = Traits> {
  readonly category?: string | undefined
  readonly properties?: (T & Attribute.JsonTraits<T>) | undefined
}

/** Records a page that the actor saw (Segment Spec, "Page"). */
export const page = <const T extends object = {}>(
  name: string | undefined,
  named: Named<T> = {},
  options?: CallOptions
): Effect.Effect<Tracked, never, Tracker> => call("page", { ...named, name }, options)

/** Records an app's screen that the actor saw (Segment Spec, "Screen"). */
export const screen = <const T extends object = {}>(
  name: string | undefined,
  named: Named<T> = {},
  options?: CallOptions
): Effect.Effect<Tracked, never, Tracker> => call("screen", { ...named, name }, options)

/**
 * Sends a ready-made message. Fails if the value is neither a message nor an envelope.
 *
 * An envelope keeps its own consent. If it is a dead letter, only the sink that lost it gets it, and the others skip it; if no sink has that
 * name, all sinks get it. A bare message has the purposes of the plan's event with its name, and the consent of the current actor. If the actor
 * has no `consent`, there is none.
 */
export const send = (
  message: Message | Envelope
): Effect.Effect<Tracked, Schema.SchemaError | EnvelopeError, Tracker> =>
  Effect.flatMap(Tracker, (tracker) => tracker.send(message))

/** Sends the held messages (`withoutConsent`) to whose purposes the actor has now consented. */
export const release: Effect.Effect<void, never, Tracker> = Effect.flatMap(Tracker, (tracker) => tracker.release)

/**
 * Sends everything tracked so far without waiting for fuller batches, and waits for its receipts for at most `flushWithin` of the tracker's
 * options (default: 2 seconds). Succeeds with the number of messages that are left; they get their receipts later.
 */
export const flush: Effect.Effect<Flushed, never, Tracker> = Effect.flatMap(Tracker, (tracker) => tracker.flush)

/**
 * `flush` with its own time limit. A number is milliseconds. `Infinity` waits for every receipt.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const SignedOut = TrackedEvent.make("signedOut")
 * const slow = EventSink.make({
 *   name: "slow",
 *   send: (batch) => Effect.as(Effect.sleep("100 millis"), batch.all(Receipt.delivered))
 * })
 *
 * const program = Effect.gen(function* () {
 *   yield* Tracker.track(SignedOut, {})
 *   console.log(yield* Tracker.flushWithin("10 millis")) // { left: 1, sinks: { slow: 1 } }
 *   console.log(yield* Tracker.flushWithin("10 seconds")) // { left: 0, sinks: { slow: 0 } }
 * })
 * await Effect.runPromise(Effect.provide(program, Tracker.layer(slow)))
 * ```
 */
export const flushWithin = (limit: Duration.Input): Effect.Effect<Flushed, never, Tracker> =>
  Effect.flatMap(Tracker, (tracker) => tracker.flushWithin(limit))

/** The counts of every sink so far. Effect's metrics whose names begin with `trackmap.` count the same. */
export const metrics: Effect.Effect<ReadonlyArray<SinkMetrics>, never, Tracker> = Effect.flatMap(
  Tracker,
  (tracker) => tracker.metrics
)

/** The receipts from now on. A slow subscriber with 10,000 waiting receipts misses the oldest; the metrics count all. */
export const receipts: Stream.Stream<Receipt, never, Tracker> = Stream.unwrap(
  Effect.map(Tracker, (tracker) => tracker.receipts)
)

/**
 * Adds an observer until the scope closes. The tracker records how relations were resolved, and which batches a message was in, only for the
 * messages that an observer asks for.
 *
 * @example
 * ```ts
 * import { Tracker } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * export const slow = Effect.gen(function* () {
 *   const paths: Array<string> = []
 *   yield* Tracker.observe({
 *     observe: () => ({
 *       resolved: ({ milliseconds, path }) => void (milliseconds > 100 && paths.push(path)),
 *       tracked: () => {},
 *       sent: () => {},
 *       received: () => {}
 *     })
 *   })
 *   return paths
 * })
 * ```
 */
export const observe = (observer: Observer): Effect.Effect<void, never, Tracker | Scope.Scope> =>
  Effect.flatMap(Tracker, (tracker) => tracker.observe(observer))
