/** The relay on a SQLite file, beside a loop that deletes what it sends. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { OutboxStore, SqliteClient, SqliteStore } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { competeFreshly, type Contestants } from "../Contest.ts"
import { compare, type Question } from "../Report.ts"
import { type Arrivals, bodyOf, idOf } from "./messages.ts"
import { counts, type Move, moving, relayed, type Size } from "./moving.ts"

/** Runs some work on a file of its own, and deletes it. */
const inFile = async <A>(use: (filename: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "trackmap-outbox-"))
  try {
    return await use(join(folder, "outbox.db"))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Fills a table, a thousand messages for each transaction. */
const fill = (database: DatabaseSync, table: string, size: Size): void => {
  const insert = database.prepare(`INSERT INTO ${table} (id, body) VALUES (?, ?)`)
  for (let index = 0; index < counts[size]; index++) {
    if (index % 1_000 === 0) database.exec("BEGIN")
    insert.run(idOf(index), bodyOf(idOf(index), index))
    if (index % 1_000 === 999) database.exec("COMMIT")
  }
}

/** Moves the messages of an outbox in a file. */
const stored = (move: (store: OutboxStore.Service, size: Size, arrivals: Arrivals) => Effect.Effect<Move, unknown>) =>
  moving(
    (size, arrivals) =>
      inFile((filename) =>
        Effect.gen(function* () {
          const store = yield* OutboxStore.OutboxStore
          const database = new DatabaseSync(filename)
          fill(database, "trackmap_message", size)
          database.close()
          return yield* move(store, size, arrivals)
        }).pipe(
          Effect.provide([SqliteStore.layer().pipe(Layer.provide(SqliteClient.layer({ filename }))), Logger.layer([])]),
          Effect.runPromise
        )
      ),
    "small",
    "large"
  )

const relay = () => stored((store, size, arrivals) => relayed([store], size, arrivals))

/** The store alone: a loop that claims, parses and completes. */
const claiming = () =>
  stored((store, size, arrivals) =>
    Effect.gen(function* () {
      yield* store.start("sink", "beginning")
      const since = performance.now()
      while (arrivals.count < counts[size]) {
        const claim = (yield* store.claim("sink", { limit: 1_000, lease: "30 seconds" }))!
        for (const { body } of claim.rows) arrivals.add(JSON.parse(body).message.messageId)
        yield* store.complete(claim)
      }
      return { took: performance.now() - since }
    })
  )

/** As safe as the relay: a message is sent before its deletion is committed. */
const deleting = () =>
  moving(
    (size, arrivals) =>
      inFile(async (filename) => {
        const database = new DatabaseSync(filename)
        database.exec("PRAGMA journal_mode = WAL")
        database.exec(
          "CREATE TABLE queue (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, body TEXT NOT NULL)"
        )
        fill(database, "queue", size)
        const next = database.prepare(
          "DELETE FROM queue WHERE seq IN (SELECT seq FROM queue ORDER BY seq LIMIT 1000) RETURNING body"
        )
        const since = performance.now()
        while (arrivals.count < counts[size]) {
          database.exec("BEGIN IMMEDIATE")
          for (const { body } of next.all()) arrivals.add(JSON.parse(String(body)).message.messageId)
          database.exec("COMMIT")
        }
        const took = performance.now() - since
        database.close()
        return { took }
      }),
    "small",
    "large"
  )

export const contestants = { relay, claiming, deleting } satisfies Contestants

export const files: Question = {
  name: "file",
  measure: async () => {
    const samples = await competeFreshly(import.meta.url, ["relay", "claiming", "deleting"], { rounds: 3, env: {} })
    const label = { unit: "µs/message", baseline: "loop of DELETE … RETURNING", target: 0.667 }
    const deleted = samples("deleting", "time")
    return [
      compare({ ...label, name: "relay on SQLite, 100,000 messages wait" }, samples("relay", "time"), deleted),
      compare({ ...label, name: "its store alone" }, samples("claiming", "time"), deleted)
    ]
  }
}
