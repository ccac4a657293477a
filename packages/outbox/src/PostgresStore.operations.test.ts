import { assert, describe, it } from "@effect/vitest"
import * as Receipt from "@trackmap/core/Receipt"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import { client, nextSchema, unavailable } from "../test/database.ts"
import { entryOf, idsOf } from "../test/storeSuite.ts"
import { OutboxStore, PostgresStore } from "./index.ts"
import * as snapshots from "./internal/postgres/snapshot.ts"
import * as version from "./internal/postgres/version.ts"

const batch = { limit: 10, lease: "1 minute" } as const

/** Runs a test with a store and the name of its schema. */
const withStore = (
  options: PostgresStore.Options,
  run: (
    store: OutboxStore.Service,
    sql: SqlClient.SqlClient,
    schema: string
  ) => Effect.Effect<void, unknown, PgServices>
) =>
  Effect.suspend(() => {
    const schema = nextSchema()
    return Effect.gen(function* () {
      yield* run(yield* OutboxStore.OutboxStore, yield* SqlClient.SqlClient, schema)
    }).pipe(Effect.scoped, Effect.provide(PostgresStore.layer({ schema, ...options }).pipe(Layer.provideMerge(client))))
  })

type PgServices = Layer.Success<typeof client> | OutboxStore.OutboxStore | Scope.Scope

describe("the server's version", () => {
  const sqlOf = (number: string): SqlClient.SqlClient =>
    (() => ({ withoutTransform: Effect.succeed([{ version: number }]) })) as unknown as SqlClient.SqlClient

  it.effect("is refused if it is too old, with the version that the outbox needs", () =>
    Effect.gen(function* () {
      yield* version.check(sqlOf("140000"))
      const error = yield* Effect.flip(version.check(sqlOf("130021")))
      assert.strictEqual(
        error.message,
        "outbox, migrate: the server is PostgreSQL 13: update it to PostgreSQL 14 or later"
      )
    })
  )
})

describe("snapshots", () => {
  it("include a transaction that was open, and count what they have not seen as open", () => {
    const { format, including, parse } = snapshots
    assert.strictEqual(format(including(parse("5:9:5,7"), 7n)), "5:9:5")
    assert.strictEqual(format(including(parse("9:9:"), 9n)), "10:10:")
    assert.strictEqual(format(including(parse("7:9:7"), 11n)), "7:12:7,9,10")
    assert.strictEqual(format(including(parse("9:12:11,9"), 10n)), "9:12:9,11")
  })
})

describe.skipIf(unavailable)("options", () => {
  it.live("are refused if the store cannot follow them", () =>
    Effect.gen(function* () {
      const refusals: ReadonlyArray<readonly [unknown, string]> = [
        [{ partition: 0 }, "partition must be a number of milliseconds from 100 on"],
        [{ partition: "Infinity" }, 'or a string like "10 seconds", not "Infinity"'],
        [{ schema: "Shop" }, "pass a name of at most 40"],
        [{ scheme: "shop" }, "did you mean schema?"]
      ]
      for (const [given, message] of refusals) {
        const exit = yield* Effect.exit(PostgresStore.make(given as PostgresStore.Options))
        assert.include(String(exit), message)
      }
    }).pipe(Effect.scoped, Effect.provide(client))
  )
})

describe.skipIf(unavailable)("a wake", () => {
  it.live("reaches the relays of other processes", () =>
    withStore({}, (store, _, schema) =>
      Effect.gen(function* () {
        const other = yield* PostgresStore.make({ schema })
        const woken = yield* other.wakes
        const again = yield* other.wakes
        // Listening begins after the subscription, and so the first wakes can get lost.
        const wakes = Effect.forever(Effect.andThen(store.wake, Effect.sleep(20)))
        yield* Effect.raceFirst(Effect.all([PubSub.take(woken), PubSub.take(again)]), wakes)
      })
    )
  )

  it.live("stays in its process where the store does not listen", () =>
    withStore({ listen: false }, (store) =>
      Effect.gen(function* () {
        const woken = yield* store.wakes
        yield* store.wake
        yield* PubSub.take(woken)
      })
    )
  )
})

