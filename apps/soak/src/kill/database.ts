import * as PgClient from "@effect/sql-pg/PgClient"
import { Tracker } from "@trackmap/core"
import { Outbox, PostgresStore, SqliteClient, SqliteStore, type OutboxStore } from "@trackmap/outbox"
import * as Config from "effect/Config"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as SqlClient from "effect/sql/SqlClient"
import type { Database } from "./protocol.ts"

export const clientOf = (url: string, connections: number) =>
  PgClient.layerConfig({ url: Config.succeed(Redacted.make(url)), maxConnections: Config.succeed(connections) })

/** The client and the store of a database. A commit survives the death of a process, which is all that a run needs. */
export const layerOf = (
  database: Database,
  connections: number
): Layer.Layer<OutboxStore.OutboxStore | SqlClient.SqlClient, unknown> => {
  if (database.kind === "sqlite") {
    const client = SqliteClient.layer({ filename: database.filename, synchronous: "normal" })
    return Layer.provideMerge(SqliteStore.layer(), client)
  }
  const client = clientOf(database.url, connections)
  return Layer.provideMerge(PostgresStore.layer({ partition: database.partition }), client)
}

/** The tracker of a service, which tracks into the outbox. */
export const trackingOf = (database: Database, connections: number) =>
  Layer.provideMerge(Tracker.layer(Outbox.sink()), layerOf(database, connections))
