import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Receipt from "../../Receipt.ts"
import { Refused, type SendError, Unavailable } from "../../SendError.ts"
import { kindOf, nameOf } from "../base/fault.ts"
import * as userFunction from "../base/userFunction.ts"
import { failed } from "./failed.ts"
import { isOutcome, outcomesIn, tells } from "./known.ts"
import type { AnySend, Batch, SendBatch } from "./model.ts"

/**
 * Guards against errors in a sink's code: if `send` throws, or returns the wrong number of outcomes, the messages still get outcomes. If it
 * throws, the batch counts as refused, since one message may be the cause.
 */
export const guard =
  (name: string, send: AnySend<any>): SendBatch =>
  (batch) =>
    userFunction
      .ask(
        (options) => send(batch, options),
        (cause) => failureOf(name, cause)
      )
      .pipe(
        Effect.map((returned: unknown) => (areOutcomes(returned, batch) ? returned : corrected(name, returned, batch))),
        Effect.mapError((error) => failureOf(name, error)),
        Effect.tapError((error) => failed(name, raised.get(error) ?? error)),
        Effect.tapError((error) =>
          tells(error) && outcomesIn(error, batch) === undefined
            ? Effect.logError(`${name} failed with outcomes that do not fit its ${batch.length} messages`)
            : Effect.void
        ),
        Effect.catchDefect((defect) => {
          const reason = `${name} threw ${nameOf(defect)}`
          return Effect.andThen(
            Effect.andThen(failed(name, defect), Effect.logError(`${name}: send threw ${nameOf(defect)}; see onError`)),
            batch.length > 1
              ? Effect.fail(new Refused({ reason }))
              : Effect.succeed(batch.all(Receipt.rejected(reason)))
          )
        }),
        Effect.map((outcomes) => outcomes.map((outcome) => ({ outcome, attempts: 1 }))),
        // The sink interrupted itself: interrupting the tracker's fiber skips this.
        Effect.catchCause((cause) =>
          Cause.hasInterruptsOnly(cause)
            ? Effect.fail(new Unavailable({ reason: `${name} interrupted itself` }))
            : Effect.failCause(cause)
        )
      )

const areOutcomes = (returned: unknown, { length }: Batch): returned is ReadonlyArray<Receipt.Outcome> =>
  Array.isArray(returned) && returned.length === length && returned.every(isOutcome)

const corrected = (name: string, returned: unknown, batch: Batch): ReadonlyArray<Receipt.Outcome> =>
  Array.isArray(returned) && returned.length === batch.length
    ? Array.from(returned, (outcome) =>
        isOutcome(outcome) ? outcome : Receipt.rejected(`${name} returned something that is not an outcome`)
      )
    : batch.all(
        Receipt.rejected(
          `${name} returned ${Array.isArray(returned) ? returned.length : "no"} outcomes for ${batch.length} messages`
        )
      )

const failures: ReadonlySet<unknown> = new Set(["Unavailable", "TooLarge", "Refused", "Misconfigured"])

const isSendError = (cause: unknown): cause is SendError => {
  if (typeof cause !== "object" || cause === null) return false
  try {
    const { _tag, reason, retryAfter } = cause as Readonly<Record<string, unknown>>
    return (
      failures.has(_tag) && typeof reason === "string" && (retryAfter === undefined || typeof retryAfter === "number")
    )
  } catch {
    // A value that throws when read is no `SendError`.
    return false
  }
}

/** What a sink rejected with, by the error made of it. */
const raised = new WeakMap<SendError, unknown>()

/** The error of a sink. Anything but a `SendError` counts as a failed connection, its most likely cause. */
const failureOf = (name: string, cause: unknown): SendError => {
  if (isSendError(cause)) return cause
  const error = new Unavailable({ reason: `${name} rejected with ${kindOf(cause)}` })
  raised.set(error, cause)
  return error
}
