import * as EventSink from "@trackmap/core/EventSink"
import * as Receipt from "@trackmap/core/Receipt"
import * as SendError from "@trackmap/core/SendError"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as SqlClient from "effect/sql/SqlClient"
import type { OutboxError } from "../../OutboxError.ts"
import { entry, OutboxStore, type Service } from "../../OutboxStore.ts"
import { inTime } from "../inTime.ts"
import * as awaited from "./awaited.ts"
import { Collecting, type Collected, Collector, rolledBack } from "./collector.ts"
import { type Waiting, WaitingMessages } from "./waiting.ts"

/** The most messages of an insert outside of transactions. */
export const batchLimits = { messages: 1_000, bytes: 8_000_000 }

/** How long after its insert a message has no receipt before the database is asked what became of it, in milliseconds. */
const askAfter = 300

/** How long an answer of the database may take outside of transactions, in milliseconds. */
const longest = 30_000

/** Runs an effect after the commit, if its transaction is not rolled back. */
type AfterCommit = (effect: Effect.Effect<void>) => Effect.Effect<void>

/** Inserts messages in the current transaction, and gives them their receipts after its commit. */
export const insert = (
  store: Service,
  sql: SqlClient.SqlClient,
  collected: ReadonlyArray<Collected>
): Effect.Effect<void> => {
  const isolated = collected.every((one) => one.isolated)
  const inserted = store.insert(collected.map((one) => one.entry))
  const afterCommit: AfterCommit = sql.afterCommit
  return (isolated ? sql.withTransaction(inserted) : inserted).pipe(
    Effect.flatMap((written) => {
      for (const { waiting } of collected) waiting.written = written
      return afterCommit(
        Effect.suspend(() => {
          for (const { waiting } of collected) waiting.settle(Receipt.delivered)
          return store.wake
        })
      )
    }),
    Effect.catchCause((cause) => {
      const reason = Cause.hasInterruptsOnly(cause) ? "its caller was interrupted" : reasonOf(Cause.squash(cause))
      for (const { waiting } of collected) waiting.settle(Receipt.dropped(reason))
      if (isolated && !Cause.hasInterruptsOnly(cause)) return Effect.void
      const error = cause.reasons.find(Cause.isFailReason)?.error
      return error === undefined ? Effect.failCause(cause as Cause.Cause<never>) : Effect.die(error)
    })
  )
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && error.name.startsWith("@trackmap/") ? error.message : "the outbox could not insert it"

/** Asks the database for the outcome of messages whose transaction has neither told its commit nor its rollback. */
const ask = (store: Service, messages: WaitingMessages): Effect.Effect<void> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    for (const [written, waiting] of messages.insertedUntil(now - askAfter)) {
      const ids = yield* inTime("committed", longest, store.committed(written))
      if (ids === "open") continue
      waiting.forEach((one, at) => one.settle(ids.has(written.ids[at]!) ? Receipt.delivered : rolledBack))
      yield* store.wake
    }
  }).pipe(Effect.ignore)

/** Stores a batch outside of any transaction. */
export const sendTo =
  (insertAll: (entries: ReadonlyArray<ReturnType<typeof entry>>) => Effect.Effect<unknown, OutboxError>) =>
  (batch: EventSink.Batch): Effect.Effect<ReadonlyArray<Receipt.Outcome>, SendError.SendError> =>
    insertAll(batch.envelopes.map(entry)).pipe(
      Effect.mapError(({ message }) => new SendError.Unavailable({ reason: message })),
      Effect.as(batch.all(Receipt.delivered))
    )

/** The transaction or the savepoint of a fiber, with its connection. */
const levelOf = (sql: SqlClient.SqlClient, context: Context.Context<never>) =>
  Context.getOrUndefined(context, sql.transactionService)

const acceptorOf = (store: Service, sql: SqlClient.SqlClient, isolated: boolean) =>
  Effect.gen(function* () {
    const messages = new WaitingMessages()
    // Not with the services of a caller, who is in a transaction.
    const start = Effect.runForkWith(yield* Effect.context<never>())
    let asking: Fiber.Fiber<void> | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => asking?.interruptUnsafe()))
    const askUntilEmpty: Effect.Effect<void> = Effect.suspend(() => {
      if (!messages.isEmpty) return Effect.andThen(ask(store, messages), Effect.delay(askUntilEmpty, askAfter))
      asking = undefined
      return Effect.void
    })
    const acceptor: EventSink.Acceptor = {
      accept: (message) =>
        Effect.withFiber((fiber) => {
          const level = levelOf(sql, fiber.context)
          if (level === undefined) return Effect.succeed(false)
          const at = Context.get(fiber.context, Clock.Clock).currentTimeMillisUnsafe()
          const waiting: Waiting = messages.add(message, level[0], at)
          asking ??= start(Effect.delay(askUntilEmpty, askAfter))
          const collected: Collected = { entry: entry(message.envelope), waiting, isolated }
          const collector = Context.get(fiber.context, Collecting)
          if (collector?.outbox === store && collector.level === level && collector.isOpen) {
            collector.add(collected)
            return Effect.succeed(true)
          }
          return Effect.as(insert(store, sql, [collected]), true)
        }),
      awaited: (messageId) =>
        Effect.withFiber((fiber) => {
          const connection = levelOf(sql, fiber.context)?.[0]
          return connection !== undefined && messages.transactionOf(messageId) === connection
            ? awaited.refuse
            : Effect.void
        }),
      send: sendTo((entries) => Effect.tap(inTime("insert", longest, store.insert(entries)), store.wake))
    }
    return acceptor
  })

export const sink = (name: string, isolated: boolean) =>
  EventSink.accepting({
    name,
    limits: batchLimits,
    defers: true,
    open: () =>
      Effect.gen(function* () {
        return yield* acceptorOf(yield* OutboxStore, yield* SqlClient.SqlClient, isolated)
      })
  })

/** Runs an effect in a transaction, and inserts what it tracks by one statement before the commit. */
export const transaction = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const store = yield* OutboxStore
  const sql = yield* SqlClient.SqlClient
  const collecting = Effect.withFiber<A, E, R>((fiber) => {
    const collector = new Collector(store, levelOf(sql, fiber.context))
    const insertAll = Effect.suspend(() => {
      const collected = collector.end()
      return collected.length === 0 ? Effect.void : insert(store, sql, collected)
    })
    return Effect.provideService(effect, Collecting, collector).pipe(
      Effect.tap(() => insertAll),
      Effect.onExit((exit) => Effect.sync(() => void (exit._tag === "Failure" && collector.settle(rolledBack))))
    )
  })
  return yield* sql.withTransaction(collecting)
})
