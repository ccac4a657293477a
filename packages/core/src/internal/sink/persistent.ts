/** A sink that never gives up a message because of its destination's state, for messages that are stored elsewhere. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Receipt from "../../Receipt.ts"
import { type Misconfigured, type SendError, Unavailable } from "../../SendError.ts"
import { oneLine } from "../base/oneLine.ts"
import { failedIn } from "./failed.ts"
import type { Attempted, RetryPolicy, SendBatch } from "./model.ts"
import * as retry from "./retry.ts"

/** The longest pause between two attempts, in milliseconds, if the destination does not request a longer one. */
const longest = 60_000

/** A sink's own schedule, without its end and without a limit. */
export const policyOf = ({ limit, schedule }: RetryPolicy): RetryPolicy => ({
  schedule: Schedule.modifyDelay(
    limit === 0 ? retry.defaultSchedule : Schedule.concat(schedule, retry.defaultSchedule),
    ({ duration }) => Effect.succeed(Duration.millis(Math.min(Duration.toMillis(duration), longest)))
  ),
  limit: Number.POSITIVE_INFINITY
})

/** Whether an outcome is due to the destination's state or the sink's settings, and not to the message. */
const isOpen = (outcome: Receipt.Outcome): boolean =>
  outcome._tag === "Expired" || outcome._tag === "Dropped" || retry.isOfSettings(outcome)

const failureIn = (sent: ReadonlyArray<Attempted>): Unavailable | undefined => {
  const open = sent.find(({ outcome }) => isOpen(outcome))?.outcome
  if (open === undefined || open._tag === "Delivered") return undefined
  const outcomes = sent.map(({ outcome }) => (isOpen(outcome) ? undefined : outcome))
  return new Unavailable({ reason: open.reason, outcomes })
}

/** Logs when a destination accepts no messages, and when it does again: at most one such pair a minute. */
export class Outage {
  readonly #sink: string
  #reason: string | undefined
  #logged: SendError["_tag"] | undefined
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(sink: string) {
    this.#sink = sink
  }

  /** Why the destination accepts no messages now. */
  get reason(): string | undefined {
    return this.#reason
  }

  begin({ _tag, reason }: SendError): Effect.Effect<void> {
    return Effect.clockWith((clock) => {
      this.#reason = oneLine(reason)
      const now = clock.currentTimeMillisUnsafe()
      const isNews = _tag !== this.#logged && (this.#logged !== undefined || Math.abs(now - this.#loggedAt) >= longest)
      if (!isNews) return Effect.void
      this.#logged = _tag
      this.#loggedAt = now
      return _tag === "Misconfigured"
        ? Effect.logError(`${this.#sink}: ${this.#reason}; its messages wait until you fix its key or address`)
        : Effect.logWarning(`${this.#sink}: ${this.#reason}; its messages wait and will be retried`)
    })
  }

  readonly end: Effect.Effect<void> = Effect.suspend(() => {
    if (this.#reason === undefined) return Effect.void
    const wasLogged = this.#logged !== undefined
    this.#reason = undefined
    this.#logged = undefined
    return wasLogged ? Effect.logInfo(`${this.#sink}: it accepts messages again`) : Effect.void
  })
}

const unavailable = (outage: Outage, error: Unavailable | Misconfigured): Effect.Effect<never, Unavailable> => {
  const failure = error._tag === "Unavailable" ? error : new Unavailable({ reason: error.reason })
  return Effect.andThen(outage.begin(error), Effect.fail(failure))
}

/**
 * Turns everything that says nothing about a message itself into `Unavailable`, so that it is retried: a refused key, outcomes of a fallback that
 * is unavailable too, and defects of combinators.
 */
export const send =
  (name: string, attempt: SendBatch, outage: Outage): SendBatch =>
  (batch) =>
    Effect.matchCauseEffect(attempt(batch), {
      onSuccess: (sent) => {
        const failure = failureIn(sent)
        return failure === undefined ? Effect.as(outage.end, sent) : unavailable(outage, failure)
      },
      onFailure: (cause): Effect.Effect<never, SendError> => {
        const error = cause.reasons.find(Cause.isFailReason)?.error
        if (error?._tag === "Unavailable" || error?._tag === "Misconfigured") return unavailable(outage, error)
        if (error !== undefined) return Effect.andThen(outage.end, Effect.fail(error))
        if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
        const failure = new Unavailable({ reason: "a combinator of the sink failed" })
        return Effect.andThen(failedIn(name, "a combinator of the sink", cause), unavailable(outage, failure))
      }
    })
