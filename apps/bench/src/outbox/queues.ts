/** A relay, and job queues on PostgreSQL that move the same messages, each with its best settings. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { Logger, makeWorkerUtils, run } from "graphile-worker"
import { PgBoss } from "pg-boss"
import { competeFreshly, type Contestants } from "../Contest.ts"
import { compare, type Measured, type Question } from "../Report.ts"
import { type Arrivals, bodyOf, idOf } from "./messages.ts"
import { counts, type Move, moving, type Size } from "./moving.ts"
import { address, clientOf, fill, withServer } from "./postgres.ts"
import { relay } from "./relays.ts"

interface Stored {
  readonly message: { readonly messageId: string }
}

/** The envelopes of a log, a thousand at a time. */
const pages = (size: Size): ReadonlyArray<ReadonlyArray<string>> => {
  const all = Array.from({ length: counts[size] }, (_, index) => bodyOf(idOf(index), index))
  return Array.from({ length: counts[size] / 1_000 }, (_, page) => all.slice(page * 1_000, (page + 1) * 1_000))
}

/** Waits until all messages of a log have arrived. */
const counting = (size: Size, arrivals: Arrivals) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const add = ({ message }: Stored): void => {
    arrivals.add(message.messageId)
    if (arrivals.count >= counts[size]) resolve()
  }
  return { add, all: promise }
}

const move =
  (
    fillQueue: (size: Size) => Promise<unknown>,
    start: (add: (stored: Stored) => void) => Promise<() => Promise<unknown>>
  ) =>
  async (size: Size, arrivals: Arrivals): Promise<Move> => {
    await fillQueue(size)
    const { add, all } = counting(size, arrivals)
    const since = performance.now()
    const stop = await start(add)
    await all
    const took = performance.now() - since
    await stop()
    return { took }
  }

/** Batches of 500, and the next one at once while batches come full. */
const pgBoss = () => {
  const boss = new PgBoss({ connectionString: address(), supervise: false, schedule: false })
  const started = boss.start().then(() => boss.createQueue("messages"))
  return moving(
    move(
      async (size) => {
        await started
        for (const page of pages(size))
          await boss.insert(
            "messages",
            page.map((body) => ({ data: JSON.parse(body) }))
          )
      },
      async (add) => {
        const options = { batchSize: 500, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 }
        await boss.work<Stored>("messages", options, async (jobs) => {
          for (const { data } of jobs) add(data)
        })
        return () => boss.offWork("messages", { wait: true })
      }
    ),
    "tiny",
    "small",
    "middle"
  )
}

/** A local queue of 500 jobs, and completions in batches. */
const graphileWorker = () => {
  const logger = new Logger(() => () => {})
  const utils = makeWorkerUtils({ connectionString: address(), logger })
  return moving(
    move(
      async (size) => {
        const { addJobs, migrate } = await utils
        await migrate()
        for (const page of pages(size)) {
          await addJobs(page.map((body) => ({ identifier: "message", payload: JSON.parse(body) })))
        }
      },
      async (add) => {
        const runner = await run({
          preset: {
            worker: {
              connectionString: address(),
              maxPoolSize: 10,
              concurrentJobs: 24,
              localQueue: { size: 500 },
              completeJobBatchDelay: 0,
              failJobBatchDelay: 0
            }
          },
          logger,
          noHandleSignals: true,
          taskList: { message: async (payload) => add(payload as Stored) }
        })
        return () => runner.stop()
      }
    ),
    "tiny",
    "small",
    "small"
  )
}

/** 500 takers. */
const persistedQueue = () => {
  const layer = PersistedQueue.layer.pipe(
    Layer.provideMerge(PersistedQueue.layerStoreSql()),
    Layer.provideMerge(clientOf(address(), 10))
  )
  return moving(
    (size, arrivals) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const queue = yield* PersistedQueue.make({ name: "messages", schema: Schema.String })
        for (const page of pages(size)) {
          yield* sql.withTransaction(Effect.forEach(page, (body) => queue.offer(body), { discard: true }))
        }
        const all = yield* Deferred.make<void>()
        const take = queue.take((body) =>
          Effect.sync(() => {
            arrivals.add((JSON.parse(body) as Stored).message.messageId)
            if (arrivals.count >= counts[size]) Deferred.doneUnsafe(all, Effect.void)
          })
        )
        const since = performance.now()
        const takers = Effect.forEach(Array.from({ length: 500 }), () => Effect.forever(take), {
          concurrency: "unbounded",
          discard: true
        })
        yield* Effect.raceFirst(takers, Deferred.await(all))
        return { took: performance.now() - since }
      }).pipe(Effect.provide(layer), Effect.runPromise),
    "tiny",
    "middle"
  )
}

export const contestants = {
  relay: () => relay(1, {}, "tiny", "small", "small"),
  pgBoss,
  graphileWorker,
  persistedQueue
} satisfies Contestants

export const queues: Question = {
  name: "queues",
  measure: () =>
    withServer(async (url) => {
      for (const size of ["tiny", "small"] as const) await fill(url, size, counts[size])
      const names = ["relay", "pgBoss", "graphileWorker", "persistedQueue"] as const
      const samples = await competeFreshly(import.meta.url, names, { rounds: 3, env: { BENCH_POSTGRES: url } })
      const row = (baseline: string, other: keyof typeof contestants, target: number): Measured =>
        compare(
          { name: "relay on PostgreSQL", unit: "µs/message", baseline, target },
          samples("relay", "time"),
          samples(other, "time")
        )
      return [
        row("pg-boss, batches of 500", "pgBoss", 0.1),
        row("graphile-worker, local queue, batched completion", "graphileWorker", 0.5),
        row("Effect's PersistedQueue, 500 takers", "persistedQueue", 0.1)
      ]
    })
}
