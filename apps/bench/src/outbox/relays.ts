/** The relay on PostgreSQL, beside loops that do as little as is correct. */
import { PgClient } from "@effect/sql-pg/PgClient"
import { OutboxStore } from "@trackmap/outbox"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { competeFreshly, type Contestants } from "../Contest.ts"
import { compare, type Measured, type Question } from "../Report.ts"
import type { Arrivals } from "./messages.ts"
import { counts, type Move, moving, relayed, type Relaying, type Size } from "./moving.ts"
import { address, clientOf, fill, outbox, run, withServer } from "./postgres.ts"

/** So many relays of one sink or more, each with connections of its own. */
export const relay = (relays: number, relaying: Relaying, first: Size, then: Size, warm = first) =>
  moving(
    (size, arrivals) => {
      const store = Effect.map(Layer.build(Layer.fresh(outbox(address(), size))), (built) =>
        Context.get(built, OutboxStore.OutboxStore)
      )
      return Effect.all(Array.from({ length: relays }, () => store)).pipe(
        Effect.flatMap((stores) => relayed(stores, size, arrivals, relaying)),
        Effect.scoped,
        Effect.provide(Logger.layer([])),
        Effect.runPromise
      )
    },
    first,
    then,
    warm
  )

/** The messages of a claim, as many as a relay claims by default. */
const limit = 1_000

const parsed = (arrivals: Arrivals, rows: ReadonlyArray<{ readonly body: string }>): void => {
  for (const { body } of rows) arrivals.add(JSON.parse(body).message.messageId)
}

/** Runs a loop on one connection, which does not wait for the disk, until it has moved all messages. */
const loop = (
  prepare: (sql: PgClient, size: Size) => Effect.Effect<unknown, unknown>,
  next: (sql: PgClient, size: Size, arrivals: Arrivals) => Effect.Effect<unknown, unknown>
) => {
  const runtime = ManagedRuntime.make(clientOf(address(), 1))
  return moving(
    (size, arrivals) =>
      runtime.runPromise(
        Effect.gen(function* () {
          const sql = yield* PgClient
          yield* sql.unsafe("SET synchronous_commit = off")
          yield* prepare(sql, size)
          const since = performance.now()
          while (arrivals.count < counts[size]) yield* next(sql, size, arrivals)
          return { took: performance.now() - since } satisfies Move
        })
      ),
    "small",
    "large"
  )
}

/**
 * The difference of two snapshots, with an insert-only log of claims, and without parked messages or other relays. A claim reads where the last one
 * ended, and writes where it ends.
 */
const snapshots = () =>
  loop(
    (sql) =>
      run(sql, [
        "DROP SCHEMA IF EXISTS hand CASCADE",
        "CREATE SCHEMA hand",
        `CREATE TABLE hand.claim (n bigint PRIMARY KEY, prev pg_snapshot NOT NULL, snap pg_snapshot NOT NULL, xid xid8 NOT NULL,
           seq bigint NOT NULL, is_last boolean NOT NULL, lease_until timestamptz NOT NULL)`,
        "CREATE TABLE hand.done (n bigint PRIMARY KEY)",
        "INSERT INTO hand.claim VALUES (0, '1:1:', '1:1:', '0', 0, true, now())"
      ]),
    (sql, size, arrivals) =>
      Effect.gen(function* () {
        const [last] = yield* sql.unsafe<{
          readonly prev: string
          readonly snap: string
          readonly xid: string
          readonly seq: string
        }>(
          `SELECT CASE WHEN is_last THEN snap ELSE prev END::text AS prev, CASE WHEN is_last THEN NULL ELSE snap::text END AS snap,
             CASE WHEN is_last THEN '0' ELSE xid::text END AS xid, CASE WHEN is_last THEN '0' ELSE seq::text END AS seq
           FROM hand.claim ORDER BY n DESC LIMIT 1`
        )
        const { prev, seq, snap, xid } = last!
        const [, xmax, xip = ""] = prev.split(":")
        const rows = yield* sql.unsafe<{ readonly n: string; readonly body: string }>(
          `WITH taken AS MATERIALIZED (
             SELECT xid, seq, body FROM (
               (SELECT xid, seq, body FROM ${size}.message WHERE xid = ANY ($1::xid8[]) AND (xid, seq) > ($2::xid8, $3::bigint)
                 AND pg_visible_in_snapshot(xid, coalesce($4::pg_snapshot, pg_current_snapshot())) ORDER BY xid, seq LIMIT ${limit})
               UNION ALL
               (SELECT xid, seq, body FROM ${size}.message WHERE xid >= $5::xid8 AND (xid, seq) > ($2::xid8, $3::bigint)
                 AND pg_visible_in_snapshot(xid, coalesce($4::pg_snapshot, pg_current_snapshot())) ORDER BY xid, seq LIMIT ${limit})
             ) AS found ORDER BY xid, seq LIMIT ${limit}),
           made AS (
             INSERT INTO hand.claim
             SELECT (SELECT max(n) + 1 FROM hand.claim), $6::pg_snapshot, coalesce($4::pg_snapshot, pg_current_snapshot()), xid, seq,
               (SELECT count(*) FROM taken) < ${limit}, now() + interval '30 seconds'
             FROM taken ORDER BY xid DESC, seq DESC LIMIT 1 RETURNING n)
           SELECT (SELECT n::text FROM made) AS n, body FROM taken`,
          [`{${xip}}`, xid, seq, snap, xmax, prev]
        )
        parsed(arrivals, rows)
        yield* sql.unsafe("INSERT INTO hand.done VALUES ($1::bigint)", [rows[0]!.n])
      })
  )

