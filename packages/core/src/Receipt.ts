/**
 * The outcome of a message in one sink. Every message gets exactly one receipt from every sink.
 *
 * @module
 */
import * as Schema from "effect/Schema"

/** The vendor has accepted the message. */
export const Delivered = Schema.TaggedStruct("Delivered", {})
/** The vendor, or the sink itself, refuses this message; sending it again would not help. */
export const Rejected = Schema.TaggedStruct("Rejected", { reason: Schema.String })
/** The sink retried it until the time limit. The vendor may or may not have it. */
export const Expired = Schema.TaggedStruct("Expired", { reason: Schema.String })
/** The sink never sent it: the buffer was full, or the tracker closed. */
export const Dropped = Schema.TaggedStruct("Dropped", { reason: Schema.String })
/** The sink excludes this message: a filter, a sample, or missing consent. */
export const Skipped = Schema.TaggedStruct("Skipped", { reason: Schema.String })

/** The outcome of a message. */
export const Outcome = Schema.Union([Delivered, Rejected, Expired, Dropped, Skipped])
/** The outcome of a message. */
export type Outcome = typeof Outcome.Type

/** An outcome, with the message, the sink, the number of attempts, and the time (milliseconds since 1970). */
export const Receipt = Schema.Struct({
  messageId: Schema.String,
  sink: Schema.String,
  outcome: Outcome,
  attempts: Schema.Int,
  at: Schema.Int
})
/** The outcome of a message in one sink. */
export type Receipt = typeof Receipt.Type

/** The vendor has accepted the message. */
export const delivered: Outcome = { _tag: "Delivered" }
/** The vendor or the sink refuses the message. */
export const rejected = (reason: string): Outcome => ({ _tag: "Rejected", reason })
/** The sink retried the message until the time limit. */
export const expired = (reason: string): Outcome => ({ _tag: "Expired", reason })
/** The sink never sent the message. */
export const dropped = (reason: string): Outcome => ({ _tag: "Dropped", reason })
/** The sink excludes the message. */
export const skipped = (reason: string): Outcome => ({ _tag: "Skipped", reason })

/** Whether a message should have arrived and has not. Such messages go to the dead-letter sink. */
export const isLost = (outcome: Outcome): boolean => outcome._tag !== "Delivered" && outcome._tag !== "Skipped"
