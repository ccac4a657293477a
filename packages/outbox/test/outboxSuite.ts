import { assert, it } from "@effect/vitest"
import { Entity, Loader, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { Outbox, OutboxError, OutboxStore } from "../src/index.ts"

type Database = OutboxStore.OutboxStore | SqlClient.SqlClient

const orderPlaced = TrackedEvent.make("orderPlaced", { properties: { Order_id: Schema.Int } })

const track = (id: number) => Tracker.track(orderPlaced, { properties: { Order_id: id } })

const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome)

const rolledBack = Receipt.skipped("its transaction was rolled back")

/** The message of a transaction that fails with it. */
const lost = <R>(effect: Effect.Effect<unknown, Tracker.Tracked | SqlError, R>) =>
  Effect.flatMap(Effect.flip(effect), (failed) => ("receipts" in failed ? Effect.succeed(failed) : Effect.die(failed)))

const orders = `orders_${crypto.randomUUID().slice(0, 8)}`
const items = `items_${crypto.randomUUID().slice(0, 8)}`

const ordersIn = (sql: SqlClient.SqlClient) => Effect.map(sql`SELECT id FROM ${sql(orders)}`, ({ length }) => length)

/** Drops the log, so that every insert fails, and creates the service's own table. */
const withoutTable = (sql: SqlClient.SqlClient, store: OutboxStore.Service) =>
  Effect.gen(function* () {
    const [name = ""] = store.statement([{ id: "", body: "" }]).sql.match(/\S+message/) ?? []
    yield* sql.unsafe(`DROP TABLE ${name}`)
    yield* sql`DROP TABLE IF EXISTS ${sql(orders)}`
    yield* sql`CREATE TABLE ${sql(orders)} (id INTEGER)`
  })

/** What is in the outbox: the ids of the orders, in the order of the log. */
const stored = Effect.gen(function* () {
  const store = yield* OutboxStore.OutboxStore
  yield* store.start("probe", "beginning")
  const claim = yield* store.claim("probe", { limit: 1_000, lease: "1 minute" })
  yield* store.remove("probe")
  return (claim?.rows ?? []).map(({ body }) => JSON.parse(body).message.properties.Order_id as number)
})

