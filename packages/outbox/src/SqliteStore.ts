/**
 * An outbox in the SQLite database of your service. SQLite has one writer at a time, and relays run in the same process, or in others on the same
 * machine.
 *
 * @module
 */
import * as Checked from "@trackmap/core/Options"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { checked } from "./internal/checked.ts"
import * as letters from "./internal/letters.ts"
import { migrate } from "./internal/migrate.ts"
import { checkPrefix } from "./internal/names.ts"
import * as parked from "./internal/parked.ts"
import * as replays from "./internal/replays.ts"
import { asOutboxError } from "./internal/sqlError.ts"
import * as claims from "./internal/sqlite/claims.ts"
import * as log from "./internal/sqlite/log.ts"
import * as sinks from "./internal/sqlite/sinks.ts"
import { migrationsOf, tablesOf } from "./internal/sqlite/tables.ts"
import { millisOf, retentionOf } from "./internal/times.ts"
import * as wakes from "./internal/wakes.ts"
import { OutboxStore } from "./OutboxStore.ts"

/** The options of the store. */
export interface Options {
  /** How the names of its tables start. Default: `trackmap_`. */
  readonly prefix?: string | undefined
}

/** Makes a store in the database of an SQL client for SQLite. */
export const make = Effect.fnUntraced(function* (options: Options = {}) {
  const { prefix = "trackmap_" } = Checked.check<Options>("SqliteStore", options, { prefix: true })
  const sql = yield* SqlClient.SqlClient
  const tables = tablesOf(sql, checkPrefix("SqliteStore", "prefix", prefix))
  let parkedFirst = false
  const migrations = `${prefix}migration`
  const scan: replays.Scan = (scanned, each) => log.scan(tables, scanned, each)
  const waking = yield* wakes.make
  return checked({
    database: "sqlite",
    migrate: migrate(sql, {
      table: migrations,
      migrations: migrationsOf(tables),
      // A write takes SQLite's lock, however the client begins its transactions.
      lock: Effect.asVoid(sql`CREATE TABLE IF NOT EXISTS ${sql(`${prefix}lock`)} (one INTEGER)`)
    }),
    insert: (entries) => asOutboxError("insert")(log.insert(tables, entries)),
    committed: (written) => asOutboxError("committed")(log.committed(tables, written)),
    statement: (entries) => log.statementOf(prefix, entries),
    ...waking,
    start: (sink, from) => asOutboxError("start")(sinks.start(tables, sink, from)),
    remove: (sink) => asOutboxError("remove")(sinks.remove(tables, sink)),
    rename: (from, to) => asOutboxError("rename")(sinks.rename(tables, from, to)),
    claim: (sink, options) => {
      const { alone = false, limit } = options
      const lease = millisOf(options.lease)
      // What is parked and what is new take turns, so that neither waits for all of the other.
      parkedFirst = !parkedFirst
      const due = Effect.flatMap(parked.isDue(tables, sink), (is) =>
        is ? parked.claim(tables, sink, limit, lease) : Effect.undefined
      )
      const next = Effect.flatMap(claims.hasNext(tables, sink, alone), (has) =>
        has ? claims.next(tables, sink, { alone, lease, limit }) : Effect.undefined
      )
      const [first, second] = parkedFirst ? [due, next] : [next, due]
      return asOutboxError("claim")(
        Effect.flatMap(first, (claim) => (claim === undefined ? second : Effect.succeed(claim)))
      )
    },
    renew: (claim, lease) => {
      const run = claim.source === "log" ? claims.renew : parked.renew
      return asOutboxError("renew")(run(tables, claim, millisOf(lease)))
    },
    complete: (claim, again = []) => {
      const complete =
        claim.source === "parked"
          ? parked.complete(tables, claim, again)
          : Effect.flatMap(claims.end(tables, claim), (range) => {
              if (range === undefined) return Effect.succeed(false)
              return Effect.as(
                parked.addLogged(tables, claim, again, (ids) => log.kept(tables, range, ids)),
                true
              )
            })
      return asOutboxError("complete")(sql.withTransaction(complete))
    },
    release: (claim) =>
      asOutboxError("release")((claim.source === "log" ? claims.release : parked.release)(tables, claim)),
    letters: (options = {}) => asOutboxError("letters")(letters.letters(tables, options)),
    letter: (sink, id) => asOutboxError("letter")(letters.letter(tables, sink, id)),
    replay: (options) => Effect.tap(asOutboxError("replay")(replays.replay(tables, options, scan)), waking.wake),
    erase: (userId) =>
      asOutboxError("erase")(
        replays.erase(tables, userId, (scanned, is) =>
          log.scan(tables, scanned, (rows) => log.remove(tables, rows.filter(is)))
        )
      ),
    sweep: (retention) => {
      const ages = retentionOf(retention)
      return asOutboxError("sweep")(
        Effect.tap(log.sweep(tables, ages.messages), () => letters.sweep(tables, ages.letters))
      )
    },
    stats: asOutboxError("stats")(sinks.stats(tables)),
    // The numbers of the log are rows of the file, and come with every copy of it.
    rebase: Effect.void
  })
})

/**
 * The layer of a store in the database of an SQL client for SQLite, such as `SqliteClient`. It creates the tables if they are missing. Use the same
 * client for your own tables: a message then commits with what it describes.
 *
 * @example
 * ```ts
 * import { OutboxStore, SqliteClient, SqliteStore } from "@trackmap/outbox"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const store = SqliteStore.layer().pipe(Layer.provide(SqliteClient.layer({ filename: ":memory:" })))
 * const program = Effect.gen(function* () {
 *   const outbox = yield* OutboxStore.OutboxStore
 *   yield* outbox.start("segment", "now")
 *   console.log((yield* outbox.stats).map(({ depth, sink }) => [sink, depth])) // [ [ "segment", 0 ] ]
 * })
 * await Effect.runPromise(Effect.provide(program, store))
 * ```
 */
export const layer = (options?: Options) =>
  Layer.effect(
    OutboxStore,
    Effect.tap(make(options), (store) => store.migrate)
  )
