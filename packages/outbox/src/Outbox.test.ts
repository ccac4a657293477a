import { assert, describe, it } from "@effect/vitest"
import { EventSink, Receipt, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import * as TestClock from "effect/testing/TestClock"
import { client, nextSchema, unavailable } from "../test/database.ts"
import { outboxSuite } from "../test/outboxSuite.ts"
import { Outbox, OutboxError, OutboxStore, PostgresStore, SqliteClient, SqliteStore } from "./index.ts"

describe("an outbox on SQLite", () => {
  outboxSuite(() => SqliteStore.layer().pipe(Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" }))))
})

describe.skipIf(unavailable)("an outbox on PostgreSQL", () => {
  outboxSuite(() => PostgresStore.layer({ schema: nextSchema() }).pipe(Layer.provideMerge(client)))
})

describe("an outbox whose database is away", () => {
  const identified = Effect.flatMap(Tracker.identify({ userId: "user-1" }), ({ receipts }) => receipts)
  const away = new OutboxError.OutboxError({
    operation: "insert",
    reason: "the database does not respond",
    remedy: "check that it runs",
    transient: true
  })

  it.live("stores what is tracked outside of transactions once it is back", () => {
    let attempts = 0
    const flaky = Layer.effect(
      OutboxStore.OutboxStore,
      Effect.map(OutboxStore.OutboxStore, (store) =>
        OutboxStore.OutboxStore.of({
          ...store,
          insert: (entries) => (++attempts === 1 ? Effect.fail(away) : store.insert(entries))
        })
      )
    ).pipe(Layer.provide(SqliteStore.layer()), Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })))
    const sink = Outbox.sink().pipe(EventSink.retried())
    return Effect.gen(function* () {
      const receipts = yield* identified
      assert.deepStrictEqual(
        receipts.map(({ outcome }) => outcome),
        [Receipt.delivered]
      )
      yield* Outbox.wake
    }).pipe(Effect.provide(Tracker.layer(sink).pipe(Layer.provideMerge(flaky))))
  })
})

describe("an outbox whose database does not answer once", () => {
  /** A store whose first call of an operation never ends. */
  const silentOnce = (operation: "insert" | "committed") => {
    let calls = 0
    const once = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => (++calls === 1 ? Effect.never : call))
    return Layer.effect(
      OutboxStore.OutboxStore,
      Effect.map(OutboxStore.OutboxStore, (store) => {
        const { committed, insert } = store
        return OutboxStore.OutboxStore.of(
          operation === "insert"
            ? { ...store, insert: (entries) => once(insert(entries)) }
            : { ...store, committed: (written) => once(committed(written)) }
        )
      })
    ).pipe(Layer.provide(SqliteStore.layer()), Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })))
  }
  const tracking = (operation: "insert" | "committed") =>
    Tracker.layer(Outbox.sink().pipe(EventSink.retried())).pipe(Layer.provideMerge(silentOnce(operation)))

  it.effect("stores what is tracked outside of transactions by another call", () =>
    Effect.gen(function* () {
      const { receipts } = yield* Tracker.identify({ userId: "user-1" })
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(
        (yield* receipts).map(({ outcome }) => outcome),
        [Receipt.delivered]
      )
    }).pipe(Effect.provide(tracking("insert")))
  )

  it.effect("asks again what became of a transaction", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rolledBack = Effect.flatMap(Tracker.identify({ userId: "user-1" }), ({ receipts }) => Effect.fail(receipts))
      const receipts = yield* Effect.flip(sql.withTransaction(rolledBack))
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(
        (yield* receipts as Effect.Effect<ReadonlyArray<Receipt.Receipt>>).map(({ outcome }) => outcome._tag),
        ["Skipped"]
      )
    }).pipe(Effect.provide(tracking("committed")))
  )
})

describe("the options of a sink", () => {
  it("are refused if the sink cannot follow them", () => {
    const given: any = { whenInsertFails: "save" }
    assert.throws(() => Outbox.sink(given), 'whenInsertFails must be "fail" or "savepoint", not "save"')
    assert.throws(() => Outbox.sink({ name: "" }), /a sink needs a name/)
  })
})
