import type { Outcome } from "../../Receipt.ts"
import { Refused, type SendError, TooLarge, Unavailable } from "../../SendError.ts"
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

/** The same error with other outcomes. One that is of this sink's key or address holds for all of the batch. */
export const withOutcomes = (error: SendError, outcomes: ReadonlyArray<Outcome | undefined>): SendError => {
  const { reason } = error
  switch (error._tag) {
    case "Unavailable": {
      const { retryAfter } = error
      return new Unavailable(retryAfter === undefined ? { reason, outcomes } : { reason, retryAfter, outcomes })
    }
    case "TooLarge":
      return new TooLarge({ reason, outcomes })
    case "Refused":
      return new Refused({ reason, outcomes })
    case "Misconfigured":
      return error
  }
}
