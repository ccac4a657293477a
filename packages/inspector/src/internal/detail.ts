import * as Effect from "effect/Effect"
import type { Knowledge } from "./knowledge.ts"
import { stateOf } from "./knowledge.ts"
import * as lineage from "./lineage.ts"
import type { Masked } from "./masking.ts"
import type { EventDetail, SinkDetail } from "./protocol.ts"
import type { Entry, Told } from "./store.ts"

/** The same, with its reason masked. */
const maskedReason = <A extends { readonly reason: string | undefined }>(given: A, masked: Masked): A => ({
  ...given,
  reason: given.reason === undefined ? undefined : masked.text(given.reason)
})

/** The sink's own code computes its records of a message. The inspector gives up after the time that a person would wait. */
const recordsOf = (told: Told | undefined, masked: Masked): Effect.Effect<SinkDetail["records"]> => {
  const records = told?.records
  if (records === undefined) return Effect.succeed([])
  return Effect.suspend(() => records).pipe(
    Effect.timeoutOrElse({ duration: "2 seconds", orElse: () => Effect.succeed([]) }),
    Effect.map((records) => records.map(({ record, to }) => ({ to: masked.text(to), record: masked.json(record) }))),
    Effect.catchDefect(() => Effect.succeed([]))
  )
}

const sinkOf = (sink: string, told: Told | undefined, masked: Masked): Effect.Effect<SinkDetail> => {
  const shown = {
    sink,
    state: told === undefined ? ("buffered" as const) : stateOf(told),
    attempts: told?.attempts.map((attempt) => maskedReason(attempt, masked)) ?? [],
    receipt: told?.receipt && maskedReason(told.receipt, masked)
  }
  return Effect.map(recordsOf(told, masked), (records) => ({ ...shown, records }))
}

/** One event, opened. The store may discard it before the sinks' records arrive. */
export const of = Effect.fn("Inspector.event")(function* (
  knowledge: Knowledge,
  entry: Entry
): Effect.fn.Return<EventDetail> {
  const masked = knowledge.maskedOf(entry)
  const summary = knowledge.summaryOf(entry)
  const opened = {
    summary,
    message: knowledge.messageOf(entry),
    violations: knowledge.violationsShown(entry),
    ...lineage.of(knowledge, entry)
  }
  const sinks = summary.sinks.map(({ sink }) => {
    const told = entry.told.find((told) => told.sink === sink)
    return sinkOf(sink, told, masked)
  })
  return { ...opened, sinks: yield* Effect.all(sinks, { concurrency: "unbounded" }) }
})
