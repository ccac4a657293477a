/** Transactions that stay open, and transactions that get in each other's way. */
import { setTimeout as sleep } from "node:timers/promises"
import { DatabaseSync } from "node:sqlite"
import { OutboxStore } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { change, prepare } from "../changes.ts"
import * as laws from "../laws.ts"
import { both, type Fault } from "./fault.ts"
import type { Scene } from "./scene.ts"

/** A transaction that has made a change, and stays open until it is ended. */
const opened = async (scene: Scene, id: string) => {
  const written = Promise.withResolvers<void>()
  const end = Promise.withResolvers<boolean>()
  const body = Effect.gen(function* () {
    yield* change(id, 0, 0)
    written.resolve()
    if (!(yield* Effect.promise(() => end.promise))) yield* Effect.fail("rolled back")
  })
  const ended = scene.run(Effect.exit(Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(body))))
  await Promise.race([written.promise, ended])
  return async (commits: boolean): Promise<void> => {
    end.resolve(commits)
    await ended
  }
}

const notYet = async (scene: Scene, id: string): Promise<void> => {
  if (await scene.hasArrived(id)) throw new laws.Broken(`${id} arrived before its commit`)
}

const writer: Fault = {
  name: "open-writer",
  about: "a transaction writes and stays open, then commits; another rolls back",
  databases: both,
  run: async (scene) => {
    scene.once = true
    await scene.works()
    for (const commits of [true, false]) {
      const id = commits ? "late" : "never"
      const end = await opened(scene, id)
      // SQLite has one writer: the others wait, and give up after ten seconds.
      if (scene.kind === "sqlite") await sleep(commits ? 2_000 : 12_000)
      else await scene.flows("while it is open")
      await notYet(scene, id)
      await end(commits)
      await scene.flows("after it")
    }
  }
}

const reader: Fault = {
  name: "open-reader",
  about: "a transaction reads and stays open",
  databases: both,
  run: async (scene) => {
    scene.once = true
    await scene.works()
    const reading = async (): Promise<void> => {
      for (let turn = 0; turn < 3; turn++) await scene.flows("while it is open")
    }
    if (scene.kind === "sqlite") {
      using database = new DatabaseSync(scene.filename)
      database.exec("BEGIN")
      database.prepare("SELECT count(*) FROM trackmap_message").get()
      await reading()
      database.exec("COMMIT")
      return
    }
    await scene.admin(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`
        yield* sql`SELECT count(*)::text FROM trackmap.message`
        yield* Effect.promise(reading)
      }).pipe((body) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(body)))
    )
  }
}

const prepared: Fault = {
  name: "prepared",
  about: "transactions are prepared, survive an immediate restart, and then commit or roll back",
  databases: ["postgres"],
  run: async (scene) => {
    // A claim whose answer is lost waits until its lease has run out.
    scene.place = { ...scene.place, lease: 3_000 }
    await scene.works()
    const prepareIt = (id: string) =>
      scene.run(
        Effect.flatMap(SqlClient.SqlClient, (sql) =>
          // The commit that follows finds no transaction, which PostgreSQL only warns of.
          sql.withTransaction(Effect.andThen(change(id, 0, 0), sql.unsafe(`PREPARE TRANSACTION '${id}'`)))
        )
      )
    await prepareIt("late")
    await prepareIt("never")
    await scene.flows("while they are prepared")
    await scene.closeOwn()
    await scene.cluster.end("immediate")
    await scene.cluster.start()
    await scene.flows("after the restart")
    await notYet(scene, "late")
    await scene.admin(
      Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.andThen(sql`COMMIT PREPARED 'late'`, sql`ROLLBACK PREPARED 'never'`)
      )
    )
    if (!(await scene.changes()).has("late")) throw new laws.Broken("the prepared transaction has not committed")
    await scene.flows("after their end")
  }
}

/** Makes two changes, each in the same transaction as an update of one of two rows, in this order or the other. */
const crossing = (id: string, rows: readonly [string, string]) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const transaction = Effect.gen(function* () {
      for (const [at, row] of rows.entries()) {
        yield* sql`UPDATE stock SET n = n + 1 WHERE id = ${row}`
        yield* change(`${id}-${at}`, 0, at)
        yield* Effect.sleep(5)
      }
    })
    return yield* Effect.exit(sql.withTransaction(transaction))
  })

/** The partitions of the log, or its messages: what a sweep deletes. */
const log = (scene: Scene) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => {
    const select =
      scene.kind === "postgres" ? "SELECT name FROM trackmap.partition" : "SELECT id AS name FROM trackmap_message"
    return Effect.map(sql.unsafe<{ readonly name: string }>(select), (rows) => rows.map(({ name }) => name))
  })

const sweep = Effect.flatMap(OutboxStore.OutboxStore, (store) => store.sweep({ messages: 0 }))

const deadlock: Fault = {
  name: "deadlock",
  about: "transactions of services lock each other, while sweeps drop what is done and a user's messages are erased",
  databases: both,
  settings: { deadlock_timeout: "50ms" },
  bare: true,
  run: async (scene) => {
    scene.once = true
    const { database } = scene.place
    if (database.kind === "postgres") {
      scene.place = { ...scene.place, database: { ...database, partition: 1_000 } }
    }
    await scene.run(prepare)
    await scene.run(
      Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.andThen(
          sql`CREATE TABLE stock (id VARCHAR(10) PRIMARY KEY, n INTEGER NOT NULL)`,
          sql`INSERT INTO stock (id, n) VALUES ('a', 0), ('b', 0)`
        )
      )
    )
    await scene.works()
    const over = new AbortController()
    const crossings = async (rows: readonly ["a" | "b", "a" | "b"]): Promise<void> => {
      for (let n = 0; !over.signal.aborted; n++) {
        const ended = await scene.run(crossing(`${rows[0]}-${n}`, rows))
        scene.note(ended._tag === "Success" ? "crossing transactions committed" : "crossing transactions rolled back")
        await sleep(20)
      }
    }
    const sweeps = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const swept = await scene.run(Effect.exit(sweep))
        scene.note(swept._tag === "Success" ? "sweeps" : "sweeps did not get their lock")
        await sleep(100)
      }
    }
    const erases = async (): Promise<void> => {
      for (let n = 0; !over.signal.aborted; n++) {
        scene.erased.add(`erased-${n}`)
        await scene.run(change(`erased-${n}`, 0, 1_000))
        const erased = await scene.run(
          Effect.exit(Effect.flatMap(OutboxStore.OutboxStore, ({ erase }) => erase("u-1000")))
        )
        if (erased._tag === "Success") scene.note("messages were erased", erased.value)
        else scene.note("erasures failed")
        await sleep(50)
      }
    }
    const oldest = await scene.run(log(scene))
    const all = Promise.all([crossings(["a", "b"]), crossings(["b", "a"]), sweeps(), erases()])
    for (let turn = 0; turn < 3; turn++) await scene.flows("meanwhile")
    over.abort()
    await all
    // Under load, a sweep may not get its lock for long. Without any, it does.
    await scene.quiet()
    await scene.settled()
    await scene.until("no sweep gets its lock", async () => {
      await sleep(500)
      const swept = await scene.run(Effect.exit(sweep))
      return swept._tag === "Success"
    })
    const left = new Set(await scene.run(log(scene)))
    const dropped = oldest.filter((name) => !left.has(name)).length
    if (dropped === 0) throw new laws.Broken("no sweep has deleted anything")
    scene.note(scene.kind === "postgres" ? "partitions were dropped" : "messages were swept", dropped)
  }
}

export const transactions: ReadonlyArray<Fault> = [writer, reader, prepared, deadlock]
