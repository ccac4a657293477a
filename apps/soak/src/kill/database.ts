import { SqliteClient, SqliteStore, type OutboxStore } from "@trackmap/outbox"
import * as Layer from "effect/Layer"
import type * as SqlClient from "effect/sql/SqlClient"
import type { Database } from "./protocol.ts"

/** The client and the store of a database. A commit survives the death of a process, which is all that a run needs. */
export const layerOf = (database: Database): Layer.Layer<OutboxStore.OutboxStore | SqlClient.SqlClient, unknown> => {
  const client = SqliteClient.layer({ filename: database.filename, synchronous: "normal" })
  return Layer.provideMerge(SqliteStore.layer(), client)
}