/** A queue whose rows are locked, sent and deleted in one transaction, which is open meanwhile. */
const skipLocked = () =>
  loop(
    (sql, size) =>
      run(sql, [
        "DROP TABLE IF EXISTS queue",
        "CREATE TABLE queue (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL, body text NOT NULL)",
        `INSERT INTO queue (id, body) SELECT id, body FROM ${size}.message ORDER BY xid, seq`,
        "VACUUM (ANALYZE) queue"
      ]),
    (sql, _, arrivals) =>
      sql.withTransaction(
        Effect.map(
          sql.unsafe<{ readonly body: string }>(
            `WITH taken AS MATERIALIZED (SELECT seq FROM queue ORDER BY seq LIMIT ${limit} FOR UPDATE SKIP LOCKED)
             DELETE FROM queue USING taken WHERE queue.seq = taken.seq RETURNING queue.body`
          ),
          (rows) => parsed(arrivals, rows)
        )
      )
  )

/** As the sinks of vendors: a request with 100 messages takes 20 ms. */
const slow: Relaying = { pause: 20, batch: 100 }

export const contestants = {
  relay: () => relay(1, {}, "small", "large"),
  threeSinks: () => relay(1, { sinks: 3 }, "small", "large"),
  slow: () => relay(1, slow, "tiny", "small"),
  fourSlow: () => relay(4, slow, "tiny", "large"),
  snapshots,
  skipLocked
} satisfies Contestants
type Name = keyof typeof contestants

/** The deliveries for each message, where they differ. */
const deliveries: { readonly [name in Name]?: number } = { threeSinks: 3 }

export const relays: Question = {
  name: "relay",
  measure: () =>
    withServer(async (url) => {
      for (const [size, count] of Object.entries(counts)) {
        if (size !== "middle") await fill(url, size, count)
      }
      const options = { rounds: 3, env: { BENCH_POSTGRES: url } }
      const quick = ["relay", "snapshots", "skipLocked", "threeSinks"] as const
      const quickly = await competeFreshly<Name>(import.meta.url, quick, options)
      const slowly = await competeFreshly<Name>(import.meta.url, ["slow", "fourSlow"], options)
      const time = (name: Name): ReadonlyArray<number> => {
        const samples = name === "slow" || name === "fourSlow" ? slowly : quickly
        return samples(name, "time").map((each) => each / (deliveries[name] ?? 1))
      }
      const row = (name: string, subject: Name, baseline: string, other: Name, target: number): Measured =>
        compare({ name, unit: "µs/delivery", baseline, target }, time(subject), time(other))
      const one = "relay on PostgreSQL, 100,000 messages wait"
      return [
        row(one, "relay", "hand-written loop, difference of snapshots", "snapshots", 1.25),
        row(one, "relay", "hand-written loop, DELETE … SKIP LOCKED", "skipLocked", 1),
        row("relay with three sinks", "threeSinks", "relay with one", "relay", 0.714),
        row("four relays, the sink takes 20 ms for 100", "fourSlow", "one relay", "slow", 0.333)
      ]
    })
}
