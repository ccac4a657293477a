import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Envelope, EnvelopeError } from "../../Envelope.ts"
import type { Message, Track } from "../../Message.ts"
import type { Observer } from "../../Observer.ts"
import type * as Plan from "../../Plan.ts"
import type { Outcome, Receipt } from "../../Receipt.ts"
import type * as TrackedEvent from "../../TrackedEvent.ts"
import type { Relations, Validation } from "../event/mode.ts"
import type { BufferOptions, Limits } from "../sink/model.ts"

/** The options of a tracker. The buffer options apply to every sink without its own (`EventSink.buffered`). */
export interface Options extends BufferOptions {
  /** The events that the service tracks, its other calls (`Plan.calls`) and the context (`Plan.context`). Sinks check the plan against their limits. Any other event is a violation. */
  readonly plan?: Plan.Plan | undefined
  /** What happens to a relation that fails. If `"fail"` is set here but not in the event, the caller dies. Default: `"omit"`. */
  readonly relations?: Relations | undefined
  /** What happens to a value that its schema refuses. If `"fail"` is set here but not in the event, the caller dies. Default: `"strip"`. */
  readonly validation?: Validation | undefined
  /**
   * The time limit for all relations and computed attributes of an event. Those still missing after it are omitted or fail, depending on
   * `relations`. Closing the tracker ends the wait at once. A number is milliseconds. Default: no limit.
   */
  readonly resolveWithin?: Duration.Input | undefined
  /**
   * What happens to a message without its actor's consent. By default the sink skips it. With `hold`, the tracker keeps up to that many
   * messages until their actors consent; if there are more, it drops the oldest.
   */
  readonly withoutConsent?: "skip" | { readonly hold: number } | undefined
  /**
   * The time limit for closing: four fifths for delivering buffered messages, the rest for dead letters. A number is milliseconds. Default: 20 seconds.
   */
  readonly closeWithin?: Duration.Input | undefined
  /**
   * How long `flush` waits for receipts before it reports how many are missing. A number is milliseconds. Default: 2 seconds, less than
   * the shortest default timeout of the common serverless platforms.
   */
  readonly flushWithin?: Duration.Input | undefined
  /**
   * Called with every error that a relation, a computed attribute or a sink throws or rejects with. It gets the error itself, which may
   * contain personal data and appears in no violation or receipt. It must be quick. The tracker does not wait for an Effect or a promise
   * that it returns, and logs its failures.
   */
  readonly onError?: ((failure: Failure) => void | PromiseLike<void> | Effect.Effect<void>) | undefined
}

/** A failure in the service's code, with the error that it threw or rejected with. */
export type Failure =
  | {
      /** A resolver, a loader or a computed attribute of an event. */
      readonly _tag: "Relation"
      readonly event: string
      /** As in the message's violations: `OrderLine.product`. */
      readonly path: string
      readonly cause: unknown
    }
  | {
      /** An attempt of a sink's `send`. */
      readonly _tag: "Sink"
      readonly sink: string
      readonly cause: unknown
    }

/** The options of one call. The actor comes from `Actor`. */
export interface CallOptions {
  /** Vendors treat messages with the same id as one. Default: a new id. */
  readonly messageId?: string | undefined
  /** When the event happened. Default: now. */
  readonly timestamp?: Date | undefined
  /** Added to the actor's context. */
  readonly context?: Readonly<Record<string, Schema.Json>> | undefined
  /** `integrations` as in the Segment Spec. */
  readonly integrations?: Message["integrations"] | undefined
}

/** A message that the tracker has accepted. */
export interface Tracked<out M extends Message = Message> {
  readonly messageId: string
  readonly message: M
  /** Waits for the receipts of all sinks, and returns them in the order of the sinks. */
  readonly receipts: Effect.Effect<ReadonlyArray<Receipt>>
}

/** The result of a flush: how many earlier messages have no receipt yet. Their receipts still come. */
export interface Flushed {
  /** The number of missing receipts, over all sinks. */
  readonly left: number
  /** The same for each sink. */
  readonly sinks: Readonly<Record<string, number>>
}

