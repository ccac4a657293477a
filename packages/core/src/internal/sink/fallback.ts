import * as Effect from "effect/Effect"
import * as Receipt from "../../Receipt.ts"
import { deliverablesOf } from "./batch.ts"
import { through } from "./deliver.ts"
import type { Attempted, EventSink, SendBatch } from "./model.ts"
import { openAll } from "./open.ts"
import * as retry from "./retry.ts"
import { mapSinks, opened, settled } from "./sink.ts"

export const orElse = <E, R, E2, R2>(self: EventSink<E, R>, that: EventSink<E2, R2>): EventSink<E | E2, R | R2> =>
  mapSinks(
    opened(self, (open, sink, plan) =>
      Effect.map(openAll(that, plan), (others) => {
        const first = retry.send(open.send, sink.retry)
        const send: SendBatch = (batch) =>
          Effect.flatMap(first(batch), (sent) =>
            Effect.reduce(
              others,
              (): ReadonlyArray<Attempted> => sent,
              (before, other) => {
                if (!before.some(({ outcome }) => Receipt.isLost(outcome))) return Effect.succeed(before)
                const left = deliverablesOf(batch).filter((_, index) => Receipt.isLost(before[index]!.outcome))
                return Effect.map(through(other, left), (receipts) => {
                  const next = receipts.values()
                  return before.map((one) => {
                    if (!Receipt.isLost(one.outcome)) return one
                    const { attempts, outcome } = next.next().value!
                    return { outcome, attempts: one.attempts + attempts }
                  })
                })
              }
            )
          )
        return { ...open, send }
      })
    ),
    (sink) => ({ ...sink, retry: retry.once })
  )

export const deadLetter = <E, R, E2, R2>(
  self: EventSink<E, R>,
  letters: EventSink<E2, R2>
): EventSink<E | E2, R | R2> =>
  opened(self, (open, sink, plan) =>
    Effect.map(openAll(letters, plan), (others) =>
      settled(open, (given, receipts) => {
        const lost = given.filter((_, index) => Receipt.isLost(receipts[index]!.outcome))
        if (lost.length === 0) return Effect.succeed(receipts)
        return Effect.forEach(others, (other) => through(other, lost), { concurrency: "unbounded" }).pipe(
          Effect.flatMap((letters) => {
            const left = letters.flat().filter(({ outcome }) => Receipt.isLost(outcome)).length
            return left === 0
              ? Effect.succeed(receipts)
              : Effect.as(Effect.logError(`${sink.name}: ${left} dead letters were lost`), receipts)
          })
        )
      })
    )
  )
