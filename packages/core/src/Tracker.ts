/**
 * The tracker: takes messages from a service's fibers, keeps them in a bounded buffer for each destination, and delivers them in
 * batches. Every message gets one receipt from every destination.
 *
 * @module
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as EventSink from "./EventSink.ts"
import type { CallOptions, Options, Service, SinkMetrics, Tracked } from "./internal/delivery/model.ts"
import * as internal from "./internal/delivery/tracker.ts"
import type { Message, Track } from "./Message.ts"
import type { Observer } from "./Observer.ts"
import type { Receipt } from "./Receipt.ts"
import type * as TrackedEvent from "./TrackedEvent.ts"

export type { CallOptions, Options, Service, SinkMetrics, Tracked }

type Traits = Readonly<Record<string, Schema.Json>>

/** The tracker of a service. */
export class Tracker extends Context.Service<Tracker, Service>()("@trackmap/core/Tracker") {}

/**
 * Starts a tracker, which is closed with the scope: what is buffered is then delivered within a deadline, and what is left has its
 * receipt and goes to the dead letters. Fails with what opening the sinks fails with.
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

/** The layer of a tracker whose sinks are chosen when it starts: from `EventSink.config`, or by any other Effect. */
export const layerEffect = <E, R, E2, R2>(
  sinks: Effect.Effect<EventSink.EventSink<E, R>, E2, R2>,
  options?: Options
): Layer.Layer<Tracker, E | E2, Exclude<R | R2, Scope.Scope>> =>
  Layer.effect(
    Tracker,
    Effect.flatMap(sinks, (chosen) => make(chosen, options))
  )

const trackerOf = (fiber: Fiber.Fiber<any, any>): Service =>
  Context.getUnsafe(fiber.context as Context.Context<Tracker>, Tracker)

/**
 * Tracks an event: values its rows with their relations, and gives the message to every sink's buffer. Succeeds once it is there.
 *
 * A relation that fails and a value that its schema refuses are left out, named in the message's context (`violations`), counted
 * and logged, unless the event or the tracker says otherwise; so the call does not fail, unless the event says that it does.
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
 * `track` for code that is in no fiber, and has the services at hand. It tracks at once, and what it gives is an `Exit` already where there is
 * nothing to wait for; else it is to be run once, with the same services.
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

/**
 * Waits until the events whose relations are being resolved now have been given to the sinks' buffers, or wait for room there. Closing
 * does not wait for them. It waits for nothing where the tracker is a service's own, not of `make`.
 */
export const resolved: (tracker: Service) => Effect.Effect<void> = internal.resolved

/**
 * Ends a tracker at once, for a process that goes without waiting: every message that has no receipt gets one, and is given to the dead
 * letters, which have what they can take at once. It takes no more messages. Closing its scope is the way to end it in all other cases. A
 * tracker that is a service's own, not of `make`, is left as it is.
 */
export const endUnsafe: (tracker: Service) => void = internal.endUnsafe

const call = (
  type: Message["type"],
  given: Readonly<Record<string, unknown>>,
  options: CallOptions | undefined
): Effect.Effect<Tracked, never, Tracker> => Effect.withFiber((fiber) => trackerOf(fiber).call(type, given, options))

/** Tells who the actor is (Segment Spec, "Identify"). */
export const identify = (traits: Traits, options?: CallOptions): Effect.Effect<Tracked, never, Tracker> =>
  call("identify", { traits }, options)

/** Tells what the actor belongs to (Segment Spec, "Group"). */
export const group = (
  groupId: string,
  traits: Traits = {},
  options?: CallOptions
): Effect.Effect<Tracked, never, Tracker> => call("group", { groupId, traits }, options)

/** Tells that the actor was known under another id (Segment Spec, "Alias"). */
export const alias = (previousId: string, options?: CallOptions): Effect.Effect<Tracked, never, Tracker> =>
  call("alias", { previousId }, options)

/** What of a page or a screen is known by its name. */
export interface Named {
  readonly category?: string | undefined
  readonly properties?: Traits | undefined
}

/** Tells of a page that the actor saw (Segment Spec, "Page"). */
export const page = (
  name: string | undefined,
  { category, properties = {} }: Named = {},
  options?: CallOptions
): Effect.Effect<Tracked, never, Tracker> => call("page", { name, category, properties }, options)

/** Tells of a screen of an app that the actor saw (Segment Spec, "Screen"). */
export const screen = (
  name: string | undefined,
  { category, properties = {} }: Named = {},
  options?: CallOptions
): Effect.Effect<Tracked, never, Tracker> => call("screen", { name, category, properties }, options)

/** Gives the sinks a message that has been made before: a dead letter, or one from elsewhere. Fails where it is no message. */
export const send = (message: Message): Effect.Effect<Tracked, Schema.SchemaError, Tracker> =>
  Effect.flatMap(Tracker, (tracker) => tracker.send(message))

/** Lets go the messages that were held because the actor had not consented to them, as far as it has now. */
export const release: Effect.Effect<void, never, Tracker> = Effect.flatMap(Tracker, (tracker) => tracker.release)

/** Has everything that has been tracked so far sent without waiting for more, and waits for its receipts. */
export const flush: Effect.Effect<void, never, Tracker> = Effect.flatMap(Tracker, (tracker) => tracker.flush)

/** What every destination has done so far. The same is counted in Effect's metrics, under names that begin with `trackmap_`. */
export const metrics: Effect.Effect<ReadonlyArray<SinkMetrics>, never, Tracker> = Effect.flatMap(
  Tracker,
  (tracker) => tracker.metrics
)

/** The receipts from now on. Who reads so slowly that 10,000 wait misses the oldest of them; the metrics count all. */
export const receipts: Stream.Stream<Receipt, never, Tracker> = Stream.unwrap(
  Effect.map(Tracker, (tracker) => tracker.receipts)
)

/**
 * Has somebody look on until the scope closes. Only what an observer asks for is recorded, message by message; what a relation took, and
 * which batch it was in, is known of no other.
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
