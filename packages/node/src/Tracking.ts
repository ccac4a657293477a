/**
 * Tracks for a service that is written with promises: takes events, keeps them in a bounded buffer for each sink, and delivers them in batches.
 * Every message gets one receipt from every sink.
 *
 * @module
 */
import type { Message, Track } from "@trackmap/core/Message"
import type { Receipt } from "@trackmap/core/Receipt"
import type * as TrackedEvent from "@trackmap/core/TrackedEvent"
import type * as Tracker from "@trackmap/core/Tracker"
import type { CallOptions, Options, WaitOptions } from "./internal/options.ts"
import * as internal from "./internal/tracking.ts"

export type { LogEntry } from "./internal/log.ts"
export type { CallOptions, Options, WaitOptions } from "./internal/options.ts"
export type { ActiveSpan } from "./internal/span.ts"

/** A message that has been taken. */
export interface Tracked<out M extends Message = Message> {
  readonly messageId: string
  readonly message: M
  /** Resolves to the receipts of all sinks, in the order of the sinks. It never rejects. */
  readonly receipts: Promise<ReadonlyArray<Receipt>>
}

type Traits = Tracker.Named["properties"] & {}

/** What a service tracks with. Its functions may be passed on alone. */
export interface Tracking<in Needed = never> extends AsyncDisposable {
  /** Resolves once the sinks are open, and rejects with what one of them could not be opened for. Calls wait for it by themselves. */
  readonly ready: Promise<void>
  /**
   * Tracks an event: values its rows with their relations, and gives the message to every sink's buffer. Resolves once it is there.
   *
   * A relation that fails and a value that its schema refuses are left out, named in the message's context (`violations`), counted and
   * logged; so it does not reject, unless the event is defined with `"fail"`, the signal aborts, or a sink could not be opened.
   */
  readonly track: <Event extends TrackedEvent.Any>(
    event: Event & NeedsNoMore<Event, Needed>,
    input: TrackedEvent.Input<Event>,
    options?: CallOptions
  ) => Promise<Tracked<Track>>
  /** Tells who the actor is (Segment Spec, "Identify"). */
  readonly identify: (traits: Traits, options?: CallOptions) => Promise<Tracked>
  /** Tells what the actor belongs to (Segment Spec, "Group"). */
  readonly group: (groupId: string, traits?: Traits, options?: CallOptions) => Promise<Tracked>
  /** Tells that the actor was known under another id (Segment Spec, "Alias"). */
  readonly alias: (previousId: string, options?: CallOptions) => Promise<Tracked>
  /** Tells of a page that the actor saw (Segment Spec, "Page"). */
  readonly page: (name: string | undefined, named?: Tracker.Named, options?: CallOptions) => Promise<Tracked>
  /** Tells of a screen of an app that the actor saw (Segment Spec, "Screen"). */
  readonly screen: (name: string | undefined, named?: Tracker.Named, options?: CallOptions) => Promise<Tracked>
  /** Gives the sinks a message that has been made before: a dead letter, or one from elsewhere. Rejects where it is no message. */
  readonly send: (message: Message, options?: WaitOptions) => Promise<Tracked>
  /** Lets go the messages that were held because the actor had not consented to them, as far as it has now. */
  readonly release: (options?: WaitOptions) => Promise<void>
  /** Has everything that has been tracked so far sent without waiting for more, and resolves once all of it has receipts. */
  readonly flush: (options?: WaitOptions) => Promise<void>
  /**
   * Delivers what there is, calls that are being made included, and takes no more. What is not delivered within `closeWithin` has its
   * receipt, and goes to the dead letters. It may be called more than once.
   */
  readonly close: (options?: WaitOptions) => Promise<void>
  /** What every sink has done so far. */
  readonly metrics: () => ReadonlyArray<Tracker.SinkMetrics>
  /** The receipts from now on. Who reads so slowly that 10,000 wait misses the oldest of them; `metrics` counts all. */
  readonly receipts: (options?: WaitOptions) => AsyncIterable<Receipt>
  /** The same, for code that is written in Effect. */
  readonly tracker: Promise<Tracker.Service>
}

type NeedsNoMore<Event extends TrackedEvent.Any, Given> = [TrackedEvent.Services<Event>] extends [Given]
  ? unknown
  : {
      readonly [K in `${Event["name"]} has resolvers that need services of Effect's: give them to Tracking.make`]: never
    }

/**
 * Starts a tracking. Throws what a sink cannot be opened for (`Misconfigured`: a write key that is empty, an endpoint that is none) and
 * `DefinitionError` for options that cannot be, at once. A sink that takes time to open is waited for by the calls; `ready` tells.
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
