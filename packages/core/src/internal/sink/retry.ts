import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Receipt from "../../Receipt.ts"
import type { SendError, Unavailable } from "../../SendError.ts"
import { oneLine } from "../base/oneLine.ts"
import { millisOf, optionsOf } from "../base/options.ts"
import * as closing from "./closing.ts"
import { outcomesIn } from "./known.ts"
import type { Attempted, Batch, EventSink, RetryOptions, RetryPolicy, SendBatch } from "./model.ts"
import { mapSinks } from "./sink.ts"

/** Exponential from half a second to a minute. Full jitter keeps clients that failed together from retrying together. */
export const defaultSchedule: Schedule.Schedule<unknown, SendError> = Schedule.exponential("500 millis").pipe(
  Schedule.modifyDelay(({ duration }) =>
    Effect.map(Random.next, (part) => Duration.millis(Math.min(Duration.toMillis(duration), 60_000) * part))
  )
)

/** Never retries. */
export const once: RetryPolicy = { schedule: Schedule.recurs(0), limit: 0 }

/**
 * The schedule, but never sooner than the destination's `Retry-After`, and never after the limit. If the destination requests a wait beyond
 * the limit, the last attempt is at the limit. It uses elapsed time, so setting the clock does not matter. It waits by itself, because closing
 * cuts the wait short.
 */
const bounded = ({ limit, schedule }: RetryPolicy, since: bigint): Schedule.Schedule<unknown, SendError, SendError> =>
  Schedule.modifyDelay(schedule, ({ duration, input }) =>
    Effect.flatMap(Clock.monotonicTimeNanos, (now): Effect.Effect<Duration.Duration, SendError> => {
      // Compares tags, because another copy of the package has other classes.
      if (input._tag !== "Unavailable") return Effect.fail(input)
      const left = limit - elapsed(since, now)
      const asked = askedBy(input)
      const delay = Math.max(Duration.toMillis(duration), asked)
      if (left > 0 && asked > left) return Effect.as(Effect.sleep(left), Duration.zero)
      if (delay > left) return Effect.fail(input)
      return Effect.as(Effect.andThen(Effect.sleep(asked), closing.wait(delay - asked)), Duration.zero)
    })
  )

/** In milliseconds. */
const elapsed = (since: bigint, now: bigint): number => Number(now - since) / 1_000_000

/** The wait that a destination requests. Code that throws its own error may put any number there. */
const askedBy = ({ retryAfter = 0 }: Unavailable): number => (retryAfter > 0 ? retryAfter : 0)

/** Messages of one batch, until each has its outcome. */
class Delivery {
  readonly #send: SendBatch
  /** By index in the whole batch, filled as outcomes become known. */
  readonly #sent: Array<Attempted>
  /** The messages without an outcome, and their indices in the whole batch. */
  #left: Batch
  #places: ReadonlyArray<number>
  #attempts: number

  constructor(send: SendBatch, sent: Array<Attempted>, left: Batch, places: ReadonlyArray<number>, attempts: number) {
    this.#send = send
    this.#sent = sent
    this.#left = left
    this.#places = places
    this.#attempts = attempts
  }

  get left(): number {
    return this.#places.length
  }

