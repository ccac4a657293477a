/** A database that is replaced by a copy, which lacks the last commits. */
import { chownSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { OutboxStore } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as changes from "../changes.ts"
import * as laws from "../laws.ts"
import { copy } from "./cluster.ts"
import { both, type Fault } from "./fault.ts"
import type { Scene } from "./scene.ts"

/** Goes on writing behind a copy, and ends the writing. Notes what the copy lacks once `restored` has put it in its place. */
const replaced = async (scene: Scene, restored: () => Promise<void>): Promise<void> => {
  await scene.flows("after the copy was made")
  await scene.quiet()
  const before = await scene.changes()
  await scene.closeOwn()
  await restored()
  const after = await scene.changes()
  for (const id of before) if (!after.has(id)) scene.lost.add(id)
  scene.note("commits are not in the copy", scene.lost.size)
  if (scene.lost.size === 0) throw new laws.Broken("the copy lacks nothing")
  scene.write()
  await scene.flows("in the copy")
}

const failover: Fault = {
  name: "failover",
  about:
    "the database fails, and a copy of its files that lacks the last commits takes over, with the relays still running",
  databases: both,
  run: async (scene) => {
    scene.place = { ...scene.place, lease: 3_000 }
    await scene.works()
    if (scene.kind === "sqlite") {
      const at = join(scene.folder, "copy.db")
      {
        using database = new DatabaseSync(scene.filename, { timeout: 10_000 })
        database.exec(`VACUUM INTO '${at}'`)
      }
      // A process would keep the file that it has open.
      return replaced(scene, () =>
        scene.restarted(async () => {
          for (const end of ["", "-wal", "-shm"]) rmSync(scene.filename + end, { force: true })
          renameSync(at, scene.filename)
        })
      )
    }
    const { cluster } = scene
    const at = join(scene.folder, "copy")
    await scene.admin(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const connection = yield* sql.reserve
        yield* connection.executeUnprepared("SELECT pg_backup_start('copy', true)::text", [], undefined)
        copy(cluster.folder, at)
        const [stopped] = yield* connection.executeUnprepared(
          "SELECT lsn::text, labelfile FROM pg_backup_stop(false)",
          [],
          undefined
        )
        rmSync(join(at, "postmaster.pid"), { force: true })
        const label = join(at, "backup_label")
        writeFileSync(label, (stopped as { readonly labelfile: string }).labelfile)
        chownSync(label, statSync(at).uid, statSync(at).gid)
        // The log of the commits until now, which the copy replays.
        copy(`${join(cluster.folder, "pg_wal")}/.`, join(at, "pg_wal"))
      }).pipe(Effect.scoped)
    )
    return replaced(scene, async () => {
      await cluster.end("immediate")
      cluster.folder = at
      await cluster.start()
    })
  }
}

const tables = [
  "public.change",
  "trackmap.message",
  "trackmap.sink",
  "trackmap.claim",
  "trackmap.done",
  "trackmap.parked"
]

const dump: Fault = {
  name: "dump",
  about:
    "a dump that lacks the last commits is restored into a new server, whose transaction ids start anew, and rebased",
  databases: ["postgres"],
  run: async (scene) => {
    await scene.works()
    const { cluster } = scene
    const files = cluster.folder
    const fileOf = (table: string): string => `'${join(files, table)}'`
    // As pg_dump does: all tables in one snapshot. The one of this machine may be of another version.
    const [number] = await scene.admin(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`
        for (const table of tables) yield* sql.unsafe(`COPY (SELECT * FROM ${table}) TO ${fileOf(table)}`)
        return yield* sql.unsafe<{ readonly last: string }>("SELECT last_value::text AS last FROM trackmap.message_seq")
      }).pipe((body) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(body)))
    )
    await replaced(scene, () =>
      scene.restarted(async () => {
        await cluster.end("immediate")
        cluster.folder = scene.fresh()
        await cluster.start()
        await scene.run(changes.prepare)
        await scene.run(
          Effect.gen(function* () {
            const sql = yield* SqlClient.SqlClient
            for (const table of tables) yield* sql.unsafe(`COPY ${table} FROM ${fileOf(table)}`)
            yield* sql.unsafe(`SELECT setval('trackmap.message_seq', ${number!.last})::text`)
            yield* Effect.flatMap(OutboxStore.OutboxStore, ({ rebase }) => rebase)
          })
        )
      })
    )
  }
}

export const copies: ReadonlyArray<Fault> = [failover, dump]
