import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { folder } from "../../../test/reading.ts"
import { connect, databaseOf, discard, isOpen } from "./database.ts"
import { failedOn, inTransaction, runOn } from "./run.ts"

const bounds = { memoryLimit: "64MB", threads: 1 }
const withDatabase = <A, E>(test: (database: ReturnType<typeof databaseOf>) => Effect.Effect<A, E>) =>
  Effect.scoped(Effect.flatMap(folder, (path) => test(databaseOf(join(path, "a.duckdb")))))

describe("a database of this process", () => {
  it.live("is open as long as one of its sessions", () =>
    withDatabase((database) =>
      Effect.gen(function* () {
        const session = connect(database, bounds, 0)
        yield* Effect.scoped(
          Effect.andThen(
            session,
            Effect.andThen(
              Effect.scoped(session),
              Effect.sync(() => assert.isTrue(isOpen(database)))
            )
          )
        )
        assert.isFalse(isOpen(database))
      })
    )
  )

  it.live("is opened again after an error that makes its instance useless", () =>
    withDatabase((database) =>
      Effect.scoped(
        Effect.gen(function* () {
          const first = yield* connect(database, bounds, 0)
          yield* runOn(database, first.connection)("CREATE TABLE t AS SELECT 42 AS a")
          assert.isTrue(failedOn(database)(new Error("FATAL Error: the database has been invalidated")).transient)
          discard(database)
          assert.isTrue(first.isClosed)
          const failed = yield* Effect.exit(inTransaction(runOn(database, first.connection), Effect.void))
          assert.isTrue(Exit.isFailure(failed))
          const second = yield* connect(database, bounds, 0)
          assert.deepStrictEqual(yield* runOn(database, second.connection)("SELECT a FROM t"), [[42]])
        })
      )
    )
  )

  it.live("stops a statement when its fiber is interrupted, and rolls its transaction back", () =>
    withDatabase((database) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { connection } = yield* connect(database, bounds, 0)
          const run = runOn(database, connection)
          yield* run("CREATE TABLE t (a BIGINT)")
          const long = Effect.andThen(
            run("INSERT INTO t VALUES (1)"),
            run(
              "INSERT INTO t SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range % 7 = b.range % 11"
            )
          )
          const running = yield* Effect.forkChild(inTransaction(run, long))
          yield* Effect.sleep("200 millis")
          yield* Fiber.interrupt(running)
          assert.deepStrictEqual(yield* run("SELECT count(*)::INT FROM t"), [[0]])
        })
      )
    )
  )
})
