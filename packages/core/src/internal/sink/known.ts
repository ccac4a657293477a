import type { Outcome } from "../../Receipt.ts"
import type { SendError } from "../../SendError.ts"
import type { Batch } from "./model.ts"

const tags: ReadonlySet<unknown> = new Set(["Delivered", "Rejected", "Expired", "Dropped", "Skipped"])

/** Whether a sink returned an outcome. */
export const isOutcome = (given: unknown): given is Outcome => tags.has((given as Outcome | null | undefined)?._tag)

/** Whether an error carries outcomes, valid or not. */
export const tells = (error: SendError): boolean => "outcomes" in error && error.outcomes !== undefined

/** The outcomes that an error carries, or undefined if they are invalid or their number is wrong. */
export const outcomesIn = (error: SendError, batch: Batch): ReadonlyArray<Outcome | undefined> | undefined => {
  const given: unknown = "outcomes" in error ? error.outcomes : undefined
  return Array.isArray(given) &&
    given.length === batch.length &&
    given.every((one) => one === undefined || isOutcome(one))
    ? given
    : undefined
}
