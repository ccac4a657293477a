import type { Outcome } from "../../Receipt.ts"
import type { SendError } from "../../SendError.ts"
import type { Batch } from "./model.ts"

const tags: ReadonlySet<unknown> = new Set(["Delivered", "Rejected", "Expired", "Dropped", "Skipped"])

/** Whether what a sink gave is an outcome. */
export const isOutcome = (given: unknown): given is Outcome => tags.has((given as Outcome | null | undefined)?._tag)

/** Whether an error tells of outcomes, right or wrong. */
export const tells = (error: SendError): boolean => "outcomes" in error && error.outcomes !== undefined

/** The outcomes that an error tells of a batch's messages; nothing where they are not outcomes, or not so many. */
export const outcomesIn = (error: SendError, batch: Batch): ReadonlyArray<Outcome | undefined> | undefined => {
  const given: unknown = "outcomes" in error ? error.outcomes : undefined
  return Array.isArray(given) &&
    given.length === batch.length &&
    given.every((one) => one === undefined || isOutcome(one))
    ? given
    : undefined
}
