import * as Effect from "effect/Effect"
import type { HttpTransport } from "../../HttpTransport.ts"
import type { Outcome } from "../../Receipt.ts"
import * as SendError from "../../SendError.ts"
import { outcomesIn } from "./known.ts"
import type { Batch } from "./model.ts"

/**
 * What a response says of one message: its outcome; an error if the destination wants the message later; undefined if the destination has not
 * taken the message because of others in the request: the sink sends it at once, without those that have an outcome or an error.
 */
export type Verdict = Outcome | SendError.Unavailable | undefined

/** One verdict for each message of a request. */
export type Verdicts = ReadonlyArray<Verdict>

export const areOutcomes = (verdicts: Verdicts): verdicts is ReadonlyArray<Outcome> =>
  verdicts.every((verdict) => verdict !== undefined && verdict._tag !== "Unavailable")

const outcomeIn = (verdict: Verdict): Outcome | undefined => (verdict?._tag === "Unavailable" ? undefined : verdict)

/** Sends the messages at once that the destination has not taken because of others, and fails if it wants some later. */
export const remaining = Effect.fnUntraced(function* (
  post: (batch: Batch) => Effect.Effect<Verdicts, SendError.SendError, HttpTransport>,
  batch: Batch,
  first: Verdicts
) {
  const verdicts = [...first]
  const merge = (places: ReadonlyArray<number>, next: Verdicts): Verdicts => {
    for (const [index, place] of places.entries()) verdicts[place] = next[index]
    return verdicts
  }
  while (verdicts.includes(undefined)) {
    const places = [...verdicts.keys()].filter((place) => verdicts[place] === undefined)
    const part = batch.at(places)
    const next = yield* Effect.mapError(post(part), (error) =>
      SendError.withOutcomes(error, merge(places, outcomesIn(error, part) ?? []).map(outcomeIn))
    )
    merge(places, next)
  }
  if (areOutcomes(verdicts)) return verdicts
  const waits = verdicts.filter((verdict) => verdict?._tag === "Unavailable")
  const [longest] = waits.sort((one, other) => (other.retryAfter ?? 0) - (one.retryAfter ?? 0))
  return yield* Effect.fail(SendError.withOutcomes(longest!, verdicts.map(outcomeIn)))
})
