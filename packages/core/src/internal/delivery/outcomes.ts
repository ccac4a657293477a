/** Outcomes that the tracker decides, not a sink. */
import * as Duration from "effect/Duration"
import * as Receipt from "../../Receipt.ts"

export const bufferFull: Receipt.Outcome = Receipt.dropped("the buffer is full")
/** `within` is in milliseconds. */
export const noRoom = (within: number): Receipt.Outcome =>
  Receipt.dropped(`the buffer was full for ${Duration.format(Duration.millis(within))}`)
export const trackerClosed: Receipt.Outcome = Receipt.dropped("the tracker is closed")
export const ofAnother: Receipt.Outcome = Receipt.skipped("it is a dead letter of another sink")
export const callerInterrupted: Receipt.Outcome = Receipt.dropped(
  "the caller was interrupted before the message had a place in the buffer"
)
export const closedUnanswered: Receipt.Outcome = Receipt.expired("the tracker closed before there was an answer")
export const combinatorFailed: Receipt.Outcome = Receipt.rejected("a combinator of the sink failed")

/** How many outcomes have each tag. */
export const tally = (outcomes: ReadonlyArray<Receipt.Outcome>): ReadonlyMap<Receipt.Outcome["_tag"], number> => {
  const counts = new Map<Receipt.Outcome["_tag"], number>()
  for (const { _tag } of outcomes) counts.set(_tag, (counts.get(_tag) ?? 0) + 1)
  return counts
}
