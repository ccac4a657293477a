import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Receipt from "../../Receipt.ts"
import type { SendError } from "../../SendError.ts"
import * as closing from "./closing.ts"

import type { Attempted, Batch, EventSinkImpl, RetryOptions, RetryPolicy, SendBatch } from "./model.ts"
import { mapSinks } from "./sink.ts"

/** Half a second, doubled to a minute at most, and of that any part: many clients that failed together do not come back together. */
export const defaultSchedule: Schedule.Schedule<unknown, SendError> = Schedule.exponential("500 millis").pipe(
  Schedule.modifyDelay(({ duration }) =>
    Effect.map(Random.next, (part) => Duration.millis(Math.min(Duration.toMillis(duration), 60_000) * part))
  )
)

/** Does not try again. */
export const once: RetryPolicy = { schedule: Schedule.recurs(0), limit: 0 }

/**
 * The schedule, never sooner than the destination asks for, and over where the next attempt would come after the limit. Time
 * is what has gone by, whatever the clock has been set to meanwhile. The wait itself is here, as closing cuts it short.
 */
const bounded = ({ limit, schedule }: RetryPolicy, since: bigint): Schedule.Schedule<unknown, SendError, SendError> =>
  Schedule.modifyDelay(schedule, ({ duration, input }) =>
    Effect.flatMap(Clock.monotonicTimeNanos, (now): Effect.Effect<Duration.Duration, SendError> => {
      // By its tag: another copy of the package has classes of its own.
      if (input._tag !== "Unavailable") return Effect.fail(input)
      const asked = input.retryAfter ?? 0
      const delay = Math.max(Duration.toMillis(duration), asked)
      const elapsed = Number(now - since) / 1_000_000
      if (elapsed + delay > limit) return Effect.fail(input)
      return Effect.as(Effect.andThen(Effect.sleep(asked), closing.wait(delay - asked)), Duration.zero)
    })
  )

/** Tries a batch again while its destination does not answer, and takes it apart where it is refused. Fails no more. */
export const send = (
  attempt: SendBatch,
  options: RetryPolicy
): ((batch: Batch) => Effect.Effect<ReadonlyArray<Attempted>, never, any>) => {
  const apart = (batch: Batch, since: bigint): Effect.Effect<ReadonlyArray<Attempted>, never, any> => {
    const middle = batch.length >> 1
    return Effect.zipWith(
      deliver(batch.slice(0, middle) as unknown as Batch, since),
      deliver(batch.slice(middle) as unknown as Batch, since),
      (first, second) => [...first, ...second]
    )
  }
  const deliver = (batch: Batch, since: bigint): Effect.Effect<ReadonlyArray<Attempted>, never, any> =>
    Effect.suspend(() => {
      let attempts = 0
      const counted = Effect.suspend(() => {
        attempts++
        return attempt(batch)
      })
      const earlier = (sent: ReadonlyArray<Attempted>): ReadonlyArray<Attempted> =>
        attempts === 1 ? sent : sent.map(({ attempts: own, outcome }) => ({ outcome, attempts: own + attempts - 1 }))
      return Effect.retry(counted, bounded(options, since)).pipe(
        Effect.map(earlier),
        Effect.catch((error) => {
          if (batch.length > 1 && (error._tag === "TooLarge" || error._tag === "Refused")) {
            return Effect.map(apart(batch, since), (sent) =>
              sent.map((one) => ({ ...one, attempts: one.attempts + attempts }))
            )
          }
          const outcome = error._tag === "Unavailable" ? Receipt.expired(error.reason) : Receipt.rejected(error.reason)
          return Effect.succeed(batch.map(() => ({ outcome, attempts })))
        })
      )
    })
  return (batch) => Effect.flatMap(Clock.monotonicTimeNanos, (since) => deliver(batch, since))
}

export const retried = (self: EventSinkImpl, options?: RetryOptions): EventSinkImpl =>
  mapSinks(self, (sink) => ({
    ...sink,
    retry: {
      schedule: options?.schedule ?? defaultSchedule,
      limit: Duration.toMillis(Duration.fromInputUnsafe(options?.limit ?? "10 minutes"))
    }
  }))
