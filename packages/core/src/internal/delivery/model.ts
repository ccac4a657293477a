import type * as Duration from "effect/Duration"
import type * as Schema from "effect/Schema"
import type { Message } from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import type { Relations, Validation } from "../event/mode.ts"
import type { BufferOptions } from "../sink/model.ts"

/** How a tracker is set up. The buffer's part holds for every destination that has none of its own (`EventSink.buffered`). */
export interface Options extends BufferOptions {
  /** The events that the service tracks: what sinks know personal data and their own limits by. Another event is a violation. */
  readonly plan?: Plan.Plan | undefined
  /** What becomes of a relation that fails: `"omit"` unless told. With `"fail"` here, and not in the event, the caller dies of it. */
  readonly relations?: Relations | undefined
  /** What becomes of a value that its schema refuses: `"strip"` unless told. With `"fail"` here, and not in the event, the caller dies of it. */
  readonly validation?: Validation | undefined
  /**
   * How long the relations and computed attributes of an event may take together before what is not there is left out, or fails as
   * `relations` says: without limit unless told. A number is milliseconds. Closing gives up on them at once.
   */
  readonly resolveWithin?: Duration.Input | undefined
  /**
   * What becomes of a message to which its actor has not consented: it is skipped, or held until the actor consents, as many
   * messages as told, of which the oldest makes room. Unless told it is skipped.
   */
  readonly withoutConsent?: "skip" | { readonly hold: number } | undefined
  /**
   * How long closing delivers what there is, before it gives up on the rest: 20 seconds unless told. A number is milliseconds. What
   * is left then has as long again to be given to the dead letters.
   */
  readonly closeWithin?: Duration.Input | undefined
}

/** What one call says beside its event. What is about the actor comes from `Actor`. */
export interface CallOptions {
  /** A new one unless told: the same id again is the same message to every vendor. */
  readonly messageId?: string | undefined
  /** When it happened: now unless told. */
  readonly timestamp?: Date | undefined
  /** Added to the actor's context. */
  readonly context?: Readonly<Record<string, Schema.Json>> | undefined
  /** The Segment Spec's `integrations`. */
  readonly integrations?: Message["integrations"] | undefined
}

/** What a destination has done so far. */
export interface SinkMetrics {
  readonly sink: string
  readonly delivered: number
  readonly rejected: number
  readonly expired: number
  readonly dropped: number
  readonly skipped: number
  /** Times that messages were sent. */
  readonly attempts: number
  /** Bytes of the JSON of the messages that were delivered, where the destination counts them. */
  readonly bytes: number
  /** Messages that have no receipt yet. */
  readonly buffered: number
  /** Milliseconds that the oldest of them has waited. */
  readonly oldest: number
}
