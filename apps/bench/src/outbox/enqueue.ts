/** The service's side: transactions that track, beside the same transactions with inserts written by hand. */
import { Actor, Tracker } from "@trackmap/core"
import { PgClient } from "@effect/sql-pg/PgClient"
import { Outbox, OutboxStore } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { compete, type Contestant, type Contestants } from "../Contest.ts"
import { OrderLineUpdated, plan } from "../delivery/event.ts"
import { lineOf, userId } from "../delivery/example.ts"
import { compare, type Measured, type Question } from "../Report.ts"
import { bodyOf, idOf } from "./messages.ts"
import { address, outbox, run, withServer } from "./postgres.ts"

const schema = "enqueue"
const writers = 32

/** A store that wakes nobody. */
const silent = Layer.effect(
  OutboxStore.OutboxStore,
  Effect.map(OutboxStore.OutboxStore, (store) => OutboxStore.OutboxStore.of({ ...store, wake: Effect.void }))
)

const runtimeOf = (options: { readonly connections: number; readonly wakes: boolean }) => {
  const database = outbox(address(), schema, options.connections)
  const store = options.wakes ? database : Layer.provideMerge(silent, database)
  return ManagedRuntime.make(Tracker.layer(Outbox.sink(), { plan }).pipe(Layer.provideMerge(store)))
}
type Services = ManagedRuntime.ManagedRuntime.Services<ReturnType<typeof runtimeOf>>

const order = Effect.flatMap(PgClient, (sql) => sql`INSERT INTO orders (total) VALUES (714328)`)

const properties = { action: "orderLineUpdated" } as const
const track = (index: number) => Tracker.track(OrderLineUpdated, { orderLine: lineOf(index), properties })

const tracked = Effect.flatMap(PgClient, (sql) => sql.withTransaction(Effect.andThen(order, track(0))))

const thousand = Array.from({ length: 1_000 }, (_, index) => index)
const trackedThousand = Outbox.transaction(Effect.andThen(order, Effect.forEach(thousand, track, { discard: true })))

const body = bodyOf(idOf(0), 0)
const plain = Effect.flatMap(PgClient, (sql) =>
  sql.withTransaction(Effect.andThen(order, sql`INSERT INTO event (id, body) VALUES (${idOf(0)}, ${body})`))
)

const bodies = thousand.flatMap((index) => [idOf(index), bodyOf(idOf(index), index)])
const valuesOf = (table: string, columns: string) =>
  `INSERT INTO ${table} ${columns} VALUES ${thousand.map((at) => `($${2 * at + 1}, $${2 * at + 2})`).join(", ")}`
const values = valuesOf(`${schema}.message`, "(id, body)")
const plainThousand = Effect.flatMap(PgClient, (sql) =>
  sql.withTransaction(Effect.andThen(order, sql.unsafe(values, bodies)))
)

/** As `plainThousand`, by the store. */
const entries = thousand.map((index) => ({ id: idOf(index), body: bodyOf(idOf(index), index) }))
const storedThousand = Effect.gen(function* () {
  const sql = yield* PgClient
  const store = yield* OutboxStore.OutboxStore
  return yield* sql.withTransaction(Effect.andThen(order, store.insert(entries)))
})

/** The properties of the last event in a table. */
const last = (table: string, by: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient
    const [row] = yield* sql.unsafe<{ readonly body: string }>(`SELECT body FROM ${table} ORDER BY ${by} DESC LIMIT 1`)
    return JSON.parse(row!.body).message.properties
  })

/** `time`: microseconds for each transaction. So many writers each run as many transactions one after another. */
const writing = (
  transaction: Effect.Effect<unknown, unknown, Services>,
  options: { readonly times: number; readonly writers?: number; readonly wakes?: boolean; readonly into?: string }
): Contestant => {
  const { into = "message", times, wakes = true, writers: many = 1 } = options
  const runtime = runtimeOf({ connections: many + 2, wakes })
  const all = Effect.forEach(
    Array.from({ length: many }),
    () => Effect.forEach(Array.from({ length: times }), () => transaction, { discard: true }),
    { concurrency: "unbounded", discard: true }
  ).pipe(Actor.as({ userId }))
  const sample = async () => {
    globalThis.gc!()
    const since = performance.now()
    await runtime.runPromise(all)
    return { time: ((performance.now() - since) * 1_000) / (times * many) }
  }
  return {
    result: () =>
      runtime.runPromise(
        Effect.andThen(
          transaction.pipe(Actor.as({ userId })),
          into === "event" ? last("event", "seq") : last(`${schema}.message`, "xid DESC, seq")
        )
      ),
    warmUp: sample,
    sample
  }
}

export const contestants = {
  plain: () => writing(plain, { times: 100, into: "event" }),
  tracked: () => writing(tracked, { times: 100 }),
  plainThousand: () => writing(plainThousand, { times: 20 }),
  storedThousand: () => writing(storedThousand, { times: 20 }),
  trackedThousand: () => writing(trackedThousand, { times: 20 }),
  silent: () => writing(tracked, { times: 10, writers, wakes: false }),
  waking: () => writing(tracked, { times: 10, writers })
} satisfies Contestants
type Name = keyof typeof contestants

const prepare = (url: string): Promise<void> =>
  Effect.flatMap(PgClient, (sql) =>
    run(sql, [
      "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, total integer NOT NULL)",
      "CREATE TABLE event (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL, body text NOT NULL)"
    ])
  ).pipe(Effect.provide(outbox(url, schema)), Effect.runPromise)

/** The contestants in pairs, as those of different pairs store different events. */
const pair = async (
  subject: Name,
  baseline: Name,
  label: { readonly name: string; readonly baseline: string; readonly target: number }
): Promise<Measured> => {
  const samples = await compete(import.meta.url, [subject, baseline], { processes: 1, rounds: 3 })
  return compare({ ...label, unit: "µs/transaction" }, samples(subject, "time"), samples(baseline, "time"))
}

export const enqueue: Question = {
  name: "outbox",
  measure: () =>
    withServer(async (url) => {
      await prepare(url)
      process.env["BENCH_POSTGRES"] = url
      return [
        await pair("tracked", "plain", {
          name: "a transaction that tracks an event",
          baseline: "with an INSERT of its JSON, written beforehand",
          target: 1.1
        }),
        await pair("storedThousand", "plainThousand", {
          name: "a transaction that stores 1,000 envelopes",
          baseline: "with one INSERT of the same JSON",
          target: 1.3
        }),
        await pair("trackedThousand", "plainThousand", {
          name: "a transaction that tracks 1,000 events",
          baseline: "with one INSERT of their JSON, written beforehand",
          target: 1.3
        }),
        await pair("waking", "silent", {
          name: `${writers} writers, a commit`,
          baseline: "without a wake of the relays",
          target: 1.11
        })
      ]
    })
}
