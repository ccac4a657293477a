/** A disk that is full. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as changes from "../changes.ts"
import { both, type Fault } from "./fault.ts"
import type { Scene } from "./scene.ts"
import { fill, free } from "./small.ts"

/** Fills a disk while services write and relays send, and frees it. */
const filled = async (scene: Scene, folder: string): Promise<void> => {
  scene.place = { ...scene.place, lease: 3_000 }
  await scene.works()
  for (let turn = 0; turn < 2; turn++) {
    fill(folder)
    await sleep(4_000)
    free(folder)
    if (scene.kind === "postgres" && !scene.cluster.isRunning) {
      scene.note("the server ended by itself")
      await scene.closeOwn()
      await scene.cluster.start()
    }
    await scene.flows("after the disk was full")
  }
  scene.note("lines of relays said that the disk is full", scene.logged("disk is full"))
}

const disk: Fault = {
  name: "disk",
  about: "the disk of the tables is full, and then is not: that of a SQLite file, or of a tablespace",
  databases: both,
  bare: true,
  small: { sqlite: 8, postgres: 16 },
  tablespace: true,
  run: async (scene) => {
    const { small } = scene
    if (scene.kind === "postgres") {
      await scene.admin(
        Effect.flatMap(SqlClient.SqlClient, (sql) =>
          Effect.andThen(
            sql.unsafe(`CREATE TABLESPACE small LOCATION '${small}'`),
            sql.unsafe("ALTER DATABASE postgres SET default_tablespace = small")
          )
        )
      )
    }
    await scene.run(changes.prepare)
    await filled(scene, small)
  }
}

const wholeDisk: Fault = {
  name: "whole-disk",
  about: "the disk of the whole server is full, with its write-ahead log, and then is not",
  databases: ["postgres"],
  small: { postgres: 160 },
  run: (scene) => filled(scene, scene.small)
}

export const disks: ReadonlyArray<Fault> = [disk, wholeDisk]