describe.skipIf(unavailable)("partitions", () => {
  const partitions = (sql: SqlClient.SqlClient, schema: string) =>
    sql.unsafe<{ readonly name: string; readonly rows: string; readonly open: boolean }>(`
      SELECT p.name, p.ends IS NULL AS open FROM ${schema}.partition AS p ORDER BY starts`)

  it.live("are prepared ahead, and messages always find one", () =>
    withStore({ partition: 100 }, (store, sql, schema) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* partitions(sql, schema)).filter(({ open }) => open).length, 1)
        yield* store.start("a", "beginning")
        // Nothing has prepared partitions for longer than they were prepared ahead.
        yield* Effect.sleep(450)
        yield* store.insert([entryOf("1")])
        yield* store.sweep()
        yield* store.insert([entryOf("2")])
        const found = yield* partitions(sql, schema)
        assert.deepStrictEqual(
          found.map(({ open }) => open),
          [...found.slice(1).map(() => false), true]
        )
        assert.deepStrictEqual(idsOf(yield* store.claim("a", batch)), ["1", "2"])
      })
    )
  )

  it.live("are not dropped while a transaction of theirs is open, which waits for nothing", () =>
    withStore({ partition: 100 }, (store, sql) =>
      Effect.gen(function* () {
        yield* store.start("a", "beginning")
        const open = yield* sql.reserve
        yield* open.executeUnprepared("BEGIN", [], undefined)
        const { params, sql: text } = store.statement([entryOf("1")])
        yield* open.execute(text, params, undefined)
        yield* Effect.sleep(150)
        const error = yield* Effect.flip(store.sweep({ messages: 0 }))
        assert.strictEqual(
          error.message,
          "outbox, sweep: another transaction holds a lock for too long (55P03): run it again later"
        )
        assert.isTrue(error.transient)
        yield* open.executeUnprepared("COMMIT", [], undefined)
        yield* store.sweep({ messages: 0 })
        assert.deepStrictEqual(idsOf(yield* store.claim("a", batch)), ["1"])
      })
    )
  )
})

describe.skipIf(unavailable)("a sweep", () => {
  it.live("drops partitions while relays read the log all the time, and none of them fails", () =>
    withStore({ partition: 100 }, (store, sql, schema) =>
      Effect.gen(function* () {
        yield* store.start("a", "beginning")
        const names = Effect.map(
          sql.unsafe<{ readonly name: string }>(`SELECT name FROM ${schema}.partition ORDER BY starts`),
          (rows) => rows.map(({ name }) => name)
        )
        const [oldest] = yield* names
        const reading = Effect.forever(store.claim("a", batch))
        const sweeping = Effect.gen(function* () {
          while ((yield* names).includes(oldest!)) {
            yield* Effect.sleep(50)
            yield* Effect.ignore(store.sweep({ messages: 0 }))
          }
        })
        yield* Effect.raceAllFirst([sweeping, reading, reading, reading, reading])
      })
    )
  )

  it.live("deletes old completed claims, and keeps the progress", () =>
    withStore({}, (store, sql, schema) =>
      Effect.gen(function* () {
        yield* store.start("a", "beginning")
        for (const id of ["1", "2", "3"]) {
          yield* store.insert([entryOf(id)])
          yield* store.complete((yield* store.claim("a", batch))!)
          // The next claim then looks for what is completed.
          yield* Effect.sleep(60)
        }
        yield* sql.unsafe(`UPDATE ${schema}.claim SET claimed_at = now() - interval '2 hours'`)
        yield* store.sweep()
        const left = yield* sql.unsafe<{ readonly n: bigint }>(`SELECT n FROM ${schema}.claim`)
        assert.deepStrictEqual(
          left.map(({ n }) => Number(n)),
          [3]
        )
        yield* store.insert([entryOf("4")])
        assert.deepStrictEqual(idsOf(yield* store.claim("a", batch)), ["4"])
      })
    )
  )
})

