import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { entryOf, storeSuite } from "../test/storeSuite.ts"
import { OutboxStore, SqliteClient, SqliteStore } from "./index.ts"

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
      const misspelt: any = { prefx: "shop_" }
      assert.include(String(yield* Effect.exit(SqliteStore.make(misspelt))), "did you mean prefix?")
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

  it.live("on one file, as two processes have them, hand out each message once", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "shop.db")
      const open = Effect.gen(function* () {
        const context = yield* Layer.build(SqliteStore.layer().pipe(Layer.provide(SqliteClient.layer({ filename }))))
        return Context.get(context, OutboxStore.OutboxStore)
      })
      const stores = yield* Effect.all([open, open], { concurrency: "unbounded" })
      yield* stores[0].start("a", "beginning")
      const ids = Array.from({ length: 200 }, (_, at) => `${at}`)
      const write = Effect.forEach(ids, (id, at) => stores[at % 2]!.insert([entryOf(id)]), { discard: true })
      const received: Array<string> = []
      const relay = (store: OutboxStore.Service) =>
        Effect.gen(function* () {
          while (received.length < ids.length) {
            const claim = yield* store.claim("a", { limit: 7, lease: "1 minute" })
            if (claim === undefined) yield* Effect.sleep(1)
            else {
              received.push(...claim.rows.map(({ id }) => id))
              assert.isTrue(yield* store.complete(claim))
            }
          }
        })
      yield* Effect.all([write, ...stores.map(relay)], { concurrency: "unbounded", discard: true })
      assert.sameMembers(received, ids)
    }).pipe(Effect.scoped)
  )
})
