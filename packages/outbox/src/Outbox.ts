/**
 * The service's side of an outbox: what you track inside a transaction is stored with it, and rolled back with it.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as Checked from "@trackmap/core/Options"
import type * as Plan from "@trackmap/core/Plan"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { checkPrefix } from "./internal/names.ts"
import { functionOf, oneOf } from "./internal/options.ts"
import * as postgres from "./internal/postgres/log.ts"
import * as sqlite from "./internal/sqlite/log.ts"
import type { Execute, Inserting, Statement, Through } from "./internal/through/model.ts"
import { plain, statementOf } from "./internal/through/statement.ts"
import * as clients from "./internal/through/through.ts"
import * as writing from "./internal/writing/sink.ts"
import type { OutboxError } from "./OutboxError.ts"
import { type Entry, OutboxStore } from "./OutboxStore.ts"
import * as Relay from "./Relay.ts"

export type { Execute, Inserting, Statement, Through }

/** The options of the sink. */
export interface SinkOptions {
  /** The sink's name in receipts. Default: `outbox`. */
  readonly name?: string | undefined
  /**
   * What happens if the insert of a message fails in a transaction. `"fail"`: the call dies with an `OutboxError`, and the transaction rolls
   * back. `"savepoint"`: the transaction goes on without the message, whose receipt is `Dropped`. This costs two more statements for each
   * insert. Default: `"fail"`.
   */
  readonly whenInsertFails?: "fail" | "savepoint" | undefined
}

const isIsolated = (entity: string, whenInsertFails: NonNullable<SinkOptions["whenInsertFails"]>): boolean =>
  oneOf(entity, "whenInsertFails", whenInsertFails, ["fail", "savepoint"]) === "savepoint"

/**
 * A sink that stores messages in the outbox, for relays to deliver. Use it as your tracker's sink.
 *
 * - Inside a transaction of the store's SqlClient, `track` inserts the message in that transaction before it returns. If the transaction, or a
 *   savepoint around the call, rolls back, the message is gone as well. The receipt comes after the commit, and means that the message is stored:
 *   `Delivered`. After a rollback it is `Skipped`. A fiber that awaits it inside the transaction dies with an `OutboxError`.
 * - Outside of a transaction, messages go through the tracker's buffer, and are stored in batches. If the database is away, the sink retries for as
 *   long as `EventSink.retried` does.
 *
 * @example
 * ```ts
 * import { TrackedEvent, Tracker } from "@trackmap/core"
 * import { Outbox, OutboxStore, SqliteClient, SqliteStore } from "@trackmap/outbox"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Schema from "effect/Schema"
 * import * as SqlClient from "effect/sql/SqlClient"
 *
 * const orderPlaced = TrackedEvent.make("orderPlaced", { properties: { Order_id: Schema.Int } })
 * const database = SqliteStore.layer().pipe(Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })))
 * const tracking = Tracker.layer(Outbox.sink()).pipe(Layer.provideMerge(database))
 *
 * const place = Effect.fn("place")(function* (id: number) {
 *   const sql = yield* SqlClient.SqlClient
 *   yield* sql`INSERT INTO orders (id) VALUES (${id})`
 *   return yield* Tracker.track(orderPlaced, { properties: { Order_id: id } })
 * })
 *
 * const program = Effect.gen(function* () {
 *   const sql = yield* SqlClient.SqlClient
 *   const store = yield* OutboxStore.OutboxStore
 *   yield* sql`CREATE TABLE orders (id INTEGER PRIMARY KEY)`
 *   yield* store.start("segment", "beginning")
 *
 *   const { receipts } = yield* sql.withTransaction(place(357))
 *   console.log((yield* receipts).map(({ outcome }) => outcome._tag)) // [ "Delivered" ]
 *
 *   const again = yield* Effect.result(sql.withTransaction(place(357)))
 *   console.log(again._tag) // Failure
 *   console.log((yield* store.stats).map(({ depth }) => depth)) // [ 1 ]
 * })
 * await Effect.runPromise(Effect.provide(program, tracking))
 * ```
 */
export const sink = (options: SinkOptions = {}): EventSink.EventSink<never, OutboxStore | SqlClient.SqlClient> => {
  const { name = "outbox", whenInsertFails = "fail" } = Checked.check<SinkOptions>("Outbox.sink", options, {
    name: true,
    whenInsertFails: true
  })
  return EventSink.retried(writing.sink(name, isIsolated("Outbox.sink", whenInsertFails)))
}

/**
 * Runs an effect in a transaction of the SqlClient, like its `withTransaction`, and inserts what the effect tracks by one statement before the commit:
 * for transactions that track many events. What is tracked in a transaction inside this one is inserted there at once.
 *
 * @example
 * ```ts
 * import { TrackedEvent, Tracker } from "@trackmap/core"
 * import { Outbox, OutboxStore, SqliteClient, SqliteStore } from "@trackmap/outbox"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Schema from "effect/Schema"
 *
 * const orderPlaced = TrackedEvent.make("orderPlaced", { properties: { Order_id: Schema.Int } })
 * const database = SqliteStore.layer().pipe(Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })))
 * const tracking = Tracker.layer(Outbox.sink()).pipe(Layer.provideMerge(database))
 *
 * const program = Effect.gen(function* () {
 *   const store = yield* OutboxStore.OutboxStore
 *   yield* store.start("segment", "beginning")
 *   yield* Outbox.transaction(
 *     Effect.forEach([357, 358, 359], (id) => Tracker.track(orderPlaced, { properties: { Order_id: id } }))
 *   )
 *   const claim = yield* store.claim("segment", { limit: 10, lease: "1 minute" })
 *   console.log(claim?.rows.length) // 3
 * })
 * await Effect.runPromise(Effect.provide(program, tracking))
 * ```
 */
