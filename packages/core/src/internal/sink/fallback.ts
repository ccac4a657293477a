import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Receipt from "../../Receipt.ts"
import { Unavailable } from "../../SendError.ts"
import { millisOf, optionsOf } from "../base/options.ts"
import { Backlog, type Missed } from "./backlog.ts"
import { deliverablesOf } from "./batch.ts"
import { through } from "./deliver.ts"
import { failedIn } from "./failed.ts"
import { Json } from "../base/jsonText.ts"
import { LossLog } from "./lossLog.ts"
import type { Attempted, Deliverable, DeadLetterOptions, EventSink, OpenSink, SendBatch, Sink } from "./model.ts"
import { openAll, sizeOf } from "./open.ts"
import * as retry from "./retry.ts"
import { mapSinks, opened, settled, sinksOf } from "./sink.ts"

export const orElse = <E, R, E2, R2>(self: EventSink<E, R>, that: EventSink<E2, R2>): EventSink<E | E2, R | R2> => {
  // Refuse a value that is not a sink at composition, not when the sinks open.
  sinksOf(that)
  return mapSinks(
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
        return { ...open, send, pending: [...open.pending, ...others.flatMap(({ open: { pending } }) => pending)] }
      })
    ),
    (sink) => ({ ...sink, retry: retry.once })
  )
}

/** The default capacity of a sink's buffer. */
const capacity = 10_000

const missed: { readonly [Why in Missed]: Receipt.Outcome } = {
  full: Receipt.dropped("too many dead letters wait for their sink"),
  closed: Receipt.expired("the tracker closed before there was an answer")
}

const broken = { outcome: Receipt.rejected("a combinator of the sink failed") }

/** The dead letters of one sink, on their way to another. */
class Letters {
  readonly #to: OpenSink
  readonly #losses: LossLog
  readonly backlog: Backlog<Deliverable>

  constructor(from: Sink, { open, sink }: OpenSink, within: number) {
    const { age, buffer, limits, name } = sink
    const attempt: SendBatch = (batch) =>
      Effect.timeoutOrElse(open.send(batch), {
        duration: within,
        orElse: () => Effect.fail(new Unavailable({ reason: `${name} did not answer within ${within} ms` }))
      })
    this.#to = { open, sink, send: retry.send(attempt, sink.retry) }
    this.#losses = new LossLog(from.name, "dead letter")
    this.backlog = new Backlog({
      capacity: buffer.capacity ?? capacity,
      age,
      together: limits.messages,
      bytes: limits.bytes,
      bytesOf: ({ message }) => sizeOf(limits, message),
      run: (letters) => this.#run(letters),
      missed: (letters, why) => {
        const receipt = { outcome: missed[why] }
        return this.#log(
          letters,
          letters.map(() => receipt)
        )
      }
    })
  }

  #run(letters: ReadonlyArray<Deliverable>): Effect.Effect<void, never, any> {
    return through(this.#to, letters).pipe(
      Effect.flatMap((receipts) => this.#log(letters, receipts)),
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.interrupt
          : Effect.andThen(
              failedIn(this.#to.sink.name, "a combinator of the sink", cause),
              this.#log(
                letters,
                letters.map(() => broken)
              )
            )
      )
    )
  }

  /** Logs those that are lost. */
  #log(
    letters: ReadonlyArray<Deliverable>,
    receipts: ReadonlyArray<Pick<Receipt.Receipt, "outcome">>
  ): Effect.Effect<void> {
    return Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => this.#losses.add(receipts, (index) => letters[index]!.message, now) ?? Effect.void
    )
  }

  /** Logs the losses that no line has reported yet. */
  readonly flushLog: Effect.Effect<void> = Effect.suspend(() => this.#losses.flush() ?? Effect.void)
}

export const deadLetter = <E, R, E2, R2>(
  self: EventSink<E, R>,
  letters: EventSink<E2, R2>,
  options?: DeadLetterOptions
): EventSink<E | E2, R | R2> => {
  sinksOf(letters)
  if (options !== undefined) optionsOf("EventSink.deadLetter", options, { within: true })
  const within = millisOf("deadLetter", "within", options?.within ?? "10 seconds")
  return opened(self, (open, sink, plan) =>
    Effect.flatMap(openAll(letters, plan), (others) => {
      const all = others.map((other) => new Letters(sink, other, within))
      const next = settled(open, (given, receipts, aside) => {
        const lost: Array<Deliverable> = []
        for (const [index, { at, attempts, outcome }] of receipts.entries()) {
          if (!Receipt.isLost(outcome)) continue
          const { consent, message, purposes, shape, violations } = given[index]!
          const letter = { sink: sink.name, outcome, attempts, at }
          // It may wait for long, and nobody pins its JSON.
          Json.keep(message)
          lost.push({ message, purposes, consent, shape, violations, letter })
        }
        if (lost.length > 0) for (const { backlog } of all) backlog.add(lost, aside)
        return receipts
      })
      const pending = [...open.pending, ...all.map(({ backlog }) => backlog)]
      return Effect.as(
        Effect.addFinalizer(() => Effect.forEach(all, ({ flushLog }) => flushLog, { discard: true })),
        { ...next, pending }
      )
    })
  )
}
