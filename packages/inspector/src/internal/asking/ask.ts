import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { logDefect } from "../logDefect.ts"
import type { Answer } from "./Answer.ts"
import { Refused } from "./Refused.ts"

/** What is asked, beside the service: an outbox or a warehouse. */
export interface Asked {
  readonly name: string
  /** The tag of its own errors. */
  readonly errors: string
  /** The status for an error that stays. */
  readonly refusal: Refused["status"]
}

const fail = (status: Refused["status"], error: string): Effect.Effect<never, Refused> =>
  Effect.fail(new Refused({ status, error }))

interface Told {
  readonly _tag: string
  readonly message: string
  readonly transient?: boolean
}

const isTold = (error: unknown, { errors }: Asked): error is Told =>
  typeof error === "object" && error !== null && (error as Partial<Told>)._tag === errors

/** Its own errors are for people. Any other can contain anything, such as a password, so only the log has it. */
const refusalOf = (error: unknown, asked: Asked): Effect.Effect<never, Refused> => {
  if (isTold(error, asked)) return fail(error.transient === true ? 503 : asked.refusal, error.message)
  const logged = logDefect(`the inspector could not ask the ${asked.name}`, error)
  return Effect.andThen(logged, fail(503, `The ${asked.name} failed: see the service's log.`))
}

/** Calls it, and gives up after a time, or when nobody waits for the answer any more: then the signal aborts. */
export const ask = <A>(
  asked: Asked,
  within: Duration.Duration,
  call: (signal: AbortSignal) => Answer<A>
): Effect.Effect<A, Refused> =>
  Effect.suspend(() => {
    const controller = new AbortController()
    const answer = call(controller.signal)
    const run = Effect.isEffect(answer) ? answer : Effect.tryPromise({ try: () => answer, catch: (error) => error })
    return Effect.onInterrupt(run, () => Effect.sync(() => controller.abort()))
  }).pipe(
    Effect.catchDefect((defect) => Effect.fail(defect)),
    Effect.catch((error) => refusalOf(error, asked)),
    Effect.timeoutOrElse({
      duration: within,
      orElse: () => fail(503, `The ${asked.name} has not answered within ${Duration.format(within)}.`)
    })
  )
