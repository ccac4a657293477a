import * as Envelope from "@trackmap/core/Envelope"
import type { Knowledge } from "../knowledge.ts"
import { type LetterDetail, type LetterSummary, type SinkState, masked } from "../protocol.ts"
import type { DeadLetter } from "./model.ts"

/** An envelope, or the reason why it cannot be read. */
const read = (body: string): Envelope.Envelope | string => {
  try {
    return Envelope.fromJson(body)
  } catch (error) {
    if (error instanceof Envelope.EnvelopeError) return error.message
    throw error
  }
}

/** A letter, opened. Nobody knows what is personal in a letter that cannot be read, nor in what its sink says of it. */
export const opened = (knowledge: Knowledge, letter: DeadLetter): LetterDetail => {
  const { at, attempts, created, event, id, outcome, sink } = letter
  const envelope = read(letter.body)
  const shown = typeof envelope === "string" ? undefined : knowledge.maskedEnvelope(envelope)
  const reason = "reason" in outcome ? outcome.reason : undefined
  const state = outcome._tag.toLowerCase() as SinkState
  return {
    sink,
    id,
    event,
    state,
    reason: reason === undefined || shown === undefined ? reason && masked : shown.text(reason),
    attempts,
    created,
    at,
    message: shown?.message,
    unreadable: typeof envelope === "string" ? envelope : undefined
  }
}

/** A letter in the list. */
export const summaryOf = (knowledge: Knowledge, letter: DeadLetter): LetterSummary => {
  const { message: _, unreadable: _unreadable, ...summary } = opened(knowledge, letter)
  return summary
}
