import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { logDefect } from "../logDefect.ts"
import type { Answer } from "./model.ts"
import { Refused } from "./Refused.ts"

const fail = (status: Refused["status"], error: string): Effect.Effect<never, Refused> =>
  Effect.fail(new Refused({ status, error }))

interface Told {
  readonly _tag: "OutboxError"
  readonly message: string
  readonly transient: boolean
}

const isTold = (error: unknown): error is Told =>
  typeof error === "object" && error !== null && (error as Partial<Told>)._tag === "OutboxError"

/** The errors of the outbox are for people. Any other can contain anything, such as a password, so only the log has it. */
const refusalOf = (error: unknown): Effect.Effect<never, Refused> => {
  if (isTold(error)) return fail(error.transient ? 503 : 409, error.message)
  const logged = logDefect("the inspector could not ask the outbox", error)
  return Effect.andThen(logged, fail(503, "The outbox failed: see the service's log."))
}

/** Calls the outbox, and gives up after a time. */
export const ask = <A>(within: Duration.Duration, call: () => Answer<A>): Effect.Effect<A, Refused> =>
  Effect.suspend(() => {
    const answer = call()
    return Effect.isEffect(answer) ? answer : Effect.tryPromise({ try: () => answer, catch: (error) => error })
  }).pipe(
    Effect.catchDefect((defect) => Effect.fail(defect)),
    Effect.catch(refusalOf),
    Effect.timeoutOrElse({
      duration: within,
      orElse: () => fail(503, `The outbox has not answered within ${Duration.format(within)}.`)
    })
  )
