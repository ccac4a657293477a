import { assert, describe, it } from "@effect/vitest"
import { EventSink, Receipt, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
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

describe("the options of a sink", () => {
  it("are refused if the sink cannot follow them", () => {
    const given: any = { whenInsertFails: "save" }
    assert.throws(() => Outbox.sink(given), 'whenInsertFails must be "fail" or "savepoint", not "save"')
    assert.throws(() => Outbox.sink({ name: "" }), /a sink needs a name/)
  })
})
