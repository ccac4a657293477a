/**
 * A database of ClickHouse on your machine. It answers the statements of a sink as ClickHouse does, keeps the rows, and misbehaves on demand.
 *
 * @module
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Fault from "./Fault.ts"
import type { Row, Stored, Table } from "./internal/clickhouse/model.ts"
import * as clickhouse from "./internal/clickhouse/vendor.ts"
import * as VendorServer from "./VendorServer.ts"

export type { Column, Row, Table } from "./internal/clickhouse/model.ts"

/** The server's options. */
export interface Options extends VendorServer.Options {
  /** The user. Default: "default". */
  readonly user?: string | undefined
  /** The user's password. Default: "password". */
  readonly password?: string | undefined
  /** The only database. Default: "default". */
  readonly database?: string | undefined
}

/** A running server. */
export interface ClickHouseServer extends VendorServer.VendorServer<Fault.Common> {
  readonly user: string
  readonly password: string
  readonly database: string
  /** The tables and views. */
  readonly tables: Effect.Effect<ReadonlyArray<Table>>
  /** The rows of a table as `SELECT ... FINAL` returns them, or none if there is no such table. */
  readonly rows: (table: string) => Effect.Effect<ReadonlyArray<Row>>
  /** Removes a table or a view, as somebody may do by hand. */
  readonly drop: (table: string) => Effect.Effect<void>
}

/**
 * Starts a server on a free port, until the scope closes.
 *
 * - It reads these statements: `CREATE TABLE IF NOT EXISTS` of a MergeTree, `CREATE OR REPLACE VIEW`, whose query it does not run, `ALTER TABLE` with
 *   `ADD COLUMN IF NOT EXISTS`, `MODIFY COLUMN` and `DELETE WHERE`, which it runs at once, `SELECT` of columns of `system.tables` and `system.columns` of
 *   one database, `SELECT` of columns or `count()` of one table, and `INSERT ... FORMAT JSONCompactEachRow`. Names are quoted. All others are syntax
 *   errors. Conditions compare, and may have parameters (`param_...` in the query).
 * - It stores values as version 26.7 of the engine does: a fraction is no `Int64`, null is none unless the column is `Nullable` (or a default, without
 *   `input_format_null_as_default = 0`), 2^63 wraps to -2^63 without an error, and one bad row fails the whole insert.
 * - An insert whose `insert_deduplication_token` the table has seen stores nothing.
 * - Errors have the codes, the header and the statuses of ClickHouse. `Fault.errorBody()` is an exception in the body of a 200.
 *
 * `npm run clickhouse` in the repository runs the same sink on the engine itself.
 *
 * @example
 * ```ts
 * import { ClickHouseServer } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* ClickHouseServer.make()
 *   const authorization = `Basic ${btoa(`${server.user}:${server.password}`)}`
 *   const run = (body: string) =>
 *     Effect.promise(() => fetch(server.url, { method: "POST", headers: { authorization }, body }))
 *   yield* run(
 *     `CREATE TABLE IF NOT EXISTS "default"."ids" ("id" String, "loaded_at" Int64) ENGINE = ReplacingMergeTree("loaded_at") ORDER BY ("id")`
 *   )
 *   yield* run(`INSERT INTO "default"."ids" ("id", "loaded_at") FORMAT JSONCompactEachRow\n["m1",1]\n["m1",2]\n`)
 *   console.log(yield* server.rows("ids")) // [ { id: "m1", loaded_at: 2 } ]
 * })
 * await Effect.runPromise(Effect.scoped(program))
 * ```
 */
export const make: (options?: Options) => Effect.Effect<ClickHouseServer, never, Scope.Scope> = Effect.fn(
  "ClickHouseServer.make"
)(function* (options: Options = {}) {
  const { database = "default", password = "password", user = "default" } = options
  const tables = new Map<string, Stored>()
  const server = yield* VendorServer.make(clickhouse.vendor(new Map([[database, tables]]), user, password), options)
  return {
    ...server,
    user,
    password,
    database,
    tables: Effect.sync(() => structuredClone([...tables.values()])),
    rows: (name) =>
      Effect.sync(() => {
        const table = tables.get(name)
        return table === undefined ? [] : clickhouse.final(table)
      }),
    drop: (name) => Effect.sync(() => void tables.delete(name))
  }
})
