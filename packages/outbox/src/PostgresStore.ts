/**
 * An outbox in the PostgreSQL database of your service, for any number of services and relays on any number of machines. It needs PostgreSQL 14 or
 * later.
 *
 * @module
 */
import { PgClient } from "@effect/sql-pg/PgClient"
import * as Checked from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { checked } from "./internal/checked.ts"
import * as letters from "./internal/letters.ts"
import { migrate } from "./internal/migrate.ts"
import { checkPrefix } from "./internal/names.ts"
import { durationOf } from "./internal/options.ts"
import * as parked from "./internal/parked.ts"
import * as claims from "./internal/postgres/claims.ts"
import * as erasing from "./internal/postgres/erasing.ts"
import * as log from "./internal/postgres/log.ts"
import * as partitions from "./internal/postgres/partitions.ts"
import { rebase } from "./internal/postgres/rebase.ts"
import * as sinks from "./internal/postgres/sinks.ts"
import { migrationsOf, tablesOf } from "./internal/postgres/tables.ts"
import * as version from "./internal/postgres/version.ts"
import * as wakes from "./internal/postgres/wakes.ts"
import * as replays from "./internal/replays.ts"
import { asOutboxError } from "./internal/sqlError.ts"
import { millisOf, retentionOf } from "./internal/times.ts"
import type { OutboxError } from "./OutboxError.ts"
import { OutboxStore } from "./OutboxStore.ts"

/** The options of the store. */
export interface Options {
  /** The schema of its tables, which it creates if it is missing. Default: `trackmap`. */
  readonly schema?: string | undefined
  /** The time of one partition of the log. Retention drops whole partitions. A number is milliseconds. Default: 1 day. */
  readonly partition?: Duration.Input | undefined
  /**
   * Whether relays of this process keep a connection that listens for the wakes of other processes. Set it to false behind a pooler in transaction
   * mode, where LISTEN does not work: relays then only poll. Default: true.
   */
  readonly listen?: boolean | undefined
}

