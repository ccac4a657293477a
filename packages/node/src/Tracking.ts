/**
 * Tracking with promises. It accepts events, keeps them in a bounded buffer for each sink, and delivers them in batches. Every message gets
 * one receipt from every sink.
 *
 * @module
 */
import type { JsonTraits } from "@trackmap/core/Attribute"
import type { Envelope } from "@trackmap/core/Envelope"
import type { Message, Track } from "@trackmap/core/Message"
import type { Receipt } from "@trackmap/core/Receipt"
import type * as TrackedEvent from "@trackmap/core/TrackedEvent"
import type * as Tracker from "@trackmap/core/Tracker"
import type { CallOptions, Flushed, FlushOptions, Options, WaitOptions } from "./internal/options.ts"
import * as internal from "./internal/make.ts"

export type { Failure, Named, SinkMetrics } from "@trackmap/core/Tracker"
export type { LogEntry } from "./internal/log.ts"
export type { CallOptions, Flushed, FlushOptions, Options, WaitOptions } from "./internal/options.ts"
export type { ActiveSpan } from "./internal/span.ts"

/** An accepted message. */
export interface Tracked<out M extends Message = Message> {
  readonly messageId: string
  readonly message: M
  /** Resolves to the receipts of all sinks, in the order of the sinks. It never rejects. */
  readonly receipts: Promise<ReadonlyArray<Receipt>>
}

/** The calls for your service. You can pass each method around on its own. */
export interface Tracking<in Needed = never> extends AsyncDisposable {
  /** Resolves once the sinks are open, and rejects if one cannot open. All calls wait for it, so you need not. */
  readonly ready: Promise<void>
  /**
   * Tracks an event: computes the values of its rows and relations, and puts the message into every sink's buffer. Resolves once it is
   * there.
   *
   * By default it leaves out a relation that fails or a value that its schema refuses, names it in the message's context (`violations`),
   * counts it and logs it. It rejects only if the event is defined with `"fail"`, the signal aborts, or a sink cannot open.
   */
  readonly track: <Event extends TrackedEvent.Any>(
    event: Event & NeedsNoMore<Event, Needed>,
    input: TrackedEvent.Input<Event>,
    options?: CallOptions
  ) => Promise<Tracked<Track>>
  /** Records the actor's traits (Segment Spec, "Identify"). */
  readonly identify: <const T extends object>(traits: T & JsonTraits<T>, options?: CallOptions) => Promise<Tracked>
  /** Adds the actor to a group (Segment Spec, "Group"). */
  readonly group: <const T extends object = {}>(
    groupId: string,
    traits?: T & JsonTraits<T>,
    options?: CallOptions
  ) => Promise<Tracked>
  /** Links the actor to a previous id (Segment Spec, "Alias"). */
  readonly alias: (previousId: string, options?: CallOptions) => Promise<Tracked>
  /** Records a page that the actor saw (Segment Spec, "Page"). */
  readonly page: <const T extends object = {}>(
    name: string | undefined,
    named?: Tracker.Named<T>,
    options?: CallOptions
  ) => Promise<Tracked>
  /** Records an app's screen that the actor saw (Segment Spec, "Screen"). */
  readonly screen: <const T extends object = {}>(
    name: string | undefined,
    named?: Tracker.Named<T>,
    options?: CallOptions
  ) => Promise<Tracked>
  /**
   * Sends an existing message. Rejects if it is neither a valid message nor an envelope.
   *
   * An envelope keeps its own consent. If it is a dead letter, only the sink that lost it gets it, and the others skip it; if no sink has that
   * name, all sinks get it. A bare message has the purposes of the plan's event with its name, and the consent of the current actor. If the
   * actor has no `consent`, there is none.
   */
  readonly send: (message: Message | Envelope, options?: WaitOptions) => Promise<Tracked>
  /** Sends the held messages (`withoutConsent`) to whose purposes the actor has now consented. */
  readonly release: (options?: WaitOptions) => Promise<void>
  /**
   * Sends everything tracked so far without waiting for full batches. Resolves once all of it has receipts, or at the time limit (`within`, by
   * default `flushWithin` of the tracking), with the number of messages that are left. It rejects only if the signal aborts, or a sink cannot
   * open.
   */
  readonly flush: (options?: FlushOptions) => Promise<Flushed>
  /**
   * Delivers all messages, including those of calls in progress, and accepts no more. After `closeWithin`, undelivered messages get a receipt,
   * and go to the dead letters. You can call it more than once.
   */
  readonly close: (options?: WaitOptions) => Promise<void>
  /** The counts of every sink so far. */
  readonly metrics: () => ReadonlyArray<Tracker.SinkMetrics>
  /** The receipts from now on. If you read slowly and 10,000 are waiting, you miss the oldest; `metrics` counts all. */
  readonly receipts: (options?: WaitOptions) => AsyncIterable<Receipt>
  /** The tracker, for code that uses Effect. */
  readonly tracker: Promise<Tracker.Service>
}

type NeedsNoMore<Event extends TrackedEvent.Any, Given> = [TrackedEvent.Services<Event>] extends [Given]
  ? unknown
  : string extends Event["name"]
    ? unknown
    : {
        readonly [K in `${Event["name"]} has resolvers that need Effect services: pass them to Tracking.make`]: never
      }

/**
 * Starts a tracking. Throws at once if a sink cannot open (`Misconfigured`: an empty write key, an invalid endpoint) or if an option is
 * invalid (`DefinitionError`). If a sink takes time to open, calls wait for it, and `ready` resolves once it is open.
 *
 * @example
 * ```ts
 * import { Actor, Entity, EventSink, Plan, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
 * import { z } from "zod"
 *
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: z.int(), qty: z.int() } })
 * const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })
 * const memory = EventSink.make({ name: "memory", send: async (batch) => batch.map(() => Receipt.delivered) })
 *
 * await using tracking = Tracking.make({ plan: Plan.make(OrderLineUpdated), sinks: memory })
 * const { message, receipts } = await Actor.run({ userId: "u-1" }, () =>
 *   tracking.track(OrderLineUpdated, { orderLine: { id: 1001, qty: 3 } })
 * )
 * console.log(message.userId, (await receipts)[0]?.outcome._tag) // u-1 Delivered
 * ```
 */
export const make: <Needed = never>(options: Options<Needed>) => Tracking<Needed> = internal.make
