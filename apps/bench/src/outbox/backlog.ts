/** What a claim takes while many messages wait, and while a snapshot is held. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { OutboxStore } from "@trackmap/outbox"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { compare, type Question } from "../Report.ts"
import { bodyOf, idOf } from "./messages.ts"
import { clientOf, fill, outbox, run, withServer } from "./postgres.ts"

const lease = "30 seconds"
const limit = 500

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

/** Milliseconds that an effect takes. */
const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const since = performance.now()
    return Effect.map(effect, (value) => ({ value, took: performance.now() - since }))
  })

const storeOf = (url: string, schema: string) =>
  Effect.map(Layer.build(Layer.fresh(outbox(url, schema))), (built) => Context.get(built, OutboxStore.OutboxStore))

/** The median of the claims of a sink that starts at the beginning. */
const claims = Effect.fnUntraced(function* (store: OutboxStore.Service, sink: string, times: number) {
  yield* store.start(sink, "beginning")
  const took: Array<number> = []
  for (let i = 0; i < times; i++) {
    const claim = yield* timed(store.claim(sink, { limit, lease }))
    yield* store.complete(claim.value!)
    took.push(claim.took)
  }
  yield* store.remove(sink)
  return median(took)
})

export const backlog: Question = {
  name: "backlog",
  measure: () =>
    withServer(async (url) => {
      await fill(url, "few", 10_000)
      await fill(url, "many", 1_000_000)
      const program = Effect.gen(function* () {
        const few = yield* storeOf(url, "few")
        const many = yield* storeOf(url, "many")
        const rounds: { readonly few: Array<number>; readonly many: Array<number> } = { few: [], many: [] }
        for (let round = 0; round < 12; round++) {
          const one = yield* claims(few, `sink-${round}`, 20)
          const other = yield* claims(many, `sink-${round}`, 20)
          // The first rounds warm up.
          if (round < 3) continue
          rounds.few.push(one)
          rounds.many.push(other)
        }
        return rounds
      })
      const { few, many } = await Effect.runPromise(Effect.scoped(program))
      const label = { name: "a claim of 500, p50, while 1,000,000 messages wait", unit: "ms", target: 1.1 }
      return [compare({ ...label, baseline: "while 10,000 wait" }, many, few)]
    })
}

/** Inserts 5,000 rows a second until the fiber is interrupted. */
const inserting = (insert: (bodies: ReadonlyArray<string>) => Effect.Effect<unknown, unknown>) => {
  const bodies = Array.from({ length: 50 }, (_, index) => bodyOf(idOf(index), index))
  return Effect.gen(function* () {
    const since = performance.now()
    for (let batch = 0; ; batch++) {
      yield* insert(bodies)
      yield* Effect.sleep(Math.max(0, since + batch * 10 - performance.now()))
    }
  })
}

/** What a claim takes before a snapshot is held, and at the end of the time during which it is, in milliseconds. */
const held = Effect.fnUntraced(function* (
  url: string,
  seconds: { readonly before: number; readonly held: number },
  insert: (bodies: ReadonlyArray<string>) => Effect.Effect<unknown, unknown>,
  claim: Effect.Effect<{ readonly rows: number; readonly took: number }, unknown>
) {
  const writer = yield* Effect.forkChild(inserting(insert))
  const free: Array<number> = []
  const under: Array<number> = []
  const claimUntil = (end: number, took: Array<number>) =>
    Effect.gen(function* () {
      while (performance.now() < end) {
        const claimed = yield* claim
        if (claimed.rows > 0) took.push(claimed.took)
        yield* Effect.sleep(50)
      }
    })
  yield* claimUntil(performance.now() + seconds.before * 1_000, free)
  const open = yield* Deferred.make<void>()
  const reader = Effect.gen(function* () {
    const sql = yield* PgClient
    const reads = Effect.andThen(
      run(sql, ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SELECT 1"]),
      Deferred.succeed(open, undefined)
    )
    yield* sql.withTransaction(Effect.andThen(reads, Effect.never))
  }).pipe(Effect.provide(clientOf(url, 1)))
  const reading = yield* Effect.forkChild(reader)
  yield* Deferred.await(open)
  yield* claimUntil(performance.now() + seconds.held * 1_000, under)
  const sql = yield* PgClient
  const [dead] = yield* sql.unsafe<{ readonly dead: unknown }>(
    "SELECT coalesce(sum(n_dead_tup), 0)::float8 AS dead FROM pg_stat_user_tables WHERE relname = 'queue' OR relname LIKE 'message%'"
  )
  yield* Fiber.interrupt(reading)
  yield* Fiber.interrupt(writer)
  return { free: median(free), under: median(under.slice(under.length >> 1)), dead: Number(dead!.dead) }
})

const seconds = { before: 6, held: 60 }

/** A sink's claims by the store. */
const byStore = (url: string) =>
  Effect.gen(function* () {
    const store = yield* OutboxStore.OutboxStore
    yield* store.start("sink", "beginning")
    return yield* held(
      url,
      seconds,
      (bodies) => store.insert(bodies.map((body, at) => ({ id: idOf(at), body }))),
      Effect.gen(function* () {
        const { took, value } = yield* timed(store.claim("sink", { limit, lease }))
        if (value !== undefined) yield* store.complete(value)
        return { took, rows: value?.rows.length ?? 0 }
      })
    )
  }).pipe(Effect.provide(outbox(url, "held")), Effect.runPromise)

/** A queue whose rows are locked and deleted. */
const byDeletes = (url: string) =>
  Effect.gen(function* () {
    const sql = yield* PgClient
    yield* run(sql, [
      "CREATE TABLE queue (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL, body text NOT NULL)"
    ])
    const values = Array.from({ length: 50 }, (_, at) => `('id', $${at + 1})`).join(", ")
    return yield* held(
      url,
      seconds,
      (bodies) => sql.unsafe(`INSERT INTO queue (id, body) VALUES ${values}`, bodies),
      Effect.map(
        timed(
          sql.unsafe(
            `WITH taken AS MATERIALIZED (SELECT seq FROM queue ORDER BY seq LIMIT ${limit} FOR UPDATE SKIP LOCKED)
             DELETE FROM queue USING taken WHERE queue.seq = taken.seq RETURNING queue.body`
          )
        ),
        ({ took, value }) => ({ took, rows: value.length })
      )
    )
  }).pipe(Effect.provide(clientOf(url, 4)), Effect.runPromise)

export const snapshot: Question = {
  name: "snapshot",
  measure: () =>
    withServer(async (url) => {
      const ours = await byStore(url)
      const deletes = await byDeletes(url)
      const under = `while a snapshot is held for ${seconds.held} s at 5,000 events/s`
      const none = { unit: "dead rows", baseline: "none", by: "difference" } as const
      const claim = { unit: "ms", baseline: "before" }
      return [
        compare({ ...claim, name: `a claim, p50, ${under}`, target: 2 }, [ours.under], [ours.free]),
        compare({ ...none, name: "the log", target: 0 }, [ours.dead], [0]),
        compare({ ...claim, name: `DELETE … SKIP LOCKED, ${under}`, target: null }, [deletes.under], [deletes.free]),
        compare({ ...none, name: "its table", target: null }, [deletes.dead], [0])
      ]
    })
}
