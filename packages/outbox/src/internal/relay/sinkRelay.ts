/** One sink of a relay: it claims messages while there is room for them, and waits while there are none. */
import type { Delivery } from "@trackmap/core/Delivery"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as PubSub from "effect/PubSub"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import type { Claim } from "../../OutboxStore.ts"
import * as claimed from "./claimed.ts"
import { ClaimSize } from "./claimSize.ts"
import { type Complete, LookUps } from "./lookUps.ts"

/** The first wait for new messages after there were some, in milliseconds. */
const soonest = 10

/** How long a relay waits before it claims again, while it could not extend the lease of another claim, in milliseconds. */
const overdueCheck = 100

/** The longest wait after an error of the database or of a sink's code, in milliseconds. */
const longest = 10_000

const defect = (sink: string, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.andThen(
    Effect.logError(`${sink}: the relay failed unexpectedly, and tries again; the debug log has the cause`),
    Effect.logDebug(sink, cause)
  )

/** What all sinks of a relay share. */
export type Shared = Pick<claimed.Environment, "store" | "settings" | "closing" | "trouble">

export class SinkRelay {
  readonly delivery: Delivery
  readonly #environment: claimed.Environment
  readonly #size: ClaimSize
  /** A permit for each claim that may be open: while the messages of one are sent, the next one is claimed. */
  readonly #room: Semaphore.Semaphore
  readonly #working = new Set<Fiber.Fiber<void>>()
  #sending = 0

  constructor(delivery: Delivery, complete: Complete, shared: Shared) {
    this.delivery = delivery
    const { settings } = shared
    this.#environment = {
      ...shared,
      lookUps: new LookUps(delivery.sink, complete),
      delivery,
      sending: Semaphore.makeUnsafe(delivery.concurrency),
      logs: new claimed.Logs(delivery.sink),
      overdue: new Set()
    }
    const { bytes, lease, limit } = settings
    this.#size = new ClaimSize({ batch: Math.min(delivery.limits.messages, limit), limit, bytes, lease })
    this.#room = Semaphore.makeUnsafe(settings.inOrder ? 1 : delivery.concurrency + 1)
  }

  /** Why its messages wait. */
  get outage(): string | undefined {
    return this.delivery.outage ?? this.#environment.lookUps.outage
  }

  /** The messages that are being sent. */
  get sending(): number {
    return this.#sending
  }

  /** Claims and sends messages until the relay closes. */
  readonly run: Effect.Effect<void> = Effect.scoped(
    Effect.gen({ self: this }, function* () {
      const { closing, overdue, settings, store, trouble } = this.#environment
      const wakes = yield* store.wakes
      let wait = soonest
      let failures = 0
      while (!closing.isOpen()) {
        if (overdue.size > 0) {
          yield* this.#closed(Effect.sleep(overdueCheck))
          continue
        }
        if (yield* this.#closed(this.#room.take(1))) continue
        const limit = this.#size.next
        const options = { limit, lease: settings.lease, alone: settings.inOrder }
        const result = yield* Effect.exit(store.claim(this.delivery.sink, options))
        if (result._tag === "Failure") {
          yield* this.#room.release(1)
          const error = result.cause.reasons.find(Cause.isFailReason)?.error
          yield* error === undefined ? defect(this.delivery.sink, result.cause) : trouble.begin(error)
          const pause = Math.min(longest, 100 * 2 ** Math.min(failures++, 10)) * (0.5 + 0.5 * (yield* Random.next))
          yield* this.#closed(Effect.sleep(pause))
          continue
        }
        yield* trouble.end
        failures = 0
        if (result.value !== undefined) {
          wait = soonest
          yield* this.#start(result.value, limit)
          continue
        }
        yield* this.#room.release(1)
        yield* this.#closed(Effect.raceFirst(PubSub.take(wakes), Effect.sleep(wait)))
        wait = Math.min(settings.poll, wait * 2)
      }
      yield* Fiber.awaitAll([...this.#working])
    })
  )

  /** Waits for an effect, and returns whether the relay closed before it ended. */
  #closed(effect: Effect.Effect<unknown>): Effect.Effect<boolean> {
    return Effect.raceFirst(Effect.as(effect, false), Effect.as(this.#environment.closing.await, true))
  }

  /** Works on a claim in its own fiber. */
  #start(claim: Claim, limit: number): Effect.Effect<void> {
    const { length } = claim.rows
    this.#sending += length
    const work = Effect.clockWith((clock) => {
      const since = clock.monotonicTimeNanosUnsafe()
      return Effect.andThen(
        claimed.work(this.#environment, claim),
        Effect.sync(() => {
          const took = Number(clock.monotonicTimeNanosUnsafe() - since) / 1e6
          this.#size.add(
            claim.rows.map(({ body }) => body.length),
            limit,
            took
          )
        })
      )
    }).pipe(
      Effect.catchCause((cause) =>
        // Whatever failed may fail again at once.
        Effect.andThen(defect(this.delivery.sink, cause), this.#closed(Effect.sleep(1_000)))
      ),
      Effect.ensuring(
        Effect.suspend(() => {
          this.#sending -= length
          return this.#room.release(1)
        })
      ),
      Effect.asVoid
    )
    return Effect.map(Effect.forkDetach(work), (fiber) => {
      this.#working.add(fiber)
      fiber.addObserver(() => this.#working.delete(fiber))
    })
  }

  /** Interrupts what does not end by itself. */
  readonly stop: Effect.Effect<void> = Effect.suspend(() => {
    for (const fiber of this.#working) fiber.interruptUnsafe()
    return Effect.void
  })
}