/** What the service's side of an outbox does on every database. `table` is the name of the log. */
export const outboxSuite = (makeDatabase: () => Layer.Layer<Database, unknown>) => {
  const test = (
    title: string,
    run: (
      sql: SqlClient.SqlClient,
      store: OutboxStore.Service
    ) => Effect.Effect<void, unknown, Database | Tracker.Tracker | Scope.Scope>,
    options?: Outbox.SinkOptions
  ) => {
    it.live(title, () =>
      Effect.gen(function* () {
        yield* run(yield* SqlClient.SqlClient, yield* OutboxStore.OutboxStore)
      }).pipe(
        Effect.scoped,
        Effect.provide(Tracker.layer(Outbox.sink(options)).pipe(Layer.provideMerge(makeDatabase())))
      )
    )
  }

  test("stores what is tracked in a transaction before track returns, and confirms it after the commit", (sql, store) =>
    Effect.gen(function* () {
      const woken = yield* store.wakes
      const { receipts } = yield* sql.withTransaction(
        Effect.tap(track(1), ({ receipts: early }) =>
          Effect.gen(function* () {
            const error = yield* Effect.sandbox(early).pipe(Effect.flip)
            assert.match(String(error), /await the receipts after the transaction/)
          })
        )
      )
      assert.deepStrictEqual(outcomesOf(yield* receipts), [Receipt.delivered])
      yield* PubSub.take(woken)
      assert.deepStrictEqual(yield* stored, [1])
    }).pipe(Effect.scoped))

  test("loses what is tracked with a transaction or a savepoint that rolls back, and says so", (sql) =>
    Effect.gen(function* () {
      const whole = yield* lost(sql.withTransaction(Effect.flatMap(track(1), Effect.fail)))
      const [kept, inside] = yield* sql.withTransaction(
        Effect.gen(function* () {
          const inner = yield* lost(sql.withTransaction(Effect.flatMap(track(2), Effect.fail)))
          return [yield* track(3), inner] as const
        })
      )
      assert.deepStrictEqual(yield* stored, [3])
      assert.deepStrictEqual(outcomesOf(yield* kept.receipts), [Receipt.delivered])
      assert.deepStrictEqual(outcomesOf(yield* whole.receipts), [rolledBack])
      assert.deepStrictEqual(outcomesOf(yield* inside.receipts), [rolledBack])
    }))

  test("asks the database for what became of a transaction until it has ended", (sql) =>
    Effect.gen(function* () {
      const { receipts } = yield* sql.withTransaction(Effect.tap(track(1), Effect.sleep(400)))
      assert.deepStrictEqual(outcomesOf(yield* receipts), [Receipt.delivered])
    }))

  test("inserts all that is tracked in its own transaction by one statement", (sql, store) =>
    Effect.gen(function* () {
      const all = yield* Outbox.transaction(
        Effect.gen(function* () {
          const first = yield* track(1)
          const error = yield* Effect.sandbox(first.receipts).pipe(Effect.flip)
          assert.match(String(error), /await the receipts after the transaction/)
          // Nothing is inserted yet.
          yield* store.start("early", "beginning")
          assert.strictEqual((yield* store.stats)[0]?.depth, 0)
          yield* Effect.ignore(sql.withTransaction(Effect.flatMap(track(2), Effect.fail)))
          yield* sql.withTransaction(track(3))
          return [first, yield* track(4)]
        })
      )
      for (const { receipts } of all) assert.deepStrictEqual(outcomesOf(yield* receipts), [Receipt.delivered])
      assert.sameMembers(yield* stored, [1, 3, 4])
    }))

  test("gives receipts at once if its own transaction rolls back", () =>
    Effect.gen(function* () {
      const { receipts } = yield* lost(Outbox.transaction(Effect.flatMap(track(1), Effect.fail)))
      assert.deepStrictEqual(outcomesOf(yield* receipts), [rolledBack])
      yield* Outbox.transaction(Effect.void)
      assert.deepStrictEqual(yield* stored, [])
    }))

  test("reads relations in the transaction", (sql) =>
    Effect.gen(function* () {
      yield* sql`DROP TABLE IF EXISTS ${sql(items)}`
      yield* sql`CREATE TABLE ${sql(items)} (id INTEGER PRIMARY KEY, name TEXT)`
      const byId = Loader.byKey({
        load: (ids: ReadonlyArray<number>) => sql<{ readonly id: number; readonly name: string }>`
          SELECT id, name FROM ${sql(items)} WHERE ${sql.in("id", ids)}`,
        keyOf: ({ id }) => id
      })
      const Item = Entity.make("Item", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
      const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } }).pipe(
        Entity.one(
          "item",
          Item,
          Loader.at(byId, (line: { readonly itemId: number }) => line.itemId)
        )
      )
      const lineAdded = TrackedEvent.make("lineAdded", { entities: { Line } })
      const { message, receipts } = yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`INSERT INTO ${sql(items)} ${sql.insert({ id: 7, name: "tape" })}`
          return yield* Tracker.track(lineAdded, { Line: { id: 1, itemId: 7 } })
        })
      )
      assert.deepInclude(message.properties, { Item_name: "tape" })
      assert.deepStrictEqual(outcomesOf(yield* receipts), [Receipt.delivered])
    }))

  test("stores what is tracked outside of a transaction in batches", (_, store) =>
    Effect.gen(function* () {
      const woken = yield* store.wakes
      const tracked = yield* Effect.forEach([1, 2, 3], track)
      for (const { receipts } of tracked) assert.deepStrictEqual(outcomesOf(yield* receipts), [Receipt.delivered])
      yield* PubSub.take(woken)
      assert.deepStrictEqual(yield* stored, [1, 2, 3])
    }).pipe(Effect.scoped))

  test("fails the call and rolls the transaction back if the insert fails", (sql, store) =>
    Effect.gen(function* () {
      yield* withoutTable(sql, store)
      for (const transaction of [sql.withTransaction, Outbox.transaction]) {
        const change = Effect.andThen(sql`INSERT INTO ${sql(orders)} (id) VALUES (1)`, track(1))
        const exit = yield* Effect.exit(transaction(change))
        const defect = exit._tag === "Failure" ? exit.cause.reasons.find(({ _tag }) => _tag === "Die") : undefined
        assert.instanceOf(defect?._tag === "Die" ? defect.defect : undefined, OutboxError.OutboxError)
        assert.strictEqual(yield* ordersIn(sql), 0)
      }
    }))

  test(
    "can let the transaction go on if the insert fails",
    (sql, store) =>
      Effect.gen(function* () {
        yield* withoutTable(sql, store)
        for (const [index, transaction] of [sql.withTransaction, Outbox.transaction].entries()) {
          const change = Effect.andThen(sql`INSERT INTO ${sql(orders)} (id) VALUES (1)`, track(1))
          const { receipts } = yield* transaction(change)
          assert.match(JSON.stringify(outcomesOf(yield* receipts)), /Dropped.*tables are missing/)
          assert.strictEqual(yield* ordersIn(sql), index + 1)
        }
      }),
    { whenInsertFails: "savepoint", name: "events" }
  )
}
