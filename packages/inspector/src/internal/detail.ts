import type { Observer } from "@trackmap/core"
import * as Effect from "effect/Effect"
import type { Knowledge } from "./knowledge.ts"
import { stateOf } from "./knowledge.ts"
import * as lineage from "./lineage.ts"
import type { Masked } from "./masking.ts"
import type { AttemptDetail, EventDetail, SinkDetail } from "./protocol.ts"
import type { Entry, Told } from "./store.ts"

const reasonOf = (result: { readonly reason?: string | undefined }, masked: Masked): string | undefined =>
  result.reason === undefined ? undefined : masked.text(result.reason)

const attemptOf = ({ at, messages, milliseconds, result }: Observer.Attempt, masked: Masked): AttemptDetail => ({
  at,
  milliseconds,
  messages,
  result: result._tag,
  reason: reasonOf(result as { readonly reason?: string }, masked),
  retryAfter: "retryAfter" in result ? result.retryAfter : undefined
})

/** The sink's own code computes its records of a message. Give up on it when a reader would. */
const recordsOf = (told: Told | undefined, masked: Masked): Effect.Effect<SinkDetail["records"]> => {
  const last = told?.attempts.at(-1)
  if (last === undefined) return Effect.succeed([])
  return Effect.suspend(() => last.records).pipe(
    Effect.timeoutOrElse({ duration: "2 seconds", orElse: () => Effect.succeed([]) }),
    Effect.map((records) => records.map(({ record, to }) => ({ to: masked.text(to), record: masked.json(record) }))),
    Effect.catchDefect(() => Effect.succeed([]))
  )
}

const sinkOf = (sink: string, told: Told | undefined, masked: Masked): Effect.Effect<SinkDetail> =>
  Effect.map(recordsOf(told, masked), (records) => {
    const receipt = told?.receipt
    return {
      sink,
      state: told === undefined ? "buffered" : stateOf(told),
      records,
      attempts: told?.attempts.map((attempt) => attemptOf(attempt, masked)) ?? [],
      receipt: receipt && {
        outcome: receipt.outcome._tag,
        reason: reasonOf(receipt.outcome as { readonly reason?: string }, masked),
        attempts: receipt.attempts,
        at: receipt.at
      }
    }
  })

/** One event, opened. */
export const of = Effect.fn("Inspector.event")(function* (
  knowledge: Knowledge,
  entry: Entry
): Effect.fn.Return<EventDetail> {
  const masked = knowledge.maskedOf(entry)
  const summary = knowledge.summaryOf(entry)
  const sinks = yield* Effect.forEach(
    summary.sinks,
    ({ sink }) =>
      sinkOf(
        sink,
        entry.told.find((told) => told.sink === sink),
        masked
      ),
    { concurrency: "unbounded" }
  )
  return {
    summary,
    message: knowledge.messageOf(entry),
    violations: knowledge.violationsShown(entry),
    ...lineage.of(knowledge, entry),
    sinks
  }
})
