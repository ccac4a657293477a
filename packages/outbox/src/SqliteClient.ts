/**
 * Effect's SQL client over Node's own SQLite, `node:sqlite`, which needs no driver.
 *
 * @module
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import * as Checked from "@trackmap/core/Options"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { durationOf, oneOf, refuse, said } from "./internal/options.ts"

/** The options of the client. */
export interface Options {
  /** The path of the file, or `:memory:`. */
  readonly filename: string
  /**
   * When a commit is on the disk. `"full"` survives a power loss, and waits for the disk at each commit; `"normal"` survives the death of the
   * process, and can lose the last commits at a power loss. Default: `"full"`.
   */
  readonly synchronous?: "full" | "normal" | undefined
  /** How long a statement waits while another process writes. It does not block the event loop. A number is milliseconds. Default: 10 seconds. */
  readonly busyWithin?: Duration.Input | undefined
}

/** The number of statements so far. */
export const statements: Metric.Counter<number> = Metric.counter("sqlite_statements", { incremental: true })

/** Effect reads SQLite's result code from `errno`, as other drivers name it. Node names it `errcode`. */
const named = (cause: unknown): unknown =>
  cause instanceof Error && "errcode" in cause ? Object.assign(cause, { errno: cause.errcode }) : cause

const attempt = <A>(operation: string, f: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({ try: f, catch: (cause) => new SqlError({ reason: classifySqliteError(named(cause), { operation }) }) })

/** SQLite's result code SQLITE_BUSY. */
const isBusy = ({ reason }: SqlError): boolean => reason._tag === "LockTimeoutError"

/** Runs again what another process keeps from running. Inside a transaction, which holds the lock already, nothing can be busy. */
const whenBusy =
  (within: number) =>
  (run: Effect.Effect<Array<any>, SqlError>): Effect.Effect<Array<any>, SqlError> => {
    const again = (left: number, pause: number): Effect.Effect<Array<any>, SqlError> =>
      run.pipe(
        Effect.catch((error) =>
          isBusy(error) && left > 0
            ? Effect.andThen(Effect.sleep(pause), again(left - pause, Math.min(2 * pause, 50)))
            : Effect.fail(error)
        )
      )
    return again(within, 1)
  }

const connect = (database: DatabaseSync, busyWithin: number): Connection => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    let statement = prepared.get(sql)
    if (statement !== undefined) return statement
    // Statements that differ only in their number of rows would otherwise add up.
    if (prepared.size === 500) prepared.clear()
    statement = database.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }
  const retried = whenBusy(busyWithin)
  const run = (sql: string, params: ReadonlyArray<unknown>, arrays: boolean): Effect.Effect<Array<any>, SqlError> =>
    Effect.andThen(
      Metric.update(statements, 1),
      retried(
        attempt("execute", () => {
          const statement = prepare(sql)
          statement.setReturnArrays(arrays)
          return statement.all(...(params as ReadonlyArray<SQLInputValue>))
        })
      )
    )
  const rows: Connection["execute"] = (sql, params, transform) =>
    Effect.map(run(sql, params, false), (found) => (transform === undefined ? found : transform(found)))
  const arrays: Connection["executeValues"] = (sql, params) => run(sql, params, true)
  return {
    execute: rows,
    executeUnprepared: rows,
    executeRaw: (sql, params) => run(sql, params, false),
    executeStream: (sql, params, transform) =>
      Stream.unwrap(Effect.map(rows(sql, params, transform), Stream.fromIterable)),
    executeValues: arrays,
    executeValuesUnprepared: arrays
  }
}

/**
 * Opens a database until the scope closes. A file is in WAL mode: one process writes, and others read at the same time. Fails if the file cannot
 * be opened.
 */
export const make = Effect.fnUntraced(function* (options: Options) {
  const {
    busyWithin = "10 seconds",
    filename,
    synchronous = "full"
  } = Checked.check<Options>("SqliteClient", options, {
    filename: true,
    synchronous: true,
    busyWithin: true
  })
  // SQLite takes an empty name for a database that it deletes when it is closed.
  if (typeof filename !== "string" || filename === "")
    refuse("SqliteClient", "filename", `filename must be the path of a file, or ":memory:", not ${said(filename)}`)
  const isNormal = oneOf("SqliteClient", "synchronous", synchronous, ["full", "normal"]) === "normal"
  const busyMillis = durationOf("SqliteClient", "busyWithin", busyWithin, 0)
  // Imported here because Node.js warns that it is experimental, which concerns nobody who uses PostgreSQL.
  const sqlite = yield* Effect.promise(() => import("node:sqlite"))
  const database = yield* Effect.acquireRelease(
    attempt("open", () => new sqlite.DatabaseSync(filename, { timeout: 0 })),
    (open) => Effect.sync(() => open.close())
  )
  const connection = connect(database, busyMillis)
  if (filename !== ":memory:") yield* connection.execute("PRAGMA journal_mode = WAL", [], undefined)
  if (isNormal) yield* connection.execute("PRAGMA synchronous = NORMAL", [], undefined)
  return yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => database.isTransaction
    }),
    driver: "node:sqlite",
    compiler: Statement.makeCompilerSqlite(),
    beginTransaction: "BEGIN IMMEDIATE",
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

/**
 * The layer of a client. The database is open as long as the layer's scope.
 *
 * @example
 * ```ts
 * import { SqliteClient } from "@trackmap/outbox"
 * import * as Effect from "effect/Effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 *
 * const program = Effect.gen(function* () {
 *   const sql = yield* SqlClient.SqlClient
 *   yield* sql`CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER)`
 *   yield* sql`INSERT INTO orders ${sql.insert({ id: 357, total: 714328 })}`
 *   const [order] = yield* sql<{ readonly total: number }>`SELECT total FROM orders`
 *   console.log(order?.total) // 714328
 * })
 * await Effect.runPromise(Effect.provide(program, SqliteClient.layer({ filename: ":memory:" })))
 * ```
 */
export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))
