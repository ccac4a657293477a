import * as EventSink from "@trackmap/core/EventSink"
import * as Receipt from "@trackmap/core/Receipt"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Execute, Inserting, Statement, Through } from "./model.ts"
import { OutboxError } from "../../OutboxError.ts"
import { type Entry, entry } from "../../OutboxStore.ts"
import * as awaited from "../writing/awaited.ts"
import { Collecting, Collector, rolledBack } from "../writing/collector.ts"
import { batchLimits, sendTo } from "../writing/sink.ts"
import { WaitingMessages } from "../writing/waiting.ts"
import * as callServices from "./callServices.ts"
import { plain } from "./statement.ts"

/** The settings of an outbox that is written through another client. */
export interface Settings {
  readonly name: string
  readonly isolated: boolean
  readonly statement: (entries: ReadonlyArray<Entry>) => Statement
  /** Wakes the relays. Undefined if the database cannot. */
  readonly wake: Statement | undefined
  readonly execute: Execute
}

/** At most one NOTIFY in so many milliseconds: at its commit, each takes a lock that all of them share. */
const wakeAfter = 10

/** The transaction around the current code. */
const Within = Context.Reference<object | undefined>("@trackmap/outbox/Within", { defaultValue: () => undefined })

const failed = (): OutboxError =>
  new OutboxError({
    operation: "insert",
    reason: "your client could not run the insert",
    remedy: "look at its own error, and check the tables, the rights and the schema",
    transient: true
  })

const late = new OutboxError({
  operation: "insert",
  reason: "an event was tracked in a transaction whose insert had already run",
  remedy: "await the tracker's calls before the function that you pass to inserting ends",
  transient: false
})

const savepoint = "trackmap_outbox"

/** Runs the insert under a savepoint, so that its failure leaves the transaction as it was. Returns whether it succeeded. */
const isolatedInsert = async (execute: Execute, insert: Statement): Promise<boolean> => {
  await execute(plain(`SAVEPOINT ${savepoint}`))
  try {
    await execute(insert)
  } catch {
    await execute(plain(`ROLLBACK TO SAVEPOINT ${savepoint}`))
    return false
  }
  await execute(plain(`RELEASE SAVEPOINT ${savepoint}`))
  return true
}

export const through = ({ execute, isolated, name, statement, wake }: Settings): Through => {
  const messages = new WaitingMessages()
  const outbox = {}
  let isWaking = false
  const wakeRelays = (): void => {
    if (wake === undefined || isWaking) return
    isWaking = true
    const end = (): void => void (isWaking = false)
    const woken = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, wakeAfter).unref())
      end()
      await execute(wake)
    }
    // A relay that nobody wakes polls.
    woken().catch(end)
  }
  const store = (entries: ReadonlyArray<Entry>): Effect.Effect<void, OutboxError> =>
    Effect.tryPromise({ try: async () => void (await execute(statement(entries))), catch: failed })
  const acceptor: EventSink.Acceptor = {
    accept: (message) =>
      Effect.withFiber((fiber) => {
        const collector = Context.get(fiber.context, Collecting)
        if (collector?.outbox !== outbox) return Effect.succeed(false)
        if (!collector.isOpen) {
          message.settle(Receipt.dropped(late.message))
          return Effect.die(late)
        }
        const waiting = messages.add(message, collector.level, 0)
        collector.add({ entry: entry(message.envelope), waiting, isolated })
        return Effect.succeed(true)
      }),
    awaited: (messageId) =>
      Effect.suspend(() => {
        const within = Context.get(callServices.current(), Within)
        return within !== undefined && messages.transactionOf(messageId) === within ? awaited.refuse : Effect.void
      }),
    send: sendTo((entries) => Effect.tap(store(entries), () => Effect.sync(wakeRelays)))
  }
  const insertingIn =
    (transaction: object, collectors: Array<Collector>): Inserting =>
    async (executeIn, f) => {
      const collector = new Collector(outbox, transaction)
      collectors.push(collector)
      try {
        const result = await callServices.run(Collecting, collector, f)
        const collected = collector.end()
        if (collected.length === 0) return result
        const insert = statement(collected.map((one) => one.entry))
        if (!isolated) await executeIn(insert)
        else if (!(await isolatedInsert(executeIn, insert))) collector.settle(Receipt.dropped(failed().message))
        return result
      } catch (error) {
        collector.end()
        collector.settle(rolledBack)
        throw error
      }
    }
  return {
    sink: EventSink.retried(
      EventSink.accepting({ name, limits: batchLimits, defers: true, open: () => Effect.succeed(acceptor) })
    ),
    transaction: async (run) => {
      const transaction = {}
      const collectors: Array<Collector> = []
      const inserting = insertingIn(transaction, collectors)
      try {
        const result = await callServices.run(Within, transaction, () => run(inserting))
        for (const collector of collectors) collector.settle(Receipt.delivered)
        if (collectors.length > 0) wakeRelays()
        return result
      } catch (error) {
        for (const collector of collectors) collector.settle(rolledBack)
        throw error
      }
    }
  }
}
