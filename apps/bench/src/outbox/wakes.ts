/** How long an event of an idle service takes to the vendor, over a relay in another process. */
import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { PgClient } from "@effect/sql-pg/PgClient"
import { Actor, Tracker } from "@trackmap/core"
import { Outbox, OutboxStore } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { OrderLineUpdated, plan } from "../delivery/event.ts"
import { lineOf, userId } from "../delivery/example.ts"
import { compare, type Measured, type Question } from "../Report.ts"
import { bodyOf } from "./messages.ts"
import { outbox, withServer } from "./postgres.ts"

const schema = "wakes"

interface Arrived {
  readonly at: bigint
  readonly ids: ReadonlyArray<string>
}

const relayOn = async (url: string) => {
  const child = fork(fileURLToPath(new URL("relayProcess.ts", import.meta.url)), [url, schema], {
    serialization: "advanced"
  })
  await once(child, "message")
  return child
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const properties = { action: "orderLineUpdated" } as const
const insertOrder = Effect.flatMap(PgClient, (sql) => sql`INSERT INTO orders (total) VALUES (714328)`)
const track = Tracker.track(OrderLineUpdated, { orderLine: lineOf(0), properties })

/** From the commit's return, and from before the insert, in milliseconds. */
interface Latency {
  readonly later: number
  readonly whole: number
}

/** The times just before the insert and the commit, and when the commit has returned. */
interface Times {
  readonly began: bigint
  readonly committed: bigint
}

const committed = <E, R>(began: Effect.Effect<bigint, E, R>): Effect.Effect<Times, E, R> =>
  Effect.map(began, (at) => ({ began: at, committed: process.hrtime.bigint() }))

const transaction = Effect.suspend(() => {
  let at = 0n
  const work = Effect.andThen(
    Effect.andThen(insertOrder, track),
    Effect.sync(() => void (at = process.hrtime.bigint()))
  )
  return committed(Effect.map(Outbox.transaction(work), () => at))
}).pipe(Actor.as({ userId }))

/** As an executor that is not ours would insert. */
const byHand = Effect.gen(function* () {
  const sql = yield* PgClient
  const store = yield* OutboxStore.OutboxStore
  const id = crypto.randomUUID()
  const { params, sql: text } = store.statement([{ id, body: bodyOf(id, 0) }])
  let at = 0n
  yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* insertOrder
      at = process.hrtime.bigint()
      yield* sql.unsafe(text, params)
    })
  )
  return at
}).pipe(committed)

const row = (name: string, baseline: string, target: number | null, values: ReadonlyArray<number>): Measured =>
  compare(
    { name, unit: "ms", baseline, by: "difference", target },
    values,
    values.map(() => 0)
  )

export const wakes: Question = {
  name: "wake",
  measure: () =>
    withServer(async (url) => {
      const database = outbox(url, schema)
      const runtime = ManagedRuntime.make(Tracker.layer(Outbox.sink(), { plan }).pipe(Layer.provideMerge(database)))
      await runtime.runPromise(
        Effect.flatMap(
          PgClient,
          (sql) => sql`CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total integer NOT NULL)`
        )
      )
      const relay = await relayOn(url)
      type Services = ManagedRuntime.ManagedRuntime.Services<typeof runtime>
      /** The median, in milliseconds, of so many events that are so many milliseconds apart. */
      const p50 = async (write: Effect.Effect<Times, unknown, Services>, times: number, apart: number) => {
        const took: Array<{ readonly whole: number; readonly later: number }> = []
        for (let i = 0; i < times; i++) {
          await new Promise((resolve) => setTimeout(resolve, apart * (0.75 + Math.random() / 2)))
          const arrived = once(relay, "message") as Promise<[Arrived]>
          const { began, committed } = await runtime.runPromise(write)
          const [{ at: then }] = await arrived
          took.push({ whole: Number(then - began) / 1e6, later: Number(then - committed) / 1e6 })
        }
        return { whole: median(took.map(({ whole }) => whole)), later: median(took.map(({ later }) => later)) }
      }
      try {
        await p50(transaction, 30, 50)
        const rounds: Array<{ readonly ours: Latency; readonly others: Latency }> = []
        for (let round = 0; round < 3; round++) {
          const ours = await p50(transaction, 40, 60)
          rounds.push({
            ours,
            others: await p50(
              Effect.tap(byHand, () => Outbox.wake),
              40,
              60
            )
          })
        }
        const poll = await p50(byHand, 8, 1_600)
        const [ours, others] = [rounds.map(({ ours }) => ours), rounds.map(({ others }) => others)]
        const name = "an idle service's event at the vendor, p50, Outbox.transaction"
        const returned = "its commit has returned"
        return [
          row(
            name,
            returned,
            5,
            ours.map(({ later }) => later)
          ),
          row(
            name,
            "its insert and commit begin",
            null,
            ours.map(({ whole }) => whole)
          ),
          row(
            "by another executor, with Outbox.wake after the commit",
            returned,
            5,
            others.map(({ later }) => later)
          ),
          row("without it, the relay polls each second", returned, null, [poll.later])
        ]
      } finally {
        relay.disconnect()
        await runtime.dispose()
      }
    })
}
