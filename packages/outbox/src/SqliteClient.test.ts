import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Stream from "effect/Stream"
import { SqliteClient } from "./index.ts"

/** A new file, and two clients that have it open, as two processes would. */
const twoClients = (options: Partial<SqliteClient.Options> = {}) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-sqlite-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    const client = SqliteClient.make({ filename: join(folder, "shop.db"), ...options })
    const clients = [yield* client, yield* client] as const
    yield* clients[0]`CREATE TABLE orders (id INTEGER PRIMARY KEY)`
    return clients
  }).pipe(Effect.provide(Reactivity.layer))

describe("SqliteClient", () => {
  it.live("waits while another process writes, and lets other fibers run", () =>
    Effect.gen(function* () {
      const [one, other] = yield* twoClients()
      let ran = false
      const writes = Effect.gen(function* () {
        yield* one`INSERT INTO orders (id) VALUES (1)`
        const waiting = yield* Effect.forkChild(other`INSERT INTO orders (id) VALUES (2)`)
        yield* Effect.sleep(30)
        ran = true
        return waiting
      })
      yield* Fiber.join(yield* one.withTransaction(writes))
      assert.isTrue(ran)
      assert.deepStrictEqual(yield* one`SELECT id FROM orders`, [{ id: 1 }, { id: 2 }])
    }).pipe(Effect.scoped)
  )

  it.live("fails if another process writes for too long", () =>
    Effect.gen(function* () {
      const [one, other] = yield* twoClients({ busyWithin: 20, synchronous: "normal" })
      const late = Effect.andThen(
        one`INSERT INTO orders (id) VALUES (1)`,
        Effect.flip(other`INSERT INTO orders (id) VALUES (2)`)
      )
      const error = yield* one.withTransaction(late)
      assert.strictEqual(error._tag === "SqlError" && error.reason._tag, "LockTimeoutError")
    }).pipe(Effect.scoped)
  )

  it.live("reads while another process writes", () =>
    Effect.gen(function* () {
      const [one, other] = yield* twoClients()
      const found = Effect.andThen(one`INSERT INTO orders (id) VALUES (1)`, other`SELECT id FROM orders`)
      assert.deepStrictEqual(yield* one.withTransaction(found), [])
    }).pipe(Effect.scoped)
  )

  it.effect("gives rows as objects, as arrays and as a stream, through the client's transformation", () =>
    Effect.gen(function* () {
      const sql = yield* SqliteClient.make({ filename: ":memory:" })
      const one = sql`SELECT 1 AS a, 'x' AS b`
      assert.deepStrictEqual(yield* one, [{ a: 1, b: "x" }])
      assert.deepStrictEqual(yield* one.values, [[1, "x"]])
      assert.deepStrictEqual(yield* one.raw, [{ a: 1, b: "x" }])
      assert.deepStrictEqual(yield* one.unprepared, [{ a: 1, b: "x" }])
      assert.deepStrictEqual(yield* Stream.runCollect(one.stream), [{ a: 1, b: "x" }])
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
  )

  it.effect("keeps a bounded number of prepared statements", () =>
    Effect.gen(function* () {
      const sql = yield* SqliteClient.make({ filename: ":memory:" })
      for (let n = 0; n < 1_010; n++) assert.deepStrictEqual(yield* sql.unsafe(`SELECT ${n} AS n`), [{ n }])
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
  )

  it.effect("fails if it cannot open the file", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(SqliteClient.layer({ filename: "/no/such/folder/shop.db" })))
      assert.strictEqual(error.reason._tag, "ConnectionError")
    }).pipe(Effect.scoped)
  )

  it.effect("refuses options that it cannot follow", () =>
    Effect.gen(function* () {
      const refusals: ReadonlyArray<readonly [unknown, string]> = [
        [{ filename: "" }, 'filename must be the path of a file, or ":memory:", not ""'],
        [{}, 'filename must be the path of a file, or ":memory:", not undefined'],
        [{ filename: ":memory:", synchronous: "off" }, 'synchronous must be "full" or "normal", not "off"'],
        [{ filename: ":memory:", busyWithin: Number.NaN }, "busyWithin must be a number of milliseconds from 0 on"],
        [{ file: "shop.db" }, 'it has no option "file"']
      ]
      for (const [given, message] of refusals) {
        const exit = yield* Effect.exit(Layer.build(SqliteClient.layer(given as SqliteClient.Options)))
        assert.include(String(exit), `SqliteClient: ${message}`)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("names a violation of a unique key", () =>
    Effect.gen(function* () {
      const sql = yield* SqliteClient.make({ filename: ":memory:" })
      yield* sql`CREATE TABLE orders (id INTEGER, number TEXT UNIQUE)`
      yield* sql`INSERT INTO orders (id, number) VALUES (1, 'a')`
      const error = yield* Effect.flip(sql`INSERT INTO orders (id, number) VALUES (2, 'a')`)
      assert.strictEqual(error.reason._tag, "UniqueViolation")
    }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
  )
})
