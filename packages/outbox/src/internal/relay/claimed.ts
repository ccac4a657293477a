/** The work on one claim: its messages are sent, and it is completed, while its lease is extended. */
import type { Delivery } from "@trackmap/core/Delivery"
import * as Receipt from "@trackmap/core/Receipt"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Latch from "effect/Latch"
import * as Schedule from "effect/Schedule"
import type * as Semaphore from "effect/Semaphore"
import type { Claim, Parked, Service as Store } from "../../OutboxStore.ts"
import * as lanes from "./lanes.ts"
import type { LookUps } from "./lookUps.ts"
import { read, type Readable } from "./reading.ts"
import type { Settings } from "./settings.ts"
import { CountLog, messages, type Trouble } from "./trouble.ts"

/** What the work on the claims of a sink shares. */
export interface Environment {
  readonly store: Store
  readonly delivery: Delivery
  readonly settings: Settings
  /** Opens when the relay closes. */
  readonly closing: Latch.Latch
  readonly trouble: Trouble
  /** A permit for each call of the sink at the same time. */
  readonly sending: Semaphore.Semaphore
  readonly logs: Logs
  readonly lookUps: LookUps
  /** The claims whose lease could not be extended. Their messages are still sent, so that claiming them again would send them twice. */
  readonly overdue: Set<Claim>
}

/** How many relays may die with the messages of a claim before it is divided. */
const mostDeaths = 3

/** How far the work on a claim is. */
interface Progress {
  /** The first request may have begun. */
  begun: boolean
  /** All messages have their receipts, and the claim may be completed already. */
  completing: boolean
}

/** The log lines about the messages of a sink. */
export class Logs {
  readonly takenOver: CountLog
  readonly newer: CountLog
  readonly unreadable: CountLog
  readonly divided: CountLog

  constructor(sink: string) {
    this.takenOver = new CountLog(
      (count) =>
        `${sink}: another relay has taken over ${messages(count)} whose lease ran out here; the destination may receive them twice, with the same ids`
    )
    this.newer = new CountLog(
      (count) => `${sink}: left ${messages(count)} of a newer format to newer relays: update @trackmap/outbox here`
    )
    this.unreadable = new CountLog(
      (count) => `${sink}: could not read ${messages(count)} of the outbox: see the dead letters`
    )
    this.divided = new CountLog(
      (count) =>
        `${sink}: relays died ${mostDeaths} times while they sent ${messages(count)}, which now come after others, and one by one if a relay dies again`
    )
  }
}

/** Between attempts to reach the database: from 100 milliseconds to ten seconds. */
const patience = Schedule.exponential("100 millis").pipe(
  Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, Duration.seconds(10)))),
  Schedule.jittered
)

/** How soon extending a lease is tried again, in milliseconds. */
const soon = 1_000

/** Extends the lease until another relay has taken over. */
const leased = (
  { logs, overdue, settings, store, trouble }: Environment,
  claim: Claim,
  progress: Progress
): Effect.Effect<void> => {
  const every = settings.lease / 3
  const extend: Effect.Effect<void> = Effect.suspend(() =>
    Effect.matchEffect(store.renew(claim, settings.lease), {
      onSuccess: (held) => {
        overdue.delete(claim)
        if (held) return Effect.delay(extend, every)
        return progress.completing ? Effect.never : logs.takenOver.add(claim.rows.length)
      },
      onFailure: (error) => {
        overdue.add(claim)
        return Effect.andThen(trouble.begin(error), Effect.delay(extend, Math.min(every, soon)))
      }
    })
  )
  return Effect.ensuring(
    Effect.delay(extend, every),
    Effect.sync(() => overdue.delete(claim))
  )
}

const outageCheck = 50

/** Waits until the relay closes and it is no use to wait longer. */
const givenUp = ({ closing, delivery, settings }: Environment, progress: Progress): Effect.Effect<void> => {
  const check = (left: number): Effect.Effect<void> =>
    left <= 0 || delivery.outage !== undefined || !progress.begun
      ? Effect.void
      : Effect.andThen(
          Effect.sleep(Math.min(left, outageCheck)),
          Effect.suspend(() => check(left - outageCheck))
        )
  return Effect.andThen(
    closing.await,
    Effect.suspend(() => check(settings.closeWithin))
  )
}

