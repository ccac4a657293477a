import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { SqliteClient } from "./index.ts"

const file = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-sqlite-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  ),
  (folder) => join(folder, "shop.db")
)

/** A connection of its own, as another process has it. */
const clientOf = (options: SqliteClient.Options) =>
  Effect.map(Layer.build(SqliteClient.layer(options)), (context) => Context.get(context, SqlClient.SqlClient))

const twoClients = (busyWithin: number) =>
  Effect.gen(function* () {
    const filename = yield* file
    const [one, two] = [yield* clientOf({ filename, busyWithin }), yield* clientOf({ filename, busyWithin })]
    yield* one`CREATE TABLE orders (id INTEGER PRIMARY KEY)`
    const began = yield* Deferred.make<void>()
    const end = yield* Deferred.make<void>()
    const writing = yield* Effect.forkScoped(
      one.withTransaction(
        Effect.gen(function* () {
          yield* one`INSERT INTO orders (id) VALUES (1)`
          yield* Deferred.succeed(began, undefined)
          yield* Deferred.await(end)
        })
      )
    )
    yield* Deferred.await(began)
    return { two, end: Effect.andThen(Deferred.succeed(end, undefined), Fiber.join(writing)) }
  })

it.live("waits while another connection writes, without blocking the event loop", () =>
  Effect.gen(function* () {
    const { end, two } = yield* twoClients(60_000)
    const waiting = yield* Effect.forkScoped(two`INSERT INTO orders (id) VALUES (2)`)
    yield* Effect.sleep(20)
    yield* end
    yield* Fiber.join(waiting)
    assert.lengthOf(yield* two`SELECT id FROM orders`, 2)
  })
)

it.live("fails with a lock timeout if the other connection writes for longer", () =>
  Effect.gen(function* () {
    const { end, two } = yield* twoClients(5)
    const error = yield* Effect.flip(two`INSERT INTO orders (id) VALUES (2)`)
    assert.strictEqual(error.reason._tag, "LockTimeoutError")
    yield* end
  })
)

it.effect("names a violation of a unique key", () =>
  Effect.gen(function* () {
    const sql = yield* clientOf({ filename: ":memory:" })
    yield* sql`CREATE TABLE orders (id INTEGER, number TEXT UNIQUE)`
    yield* sql`INSERT INTO orders (id, number) VALUES (1, 'a')`
    const error = yield* Effect.flip(sql`INSERT INTO orders (id, number) VALUES (2, 'a')`)
    assert.strictEqual(error.reason._tag, "UniqueViolation")
  })
)