describe.skipIf(unavailable)("rebase", () => {
  it.live("hands out what was not completed, once, where transaction ids start anew", () =>
    withStore({}, (store, sql, schema) =>
      Effect.gen(function* () {
        yield* store.start("a", "beginning")
        yield* store.insert(["1", "2", "3", "4"].map((id) => entryOf(id)))
        yield* store.complete((yield* store.claim("a", { ...batch, limit: 1 }))!)
        yield* store.claim("a", { ...batch, limit: 1 })
        yield* store.insert([entryOf("5")])
        // As in a restored dump: what is stored is of transactions that this server will only have later.
        const later = (text: string): string => text.replaceAll(/\d+/g, (xid) => String(BigInt(xid) + 1_000_000n))
        yield* sql.unsafe(`UPDATE ${schema}.message SET xid = (xid::text::bigint + 1000000)::text::xid8`)
        const claims = yield* sql.unsafe<{
          readonly n: bigint
          readonly prev: string
          readonly snap: string
          readonly last: string
          readonly after: string
        }>(`SELECT n, prev::text, snap::text, last_xid::text AS last, after_xid::text AS after FROM ${schema}.claim`)
        for (const { after, last, n, prev, snap } of claims) {
          yield* sql.unsafe(
            `UPDATE ${schema}.claim SET prev = '${later(prev)}', snap = '${later(snap)}', last_xid = '${later(last)}',
             after_xid = '${after === "0" ? after : later(after)}' WHERE n = ${n}`
          )
        }
        yield* store.rebase
        yield* store.insert([entryOf("6")])
        const received: Array<string> = []
        for (let empty = 0; empty < 2;) {
          const claim = yield* store.claim("a", batch)
          if (claim === undefined) empty++
          else {
            received.push(...idsOf(claim))
            yield* store.complete(claim)
          }
        }
        assert.deepStrictEqual(received.toSorted(), ["2", "3", "4", "5", "6"])
      })
    )
  )
})

describe.skipIf(unavailable)("a transaction", () => {
  it.live("is open until it ends, and rolled back if its connection dies", () =>
    withStore({}, (store, sql) =>
      Effect.gen(function* () {
        const inside = yield* sql.withTransaction(
          Effect.gen(function* () {
            const written = yield* store.insert([entryOf("1")])
            // From another connection, as for a receipt.
            const elsewhere = yield* Effect.promise(() => Effect.runPromise(store.committed(written)))
            return [written, elsewhere] as const
          })
        )
        assert.deepStrictEqual(inside[1], "open")
        assert.deepStrictEqual(yield* store.committed(inside[0]), new Set(["1"]))
        assert.deepStrictEqual(yield* store.committed({ transaction: "", ids: [] }), new Set())
      })
    )
  )

  it.live("that a service's role writes needs few rights", () =>
    withStore({}, (store, sql, schema) =>
      Effect.gen(function* () {
        const role = `role_${schema}`
        yield* sql.unsafe(`CREATE ROLE ${role}`)
        yield* sql.unsafe(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`)
        yield* sql.unsafe(`GRANT INSERT ON ${schema}.message TO ${role}`)
        yield* sql.unsafe(`GRANT USAGE ON SEQUENCE ${schema}.message_seq TO ${role}`)
        const as = <A, E>(effect: Effect.Effect<A, E>) =>
          sql.withTransaction(Effect.andThen(sql.unsafe(`SET LOCAL ROLE ${role}`), effect))
        yield* as(store.insert([entryOf("1")]))
        const error = yield* Effect.flip(as(store.claim("a", batch)))
        assert.strictEqual(
          error.message,
          "outbox, claim: the role may not use the outbox's tables (42501): grant it the rights that the README lists"
        )
      })
    )
  )
})

describe.skipIf(unavailable)("an erasure", () => {
  it.live("finds what is set aside at the same time", () =>
    withStore({}, (store, sql) =>
      Effect.gen(function* () {
        const erased = entryOf("1", { userId: "u" })
        const dead = { id: "1", attempts: 1, outcome: Receipt.rejected("bad"), dead: true }
        yield* store.start("a", "beginning")
        yield* store.insert([erased])
        const claim = (yield* store.claim("a", batch))!
        const isCompleted = Latch.makeUnsafe(false)
        const completing = sql.withTransaction(
          Effect.andThen(store.complete(claim, [dead]), Effect.andThen(isCompleted.open, Effect.sleep(200)))
        )
        const erasing = Effect.andThen(isCompleted.await, store.erase("u"))
        const [, count] = yield* Effect.all([completing, erasing], { concurrency: "unbounded" })
        assert.strictEqual(count, 2)
        assert.deepStrictEqual(yield* store.letters(), [])
      })
    )
  )
})