  /** Sends the messages without an outcome. Fails if some still have none afterwards. */
  readonly attempt: Effect.Effect<void, SendError, any> = Effect.suspend(() => {
    const earlier = this.#attempts++
    return Effect.matchEffect(this.#send(this.#left), {
      onSuccess: (sent) =>
        Effect.sync(() => {
          for (const [index, { attempts, outcome }] of sent.entries()) this.#put(index, outcome, earlier + attempts)
          this.#places = []
        }),
      onFailure: (error) => Effect.suspend(() => (this.#take(error) ? Effect.void : Effect.fail(error)))
    })
  })

  /** Gives all remaining messages one outcome. */
  end(outcome: Receipt.Outcome): void {
    for (const index of this.#places.keys()) this.#put(index, outcome, this.#attempts)
  }

  /** The index of the first message without an outcome. */
  get place(): number {
    return this.#places[0]!
  }

  get halves(): ReadonlyArray<Delivery> {
    const middle = this.left >> 1
    return [this.#part(0, middle), this.#part(middle, this.left)]
  }

  get singles(): ReadonlyArray<Delivery> {
    return range(0, this.left).map((index) => this.#part(index, index + 1))
  }

  #part(from: number, to: number): Delivery {
    const left = this.#left.at(range(from, to))
    return new Delivery(this.#send, this.#sent, left, this.#places.slice(from, to), this.#attempts)
  }

  #put(index: number, outcome: Receipt.Outcome, attempts: number): void {
    this.#sent[this.#places[index]!] = { outcome: plain(outcome), attempts }
  }

  /** Takes the outcomes that an error carries. Returns whether every message has one. */
  #take(error: SendError): boolean {
    const known = outcomesIn(error, this.#left)
    if (known === undefined) return false
    const left: Array<number> = []
    for (const [index, outcome] of known.entries()) {
      if (outcome === undefined) left.push(index)
      else this.#put(index, outcome, this.#attempts)
    }
    const places = this.#places
    this.#places = left.map((index) => places[index]!)
    if (left.length > 0) this.#left = this.#left.at(left)
    return left.length === 0
  }
}

/** The reason may contain text from the destination. */
const plain = (outcome: Receipt.Outcome): Receipt.Outcome => {
  if (outcome._tag === "Delivered" || typeof outcome.reason !== "string") return outcome
  const reason = oneLine(outcome.reason)
  return reason === outcome.reason ? outcome : { ...outcome, reason }
}

const range = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from }, (_, index) => from + index)

/** The outcomes of messages that were rejected because of the sink's key or address. */
const ofSettings = new WeakSet<Receipt.Outcome>()

/** Whether a message was rejected because of the sink's key or address, and not for its own sake. */
export const isOfSettings = (outcome: Receipt.Outcome): boolean => ofSettings.has(outcome)

/** The outcome of the messages that are left with an error when no attempt follows. */
const outcomeOf = (tag: SendError["_tag"], reason: string): Receipt.Outcome => {
  if (tag === "Unavailable") return Receipt.expired(reason)
  const rejected = Receipt.rejected(oneLine(reason))
  if (tag === "Misconfigured") ofSettings.add(rejected)
  return rejected
}

/** Sends a batch until each of its messages has an outcome. Never fails. */
export type Deliver = (batch: Batch, sent?: Array<Attempted>) => Effect.Effect<ReadonlyArray<Attempted>, never, any>

/**
 * Retries a batch while its destination is unavailable, and halves it if the destination refuses it. Never fails. `sent` receives outcomes as
 * they become known, for a tracker that closes meanwhile.
 */
export const send =
  (attempt: SendBatch, policy: RetryPolicy): Deliver =>
  (batch, sent = new Array<Attempted>(batch.length)) =>
    Effect.flatMap(Clock.monotonicTimeNanos, (since) => {
      let refusedAlone = 0
      // Halving would send two requests for each message to a destination that refuses everything.
      const refusesAll = (): boolean => refusedAlone >= 2 && !sent.some((one) => one?.outcome._tag === "Delivered")
      const deliverAll = (parts: ReadonlyArray<Delivery>): Effect.Effect<void, never, any> =>
        Effect.forEach(parts, deliver, { discard: true })
      const deliver = (delivery: Delivery): Effect.Effect<void, never, any> =>
        Effect.suspend(() => {
          if (delivery.left > 1) return refusesAll() ? deliverAll(delivery.singles) : deliverWhole(delivery)
          const { place } = delivery
          return Effect.andThen(
            deliverWhole(delivery),
            Effect.sync(() => {
              if (sent[place]!.outcome._tag === "Rejected") refusedAlone++
            })
          )
        })
      const deliverWhole = (delivery: Delivery): Effect.Effect<void, never, any> =>
        Effect.retry(delivery.attempt, bounded(policy, since)).pipe(
          Effect.catch(({ _tag, reason }) => {
            if (delivery.left === 1 || (_tag !== "TooLarge" && _tag !== "Refused")) {
              return Effect.sync(() => delivery.end(outcomeOf(_tag, reason)))
            }
            return Effect.flatMap(Clock.monotonicTimeNanos, (now) => {
              if (policy.limit === 0 || elapsed(since, now) < policy.limit) return deliverAll(delivery.halves)
              return Effect.sync(() =>
                delivery.end(Receipt.rejected(`${reason}; no time was left to send its messages one by one`))
              )
            })
          })
        )
      return Effect.as(deliverWhole(new Delivery(attempt, sent, batch, range(0, batch.length), 0)), sent)
    })

export const retried = <E, R>(self: EventSink<E, R>, options: RetryOptions = {}): EventSink<E, R> => {
  const { limit = "10 minutes", schedule = defaultSchedule } = optionsOf("EventSink.retried", options, {
    schedule: true,
    limit: true
  })
  return mapSinks(self, (sink) => ({
    ...sink,
    retry: { schedule, limit: millisOf(sink.name, "the limit of the retries (EventSink.retried)", limit) }
  }))
}
