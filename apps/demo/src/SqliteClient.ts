import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
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

/** The number of statements so far. */
export const statements: Metric.Counter<number> = Metric.counter("sqlite_statements", { incremental: true })

const attempt = <A>(operation: string, f: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({ try: f, catch: (cause) => new SqlError({ reason: classifySqliteError(cause, { operation }) }) })

const connect = (database: DatabaseSync): Connection => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    let statement = prepared.get(sql)
    if (statement === undefined) prepared.set(sql, (statement = database.prepare(sql)))
    return statement
  }
  const run = (sql: string, params: ReadonlyArray<unknown>, arrays: boolean): Effect.Effect<Array<any>, SqlError> =>
    Effect.andThen(
      Metric.update(statements, 1),
      attempt("execute", () => {
        const statement = prepare(sql)
        statement.setReturnArrays(arrays)
        return statement.all(...(params as ReadonlyArray<SQLInputValue>))
      })
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

const make = Effect.fnUntraced(function* (filename: string) {
  const database = yield* Effect.acquireRelease(
    attempt("open", () => new DatabaseSync(filename)),
    (open) => Effect.sync(() => open.close())
  )
  const connection = connect(database)
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

/** Effect's SQL client over Node's own SQLite. The database lives as long as the layer's scope. */
export const layer = (filename: string): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(filename)).pipe(Layer.provide(Reactivity.layer))
