import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Message, Track } from "../../Message.ts"
import type { Observer } from "../../Observer.ts"
import type * as Plan from "../../Plan.ts"
import type { Receipt } from "../../Receipt.ts"
import type * as TrackedEvent from "../../TrackedEvent.ts"
import type { Relations, Validation } from "../event/mode.ts"
import type { BufferOptions } from "../sink/model.ts"

/** How a tracker is set up. The buffer's options hold for every sink that has none of its own (`EventSink.buffered`). */
export interface Options extends BufferOptions {
  /** The events that the service tracks. Sinks take personal data and their own limits from it. Any other event is a violation. */
  readonly plan?: Plan.Plan | undefined
  /** What happens to a relation that fails. The default is `"omit"`. With `"fail"` here, and not in the event, the caller dies. */
  readonly relations?: Relations | undefined
  /** What happens to a value that its schema refuses. The default is `"strip"`. With `"fail"` here, and not in the event, the caller dies. */
  readonly validation?: Validation | undefined
  /**
   * How long the relations and computed attributes of an event may take together. After that, whatever is missing is left out, or fails,
   * as `relations` says. A number is milliseconds; by default there is no limit. Closing gives up on all of them at once.
   */
  readonly resolveWithin?: Duration.Input | undefined
  /**
   * What happens to a message to which its actor has not consented. By default the sink skips it. With `hold`, the tracker keeps up to that
   * many messages until their actors consent; when it is full, the oldest makes room.
   */
  readonly withoutConsent?: "skip" | { readonly hold: number } | undefined
  /**
   * How long closing delivers what there is, before it gives up on the rest. A number is milliseconds; the default is 20 seconds. The dead
   * letters then have as long again to take what is left.
   */
  readonly closeWithin?: Duration.Input | undefined
}

/** What one call says beside its event. What is about the actor comes from `Actor`. */
export interface CallOptions {
  /** The default is a new id. The same id again is the same message to every vendor. */
  readonly messageId?: string | undefined
  /** When it happened. The default is now. */
  readonly timestamp?: Date | undefined
  /** Added to the actor's context. */
  readonly context?: Readonly<Record<string, Schema.Json>> | undefined
  /** The Segment Spec's `integrations`. */
  readonly integrations?: Message["integrations"] | undefined
}

/** A message that the tracker has taken. */
export interface Tracked<out M extends Message = Message> {
  readonly messageId: string
  readonly message: M
  /** Waits for the receipts of all sinks, and gives them in the order of the sinks. */
  readonly receipts: Effect.Effect<ReadonlyArray<Receipt>>
}

/** What a tracker does. The functions of the module `Tracker` do the same, with the tracker of the fiber's context. */
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
  readonly send: (message: Message) => Effect.Effect<Tracked, Schema.SchemaError>
  readonly release: Effect.Effect<void>
  readonly flush: Effect.Effect<void>
  readonly metrics: Effect.Effect<ReadonlyArray<SinkMetrics>>
  readonly receipts: Stream.Stream<Receipt>
  readonly observe: (observer: Observer) => Effect.Effect<void, never, Scope.Scope>
}

/** What a sink has done so far. */
export interface SinkMetrics {
  readonly sink: string
  readonly delivered: number
  readonly rejected: number
  readonly expired: number
  readonly dropped: number
  readonly skipped: number
  /** Times that messages were sent. */
  readonly attempts: number
  /** Bytes of the JSON of the delivered messages, where the sink has a limit of bytes. */
  readonly bytes: number
  /** Messages that have no receipt yet. */
  readonly buffered: number
  /** Milliseconds that the oldest of them has waited. */
  readonly oldest: number
}

/** Starts an effect at once, in a fiber of its own, with the services of the tracker. An interruption of the caller does not reach it. */
export type Start = (effect: Effect.Effect<void, never, any>) => Fiber.Fiber<void>