/** Makes a store in the database of a `PgClient`, until the scope closes. */
export const make = Effect.fnUntraced(function* (options: Options = {}) {
  const {
    listen = true,
    partition = "1 day",
    schema = "trackmap"
  } = Checked.check<Options>("PostgresStore", options, {
    schema: true,
    partition: true,
    listen: true
  })
  const sql = yield* PgClient
  const tables = tablesOf(sql, checkPrefix("PostgresStore", "schema", schema))
  const period = Math.round(durationOf("PostgresStore", "partition", partition, 100))
  const recent: claims.Recent = new Map()
  let parkedFirst = false
  // Without the right to create schemas, a role can still use one.
  const createSchema = Effect.flatMap(
    sql`SELECT FROM pg_namespace WHERE nspname = ${schema}`.withoutTransform,
    (found) => (found.length > 0 ? Effect.void : Effect.asVoid(sql.unsafe(`CREATE SCHEMA ${schema}`)))
  )
  const lock = Effect.andThen(sql.unsafe(`SELECT pg_advisory_xact_lock(hashtext('${schema}.migrate'))`), createSchema)
  const migrated = migrate(sql, { table: `${schema}.migration`, migrations: migrationsOf(tables), lock })
  const scan: replays.Scan = (scanned, each) =>
    log.scan(tables, scanned, (rows) => {
      const kept = Effect.andThen(erasing.share(tables), log.kept(tables, rows))
      return sql.withTransaction(Effect.flatMap(kept, (ids) => each(rows.filter(({ id }) => ids.has(id)))))
    })
  const waking = yield* wakes.make(sql, `${schema}_wake`, listen)
  return checked({
    database: "postgres",
    migrate: Effect.andThen(
      Effect.andThen(asOutboxError("migrate")(version.check(sql)), migrated),
      // Messages find a partition even if transactions keep it from preparing more now. A sweep does it later.
      asOutboxError("migrate")(partitions.prepare(tables, period)).pipe(
        Effect.catchIf(
          ({ transient }) => transient,
          () => Effect.void
        )
      )
    ),
    insert: (entries) => asOutboxError("insert")(log.insert(tables, entries)),
    committed: (written) => asOutboxError("committed")(log.committed(tables, written)),
    statement: (entries) => log.statementOf(schema, entries),
    ...waking,
    start: (sink, from) => asOutboxError("start")(sinks.start(tables, sink, from)),
    remove: (sink) => asOutboxError("remove")(sinks.remove(tables, sink)),
    rename: (from, to) => asOutboxError("rename")(sinks.rename(tables, from, to)),
    claim: (sink, { alone = false, lease, limit }) => {
      // What is parked and what is new take turns, so that neither waits for all of the other.
      parkedFirst = !parkedFirst
      const due = parked.claim(tables, sink, limit, millisOf(lease))
      return asOutboxError("claim")(
        claims.claim(tables, sink, { alone, limit, lease: millisOf(lease), parkedFirst }, due, recent)
      )
    },
    renew: (claim, lease) => {
      const run = claim.source === "log" ? claims.renew : parked.renew
      return asOutboxError("renew")(run(tables, claim, millisOf(lease)))
    },
    complete: (claim, again = []) => {
      const ended =
        claim.source === "parked"
          ? parked.complete(tables, claim, again)
          : Effect.tap(claims.end(tables, claim), (isHeld) =>
              isHeld ? parked.addLogged(tables, claim, again, (ids) => claims.kept(tables, claim, ids)) : Effect.void
            )
      if (again.length > 0)
        return asOutboxError("complete")(sql.withTransaction(Effect.andThen(erasing.share(tables), ended)))
      return asOutboxError("complete")(claim.source === "parked" ? sql.withTransaction(ended) : ended)
    },
    release: (claim) =>
      asOutboxError("release")((claim.source === "log" ? claims.release : parked.release)(tables, claim)),
    letters: (selection = {}) => asOutboxError("letters")(letters.letters(tables, selection)),
    letter: (sink, id) => asOutboxError("letter")(letters.letter(tables, sink, id)),
    replay: (replay) => Effect.tap(asOutboxError("replay")(replays.replay(tables, replay, scan)), waking.wake),
    erase: (userId) =>
      asOutboxError("erase")(
        replays.erase(tables, userId, (scanned, is) => {
          const erased = log.scan(tables, scanned, (rows) => log.remove(tables, rows.filter(is)))
          return Effect.tap(erased, () => erasing.wait(tables))
        })
      ),
    sweep: (retention) => {
      const ages = retentionOf(retention)
      const swept = Effect.andThen(partitions.prepare(tables, period), partitions.drop(tables, ages.messages))
      const rest = Effect.andThen(partitions.trim(tables), letters.sweep(tables, ages.letters))
      return asOutboxError("sweep")(Effect.tap(swept, () => rest))
    },
    stats: asOutboxError("stats")(sinks.stats(tables)),
    rebase: asOutboxError("rebase")(rebase(tables))
  })
})

/**
 * The layer of a store in the database of a `PgClient` of `@effect/sql-pg`. It creates the tables if they are missing. Use the same client for your
 * own tables: a message then commits with what it describes.
 *
 * @example
 * ```ts
 * import * as PgClient from "@effect/sql-pg/PgClient"
 * import { PostgresStore } from "@trackmap/outbox"
 * import * as Config from "effect/Config"
 * import * as Layer from "effect/Layer"
 *
 * export const database = PostgresStore.layer().pipe(
 *   Layer.provideMerge(PgClient.layerConfig({ url: Config.Redacted("DATABASE_URL") }))
 * )
 * ```
 */
export const layer = (options?: Options): Layer.Layer<OutboxStore, OutboxError, PgClient> =>
  Layer.effect(
    OutboxStore,
    Effect.tap(make(options), (store) => store.migrate)
  )
