/** How a message with violations is handled, according to the rules of its event. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import type { Tolerated, Violation } from "../value/tolerance.ts"
import type { Rules } from "./rules.ts"
import { bounded, cut, textOf } from "./violationText.ts"

/** The call's error, if the rules make it fail. */
export const failureOf = (rules: Rules, found: ReadonlyArray<Tolerated>): Effect.Effect<never, unknown> | undefined => {
  const failure = found.find(({ resolving }) => (resolving ? rules.relations : rules.validation) === "fail")
  if (failure === undefined) return undefined
  // If the event sets `"fail"`, the error is in the call's type. If only the tracker does, as in a test, the call dies.
  const own = failure.resolving ? rules.own.relations : rules.own.validation
  return own === "fail" ? Effect.failCause(failure.cause) : Effect.die(Cause.squash(failure.cause))
}

/** The message with its violations in its context, and the number of those left out. */
export const annotate = <M extends Message>(message: M, found: ReadonlyArray<Tolerated>): M => {
  const { more, named } = bounded(found)
  return {
    ...message,
    context: {
      ...message.context,
      violations: named.map(({ violation: { actual, expected, path } }) => ({
        path: cut(path),
        expected: cut(expected),
        actual: cut(actual)
      })),
      ...(more > 0 && { violationsOmitted: more })
    }
  }
}

export const none: ReadonlyArray<Violation> = []

export const toldOf = (found: ReadonlyArray<Tolerated>): ReadonlyArray<Violation> =>
  found.length === 0 ? none : found.map(({ violation }) => violation)

/** The message's outcome in every sink, if the rules send it to the dead letters. */
export const rejectionOf = (
  rules: Pick<Rules, "validation">,
  found: ReadonlyArray<Tolerated>
): Receipt.Outcome | undefined => {
  if (rules.validation !== "deadLetter") return undefined
  const refused = found.find(({ resolving }) => !resolving)
  return refused && Receipt.rejected(`not valid: ${textOf(refused.violation)}`)
}
