/**
 * Who looks on while a tracker works, for as long as a scope is open: an inspector, a test. Where nobody does, nothing is recorded.
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

/** A call that a service makes, before anything is made of it. */
export interface Call {
  readonly type: Message["type"]
  /** What `track` was given. */
  readonly event: TrackedEvent.Any | undefined
}

/** One time that a message was sent to a sink, with others. */
export interface Attempt {
  readonly sink: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly milliseconds: number
  /** Messages that were sent together. */
  readonly messages: number
  /** What became of this message, or why the batch was not taken. */
  readonly result: Outcome | SendError
  /** What stands for the message in the sink's requests. It is worked out when it is asked for. */
  readonly records: Effect.Effect<ReadonlyArray<RequestRecord>>
}

/** Told what becomes of one message, in the order of the members. What one of them throws is logged, and ends the observation. */
export interface Observation {
  /**
   * How a relation of its event was resolved. Where no relation of the event is a loader's or takes an Effect, and nothing is wrong, it is
   * not told: its keys are there, or not.
   */
  readonly resolved: (resolution: Lineage.Resolution) => void
  /** The tracker has taken the message. */
  readonly tracked: (message: Message) => void
  /** It was sent to a sink. */
  readonly sent: (attempt: Attempt) => void
  /** A sink's receipt for it. */
  readonly received: (receipt: Receipt) => void
}

/**
 * Asked at every call whether it is to be observed. An observer is called on the caller's own time, and so must be quick. Where `observe`
 * throws, that is logged, and it is asked no more.
 */
export interface Observer {
  readonly observe: (call: Call) => Observation | undefined
}
