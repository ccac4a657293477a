/**
 * Observers of a tracker, for as long as a scope is open: an inspector, a test. Without an observer, a tracker records nothing.
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import type { RequestRecord } from "./internal/sink/model.ts"
import type * as Lineage from "./Lineage.ts"
import type { Message } from "./Message.ts"
import type { Outcome, Receipt } from "./Receipt.ts"
import type { SendError } from "./SendError.ts"
import type * as TrackedEvent from "./TrackedEvent.ts"

/** A call of a service, before its message is made. */
export interface Call {
  readonly type: Message["type"]
  /** The event that you passed to `track`. Other calls have none. */
  readonly event: TrackedEvent.Any | undefined
}

/** One attempt to send a message to a sink, with others. */
export interface Attempt {
  readonly sink: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly milliseconds: number
  /** The messages of the attempt. */
  readonly messages: number
  /** The outcome of this message, or why the sink did not accept the batch. */
  readonly result: Outcome | SendError
  /** The message's records in the sink's requests. Running this makes them from a copy: it keeps the message's JSON, not the message. */
  readonly records: Effect.Effect<ReadonlyArray<RequestRecord>>
}

/** Follows one message. The members are called in their order. If one throws, the error is logged and the observation ends. */
export interface Observation {
  /**
   * How a relation of its event was resolved. It is not called if no relation of the event uses a loader or an Effect and nothing is wrong:
   * the keys are then there, or not.
   */
  readonly resolved: (resolution: Lineage.Resolution) => void
  /** The tracker has accepted the message. */
  readonly tracked: (message: Message) => void
  /** The tracker has sent it to a sink. */
  readonly sent: (attempt: Attempt) => void
  /** A sink's receipt for it. */
  readonly received: (receipt: Receipt) => void
}

/**
 * Decides at every call whether to observe it. An observer runs on the caller's own time, so it must be quick. If `observe` throws, the error is
 * logged and the observer is removed.
 */
export interface Observer {
  readonly observe: (call: Call) => Observation | undefined
}
