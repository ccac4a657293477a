/** A version of the outbox that does not exist yet, whose tables have one column and one index more. */
import * as Effect from "effect/Effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import { layerOf } from "./database.ts"
import type { Database } from "./protocol.ts"

const statements = {
  sqlite: [
    "ALTER TABLE trackmap_message ADD COLUMN origin TEXT",
    "ALTER TABLE trackmap_claim ADD COLUMN relay TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX trackmap_message_id ON trackmap_message (id)"
  ],
  postgres: [
    "ALTER TABLE trackmap.message ADD COLUMN origin text",
    "ALTER TABLE trackmap.claim ADD COLUMN relay text NOT NULL DEFAULT ''",
    "CREATE INDEX message_id ON trackmap.message (id)"
  ]
} as const

const tables = { sqlite: "trackmap_migration", postgres: "trackmap.migration" } as const

/** What the outbox's own `migrate` waits for, so that processes that migrate take turns. */
const locks = {
  sqlite: "CREATE TABLE IF NOT EXISTS trackmap_lock (one INTEGER)",
  postgres: "SELECT pg_advisory_xact_lock(hashtext('trackmap.migrate'))"
} as const

export const migrateNewer = ({ kind, ...database }: Database): Promise<void> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const added = Effect.gen(function* () {
      for (const statement of statements[kind]) yield* sql.unsafe(statement)
      // Everything waits for as long as a change of a large table takes.
      yield* Effect.sleep("500 millis")
    })
    const loader = Migrator.fromRecord({ "1_outbox": Effect.void, "2_newer": added })
    yield* sql.withTransaction(
      Effect.andThen(sql.unsafe(locks[kind]), Migrator.make({})({ table: tables[kind], loader }))
    )
  }).pipe(Effect.provide(layerOf({ kind, ...database } as Database, 2)), Effect.runPromise)