/** The operations of a tracker. The functions of the module `Tracker` do the same, with the tracker in the fiber's context. */
export interface Service {
  readonly track: <Event extends TrackedEvent.Any>(
    event: Event,
    input: TrackedEvent.Input<Event>,
    options?: CallOptions
  ) => Effect.Effect<Tracked<Track>, TrackedEvent.TrackFailure<Event>, TrackedEvent.Services<Event>>
  readonly call: (
    type: Message["type"],
    call: Readonly<Record<string, unknown>>,
    options?: CallOptions
  ) => Effect.Effect<Tracked>
  readonly send: (message: Message | Envelope) => Effect.Effect<Tracked, Schema.SchemaError | EnvelopeError>
  readonly release: Effect.Effect<void>
  readonly flush: Effect.Effect<Flushed>
  /** Flushes with this time limit instead of the option `flushWithin`. */
  readonly flushWithin: (limit: Duration.Input) => Effect.Effect<Flushed>
  readonly metrics: Effect.Effect<ReadonlyArray<SinkMetrics>>
  readonly receipts: Stream.Stream<Receipt>
  readonly observe: (observer: Observer) => Effect.Effect<void, never, Scope.Scope>
}

/** The counts of a sink so far. */
export interface SinkMetrics {
  readonly sink: string
  readonly delivered: number
  readonly rejected: number
  readonly expired: number
  readonly dropped: number
  readonly skipped: number
  /** Attempts, summed over all messages. */
  readonly attempts: number
  /** The bytes of JSON of delivered messages, including a comma each, whether or not the sink limits bytes. */
  readonly bytes: number
  /** Messages without a receipt. */
  readonly buffered: number
  /** How long the oldest of them has waited, in milliseconds. */
  readonly oldest: number
  /** Messages whose receipts have not yet reached the sink's taps or dead letters. */
  readonly settling: number
}

/** A stored message. */
export interface Stored {
  readonly envelope: Envelope
  /** When it was tracked, in milliseconds since 1970. */
  readonly at: number
}

/** A stored message whose relations may have to be looked up. */
export interface Incomplete {
  readonly envelope: Envelope
  /** Whether to look up the relations by the plan's own version of the event, if it has been tracked by another one. Default: false. */
  readonly anyVersion?: boolean | undefined
}

/** The result of looking up a message's relations. */
export type Completion =
  /** The message is complete. With `rejection`, its event's validation lets no sink send it. */
  | { readonly _tag: "Complete"; readonly envelope: Envelope; readonly rejection?: Outcome }
  /** A loader failed, or another function of its relations. Try again. */
  | { readonly _tag: "Failed"; readonly reason: string }
  /** The plan cannot look up its relations. Leave it to a relay whose plan can. */
  | { readonly _tag: "Unknown"; readonly reason: string }

/** One sink, opened. */
export interface Delivery {
  /** The name of the sink. */
  readonly sink: string
  readonly limits: Limits
  /** The number of calls that the sink is meant for at the same time: `concurrency` of `EventSink.buffered`, by default 1. */
  readonly concurrency: number
  /** Why the destination accepts no messages now. Undefined while it does. */
  readonly outage: string | undefined
  /**
   * Sends messages in batches, one after the other, and returns their receipts in order: `Delivered`, `Skipped` or `Rejected`, unless the sink's own
   * `mapReceipt` returns another. Waits for the sink's taps and dead letters, too. An envelope keeps its own consent. Do not change the envelopes
   * meanwhile.
   */
  readonly deliver: (messages: ReadonlyArray<Stored>) => Effect.Effect<ReadonlyArray<Receipt>>
}

/** The options of deliveries. */
export interface DeliveryOptions {
  /** The plan of the messages' events. Sinks that redact need it. */
  readonly plan?: Plan.Plan | undefined
  /** Called with every error that a sink throws or rejects with, as in a tracker. */
  readonly onError?: Options["onError"]
}

/** Opened sinks for stored messages. */
export interface Deliveries {
  readonly sinks: ReadonlyArray<Delivery>
  /** The counts of every sink so far. `buffered` counts the messages of the calls in progress. */
  readonly metrics: Effect.Effect<ReadonlyArray<SinkMetrics>>
  /** The receipts from now on. A slow subscriber with 10,000 waiting receipts misses the oldest. */
  readonly receipts: Stream.Stream<Receipt>
  /** Adds an observer until the scope closes. It observes a message once for each sink. */
  readonly observe: (observer: Observer) => Effect.Effect<void, never, Scope.Scope>
}

/** Starts an effect at once in its own fiber, with the tracker's services. Interrupting the caller does not interrupt it. */
export type Start = (effect: Effect.Effect<void, never, any>) => Fiber.Fiber<void>
