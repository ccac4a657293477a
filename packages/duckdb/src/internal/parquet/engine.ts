import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { DuckDBError } from "../../DuckDBError.ts"
import type { Bounds } from "../bounds.ts"
import type { Session } from "../engine/database.ts"
import { faultOf } from "../engine/fault.ts"
import { onConnection, type Run } from "../engine/run.ts"

/** DuckDB in memory, which writes and reads the files of a directory. */
export interface Engine {
  readonly session: Session
  readonly run: Run
  readonly failed: (cause: unknown) => DuckDBError
}

/** An engine until the scope closes. It loads no extension. */
export const make = (
  directory: string,
  { memoryLimit, threads }: Bounds
): Effect.Effect<Engine, DuckDBError, Scope.Scope> => {
  const failed = (cause: unknown) => faultOf(directory, cause)
  const open = Effect.tryPromise({
    try: async () => {
      const binding = await import("@duckdb/node-api")
      const instance = await binding.DuckDBInstance.create(":memory:", {
        memory_limit: memoryLimit,
        threads: String(threads),
        autoload_known_extensions: "false",
        autoinstall_known_extensions: "false",
        allow_community_extensions: "false"
      })
      const connection = await instance.connect()
      await connection.run("SET TimeZone = 'UTC'")
      return { binding, instance, connection }
    },
    catch: failed
  })
  return Effect.map(
    Effect.acquireRelease(open, ({ connection, instance }) =>
      Effect.sync(() => {
        connection.closeSync()
        instance.closeSync()
      })
    ),
    ({ binding, connection }) => ({
      session: { binding, connection, isClosed: false },
      failed,
      run: (sql) => onConnection(connection, async () => (await connection.run(sql)).getRows(), failed)
    })
  )
}