export const transaction: <A, E, R>(
  effect: Effect.Effect<A, E, R>
) => Effect.Effect<A, E | SqlError, R | OutboxStore | SqlClient.SqlClient> = writing.transaction

/**
 * Wakes the relays, which otherwise notice new messages when they next poll. The sink does this after each commit. Call it after you have inserted
 * messages in another way.
 */
export const wake: Effect.Effect<void, never, OutboxStore> = Effect.flatMap(OutboxStore, (store) => store.wake)

/**
 * The layer of a relay, which delivers the messages of the outbox to sinks: `Relay.layer`. It runs as long as the layer's scope, in the service or
 * elsewhere.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
 * import { Outbox, SqliteClient, SqliteStore } from "@trackmap/outbox"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Logger from "effect/Logger"
 *
 * const Cancelled = TrackedEvent.make("orderCancelled")
 * const segment = EventSink.make({
 *   name: "segment",
 *   send: (batch) =>
 *     Effect.sync(() => {
 *       for (const message of batch) console.log(message.type === "track" && message.event) // orderCancelled
 *       return batch.all(Receipt.delivered)
 *     })
 * })
 *
 * const database = SqliteStore.layer().pipe(Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })))
 * const tracking = Tracker.layer(Outbox.sink())
 * const relay = Outbox.relay(segment, { from: "beginning" })
 *
 * const program = Effect.andThen(Outbox.transaction(Tracker.track(Cancelled, {})), Effect.sleep("100 millis"))
 * const services = Layer.mergeAll(tracking, relay).pipe(Layer.provideMerge(database), Layer.provideMerge(Logger.layer([])))
 * await Effect.runPromise(Effect.provide(program, services))
 * ```
 */
export const relay: <E, R, P extends Plan.Plan = Plan.Plan>(
  sinks: EventSink.EventSink<E, R>,
  options: Relay.Options<P>
) => Layer.Layer<Relay.Relay, E | OutboxError, Exclude<R | Plan.LaterServices<P>, Scope.Scope> | OutboxStore> =
  Relay.layer

/** The options of `through`. */
export interface ThroughOptions extends SinkOptions {
  /** The database that the client talks to. */
  readonly database: "postgres" | "sqlite"
  /** The `schema` of the relay's `PostgresStore`. Default: `trackmap`. */
  readonly schema?: string | undefined
  /** The `prefix` of the relay's `SqliteStore`. Default: `trackmap_`. */
  readonly prefix?: string | undefined
  /** Runs statements outside of transactions, with a connection of their own: your pool, or the client itself. */
  readonly execute: Execute
}

/**
 * An outbox for services whose transactions belong to another client: pg, postgres.js, Drizzle, Kysely, Prisma, and any other that runs a statement.
 * Use it with the trackers of `@trackmap/node`. A relay, or `migrate` of its store, creates the tables.
 *
 * Inside `inserting`, `track` keeps the message until your function ends, and one statement of your transaction then inserts all of them. Await the
 * tracker's calls inside. Outside, messages go through the tracker's buffer, and are stored in batches with `execute`.
 *
 * @example
 * ```ts
 * import { Outbox, SqliteClient, SqliteStore } from "@trackmap/outbox"
 * import { TrackedEvent, Tracking } from "@trackmap/node"
 * import * as Effect from "effect/Effect"
 * import { DatabaseSync } from "node:sqlite"
 * import * as Schema from "effect/Schema"
 *
 * // Stands for your client.
 * const database = new DatabaseSync(":memory:")
 * const outbox = Outbox.through({
 *   database: "sqlite",
 *   execute: async ({ params, sql }) => database.prepare(sql).run(...params)
 * })
 * const orderPlaced = TrackedEvent.make("orderPlaced", { properties: { Order_id: Schema.Int } })
 * const tracking = Tracking.make({ sinks: outbox.sink })
 *
 * export const place = (id: number) =>
 *   outbox.transaction(async (inserting) => {
 *     database.exec("BEGIN IMMEDIATE")
 *     try {
 *       await inserting(
 *         async ({ params, sql }) => database.prepare(sql).run(...params),
 *         async () => {
 *           database.prepare("INSERT INTO orders (id) VALUES (?)").run(id)
 *           await tracking.track(orderPlaced, { properties: { Order_id: id } })
 *         }
 *       )
 *       database.exec("COMMIT")
 *     } catch (error) {
 *       database.exec("ROLLBACK")
 *       throw error
 *     }
 *   })
 * ```
 */
export const through = (options: ThroughOptions): Through => {
  const given = Checked.check<ThroughOptions>("Outbox.through", options, {
    name: true,
    whenInsertFails: true,
    database: true,
    schema: true,
    prefix: true,
    execute: true
  })
  const { database, name = "outbox", prefix = "trackmap_", schema = "trackmap", whenInsertFails = "fail" } = given
  const execute = functionOf("Outbox.through", "execute", given.execute)
  const own = { name, execute, isolated: isIsolated("Outbox.through", whenInsertFails) }
  if (oneOf("Outbox.through", "database", database, ["postgres", "sqlite"]) === "postgres") {
    const checked = checkPrefix("Outbox.through", "schema", schema)
    const statement = (entries: ReadonlyArray<Entry>) => statementOf(postgres.statementOf(checked, entries))
    return clients.through({ ...own, statement, wake: plain(`NOTIFY ${checked}_wake`) })
  }
  const checked = checkPrefix("Outbox.through", "prefix", prefix)
  const statement = (entries: ReadonlyArray<Entry>) => statementOf(sqlite.statementOf(checked, entries))
  return clients.through({ ...own, statement, wake: undefined })
}
