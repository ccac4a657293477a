import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { entryOf, storeSuite } from "../test/storeSuite.ts"
import { SqliteClient, SqliteStore } from "./index.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "trackmap-outbox-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const client = Layer.unwrap(
  Effect.map(folder, (path) => SqliteClient.layer({ filename: join(path, "shop.db"), synchronous: "normal" }))
)

describe("a store on a file", () => {
  storeSuite(SqliteStore.layer().pipe(Layer.provideMerge(client)), { period: 0 })
})

describe("errors", () => {
  it.effect("say that the tables are missing", () =>
    Effect.gen(function* () {
      const store = yield* SqliteStore.make()
      const error = yield* Effect.flip(store.insert([entryOf("1", { userId: "secret" })]))
      assert.strictEqual(
        error.message,
        "outbox, insert: the outbox's tables are missing or of another version (SQLite 1): run OutboxStore's migrate with this version of the package"
      )
    }).pipe(Effect.provide(SqliteClient.layer({ filename: ":memory:" })))
  )

  it.effect("refuse a prefix that is no plain name", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(SqliteStore.make({ prefix: 'x"; DROP TABLE y' }))
      assert.match(JSON.stringify(exit), /pass a name of at most 40/)
    }).pipe(Effect.provide(SqliteClient.layer({ filename: ":memory:" })))
  )
})

describe("two stores", () => {
  it.effect("can share a database under different prefixes", () =>
    Effect.gen(function* () {
      const one = yield* SqliteStore.make()
      const two = yield* SqliteStore.make({ prefix: "other_" })
      yield* Effect.andThen(one.migrate, two.migrate)
      yield* one.start("a", "beginning")
      yield* one.insert([entryOf("1")])
      assert.deepStrictEqual(yield* two.stats, [])
    }).pipe(Effect.provide(SqliteClient.layer({ filename: ":memory:" })))
  )
})
