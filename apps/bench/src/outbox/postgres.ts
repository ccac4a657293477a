/** The PostgreSQL server of the outbox's questions. It waits for the disk at a commit, like a service's. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { PostgresStore } from "@trackmap/outbox"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { start } from "../../../../compat/src/postgres/server.ts"
import { bodyOf, idOf } from "./messages.ts"

/** Runs a question beside a server of its own. */
export const withServer = async <A>(ask: (address: string) => Promise<A>): Promise<A> => {
  const { address, stop } = await start({
    shared_buffers: "512MB",
    max_wal_size: "8GB",
    max_connections: "200",
    checkpoint_timeout: "30min"
  })
  try {
    return await ask(address)
  } finally {
    await stop()
  }
}

/** The address of the server, in the process of a contestant. */
export const address = (): string => process.env["BENCH_POSTGRES"]!

/** A client with as many connections as the work needs. */
export const clientOf = (url: string, maxConnections = 10) =>
  PgClient.layerConfig({ url: Config.succeed(Redacted.make(url)), maxConnections: Config.succeed(maxConnections) })

/** An outbox in a schema. */
export const outbox = (url: string, schema: string, maxConnections?: number) =>
  PostgresStore.layer({ schema }).pipe(Layer.provideMerge(clientOf(url, maxConnections)))

/** How many messages the transactions of a filled log have. */
const each = 1_000

/** Fills the log of an outbox with messages that are committed a thousand at a time. */
export const fill = (url: string, schema: string, count: number): Promise<void> =>
  Effect.gen(function* () {
    const sql = yield* PgClient.PgClient
    const body = bodyOf(idOf(0), 0)
    const prefix = idOf(0).slice(0, -12)
    for (let from = 0; from < count; from += each) {
      yield* sql.unsafe(
        `INSERT INTO ${schema}.message (id, body)
         SELECT id, replace($1, $2, id) FROM (
           SELECT $3 || lpad(i::text, 12, '0') AS id FROM generate_series($4::bigint, $5::bigint) AS i) AS ids`,
        [body, idOf(0), prefix, from, Math.min(from + each, count) - 1]
      )
    }
    yield* sql.unsafe(`VACUUM (ANALYZE) ${schema}.message`)
  }).pipe(Effect.provide(outbox(url, schema)), Effect.runPromise)

/** Runs statements one after another. */
export const run = (sql: PgClient.PgClient, statements: ReadonlyArray<string>) =>
  Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