/** Sends the messages of a claim. Returns those that the sink lost for good. */
const sent = (
  { delivery, sending, settings }: Environment,
  readable: ReadonlyArray<Readable>,
  progress: Progress
): Effect.Effect<ReadonlyArray<Parked>> => {
  const { concurrency, limits } = delivery
  const deliver = (part: ReadonlyArray<Readable>) =>
    Effect.suspend(() => {
      progress.begun = true
      return delivery.deliver(part)
    })
  const parts = settings.inOrder
    ? lanes.byUser(readable, concurrency)
    : lanes.byBatches(readable, concurrency, Math.min(limits.messages, settings.limit))
  return Effect.map(
    Effect.forEach(
      parts,
      (part) =>
        Effect.map(sending.withPermit(deliver(part)), (receipts) =>
          receipts.flatMap(({ attempts, outcome }, index): ReadonlyArray<Parked> => {
            if (!Receipt.isLost(outcome)) return []
            const { row } = part[index]!
            return [{ id: row.id, attempts: row.attempts + attempts, outcome, dead: true }]
          })
        ),
      { concurrency: "unbounded" }
    ),
    (lost) => lost.flat()
  )
}

/** Names a message that ended a relay, and has come alone for the second time or more. */
const tellAlone = ({ attempt, rows: [row], sink, source }: Claim): Effect.Effect<void> =>
  source === "parked" && attempt > 1 && row !== undefined && row.attempts > 1
    ? Effect.logWarning(`${sink}: sends ${JSON.stringify(row.id)} alone: a relay died while it sent this message`)
    : Effect.void

/** Reads the messages of a claim and sends them. Returns those that the claim does not complete. */
const delivered = (
  environment: Environment,
  claim: Claim,
  progress: Progress
): Effect.Effect<ReadonlyArray<Parked>> => {
  const { logs, lookUps, settings } = environment
  const now = claim.leaseUntil - settings.lease
  const { messages, newer, unreadable } = read(claim, now)
  const told = [tellAlone(claim), logs.newer.add(newer.length), logs.unreadable.add(unreadable.length)]
  return Effect.all(told, { discard: true }).pipe(
    Effect.andThen(lookUps.add(messages, now)),
    Effect.flatMap(({ messages: whole, parked }) =>
      Effect.map(sent(environment, whole, progress), (lost) => [...newer, ...unreadable, ...parked, ...lost])
    )
  )
}

/**
 * Whether something in a claim may be what ends relays. Its messages are then parked, since the store leases those alone with which a relay died.
 * Where users have an order, a claim stays whole.
 */
const isSuspect = ({ settings }: Environment, { attempt, source }: Claim): boolean =>
  source === "log" && attempt > mostDeaths && !settings.inOrder

/** What a message has that waits to be sent apart from those that it was claimed with. */
const apart = Receipt.expired("relays died while they sent it")

/** Sets the messages of a suspect claim aside. They are due at once. */
const divided = ({ logs }: Environment, { rows }: Claim): Effect.Effect<ReadonlyArray<Parked>> =>
  Effect.as(
    logs.divided.add(rows.length),
    rows.map(({ attempts, id }) => ({ id, attempts, outcome: apart, dead: false }))
  )

const completed = (
  { logs, store, trouble }: Environment,
  claim: Claim,
  parked: ReadonlyArray<Parked>
): Effect.Effect<void> => {
  // An earlier call whose answer got lost can have completed the claim.
  let isFirst = true
  return store.complete(claim, parked).pipe(
    Effect.tapError((error) => {
      isFirst = false
      return trouble.begin(error)
    }),
    Effect.retry(patience),
    Effect.flatMap((held) => (held || !isFirst ? trouble.end : logs.takenOver.add(claim.rows.length))),
    // The schedule has no end.
    Effect.orDie
  )
}

/** Gives a claim back. If that fails, or takes too long, another relay takes over when the lease has run out. */
const released = ({ store, trouble }: Environment, claim: Claim): Effect.Effect<void> =>
  store.release(claim).pipe(
    Effect.catch((error) => trouble.begin(error)),
    Effect.interruptible,
    Effect.timeoutOption("2 seconds"),
    Effect.asVoid
  )

/**
 * Sends the messages of a claim and completes it, until another relay takes over, or the relay closes and cannot wait any longer. If it is
 * interrupted, or anything fails, it gives the claim back.
 */
export const work = (environment: Environment, claim: Claim): Effect.Effect<void> =>
  Effect.suspend(() => {
    const progress: Progress = { begun: false, completing: false }
    const ended = isSuspect(environment, claim) ? divided(environment, claim) : delivered(environment, claim, progress)
    const done = Effect.flatMap(ended, (parked) => {
      progress.completing = true
      return Effect.as(completed(environment, claim, parked), true)
    })
    const lost = Effect.as(leased(environment, claim, progress), true)
    const givesUp = Effect.as(givenUp(environment, progress), false)
    return Effect.raceAllFirst([done, lost, givesUp]).pipe(
      Effect.flatMap((isOver) => (isOver ? Effect.void : released(environment, claim))),
      Effect.onError(() => released(environment, claim))
    )
  })
