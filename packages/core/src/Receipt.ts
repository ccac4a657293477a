/**
 * What became of a message in one sink. Every message gets exactly one receipt from every sink.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** The destination has taken the message. */
export const Delivered = Schema.TaggedStruct("Delivered", {})
/** The destination, or the sink on its behalf, refuses this message; sending it again would not help. */
export const Rejected = Schema.TaggedStruct("Rejected", { reason: Schema.String })
/** It was tried until the limit in time, and the destination may or may not have it. */
export const Expired = Schema.TaggedStruct("Expired", { reason: Schema.String })
/** It was never sent: the buffer was full, or the tracker closed. */
export const Dropped = Schema.TaggedStruct("Dropped", { reason: Schema.String })
/** The sink was composed so that it does not get this message: a filter, a sample, a consent that is not given. */
export const Skipped = Schema.TaggedStruct("Skipped", { reason: Schema.String })

/** What became of a message. */
export const Outcome = Schema.Union([Delivered, Rejected, Expired, Dropped, Skipped])
/** What became of a message. */
export type Outcome = typeof Outcome.Type

/** An outcome, of which message, in which sink, after how many attempts, and when (milliseconds since 1970). */
export const Receipt = Schema.Struct({
  messageId: Schema.String,
  sink: Schema.String,
  outcome: Outcome,
  attempts: Schema.Int,
  at: Schema.Int
})
/** What became of a message in one sink. */
export type Receipt = typeof Receipt.Type

/** The message has been taken. */
export const delivered: Outcome = { _tag: "Delivered" }
/** The message is refused. */
export const rejected = (reason: string): Outcome => ({ _tag: "Rejected", reason })
/** The message was tried too long. */
export const expired = (reason: string): Outcome => ({ _tag: "Expired", reason })
/** The message was never sent. */
export const dropped = (reason: string): Outcome => ({ _tag: "Dropped", reason })
/** The message was not for this sink. */
export const skipped = (reason: string): Outcome => ({ _tag: "Skipped", reason })

/** Whether a message that should have arrived has not: these go to the dead-letter sink. */
export const isLost = (outcome: Outcome): boolean => outcome._tag !== "Delivered" && outcome._tag !== "Skipped"
