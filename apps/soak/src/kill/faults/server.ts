/** A database that is away, slow, full of connections, or that restarts. */
import { setTimeout as sleep } from "node:timers/promises"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { clientOf } from "../database.ts"
import { both, type Fault } from "./fault.ts"
import { Proxy } from "./proxy.ts"
import { behind, type Scene } from "./scene.ts"

/** How long a database is away, in milliseconds. */
const minute = 60_000

const away: Fault = {
  name: "away",
  about: "the database is away for a minute: its server is stopped, or another process has locked the file",
  databases: both,
  run: async (scene) => {
    scene.place = { ...scene.place, lease: 3_000 }
    await scene.works()
    await scene.closeOwn()
    if (scene.kind === "sqlite") {
      using database = new DatabaseSync(scene.filename, { timeout: 10_000 })
      database.exec("BEGIN IMMEDIATE")
      await sleep(minute)
      database.exec("ROLLBACK")
    } else {
      await scene.cluster.end("fast")
      await sleep(minute)
      await scene.cluster.start()
    }
    await scene.flows("afterwards")
  }
}

/** Services and relays reach the server through a proxy. */
const through = async (scene: Scene, run: (proxy: Proxy) => Promise<void>): Promise<void> => {
  const proxy = await Proxy.open(scene.cluster.port)
  try {
    scene.place = { ...scene.place, database: behind(proxy.port), lease: 3_000 }
    await run(proxy)
    await scene.quiet()
    await scene.settled()
    await scene.emptied()
  } finally {
    await scene.end()
    await proxy.close()
  }
}

const slow: Fault = {
  name: "slow",
  about: "each packet between a process and the database takes 50 ms",
  databases: ["postgres"],
  run: (scene) =>
    through(scene, async (proxy) => {
      scene.once = true
      scene.place = { ...scene.place, lease: 120_000 }
      proxy.delay = 50
      await scene.works()
      await scene.flows("meanwhile")
    })
}

const refused: Fault = {
  name: "refused",
  about: "the database refuses connections and breaks those that it has, again and again",
  databases: ["postgres"],
  run: (scene) =>
    through(scene, async (proxy) => {
      await scene.works()
      for (let turn = 0; turn < 8; turn++) {
        proxy.mode = "refuse"
        await sleep(turn % 2 === 0 ? 100 : 1_000)
        proxy.mode = "pass"
        await sleep(400)
      }
      await scene.flows("afterwards")
      scene.note("connections were made", proxy.connections)
    })
}

const silent: Fault = {
  name: "silent",
  about: "the network to the database passes nothing on for longer than a lease, and then everything, or breaks",
  databases: ["postgres"],
  run: (scene) =>
    through(scene, async (proxy) => {
      await scene.works()
      // This relay is on the other side, and takes over.
      await scene.start("relay", 1, { place: { database: behind(scene.cluster.port) } })
      for (const breaks of [false, true]) {
        proxy.mode = "hang"
        await sleep(5_000)
        if (breaks) proxy.cut()
        proxy.mode = "pass"
        await scene.flows("afterwards")
      }
      scene.note("claims were taken over", scene.logged("another relay has taken over"))
    })
}

const vanished: Fault = {
  name: "vanished",
  about:
    "the database's machine vanishes without a word to the relays' connections, and another takes over its address",
  databases: ["postgres"],
  run: async (scene) => {
    const { database } = scene.place
    await scene.start("service", 1, { place: { database } })
    await through(scene, async (proxy) => {
      await scene.start("relay", 2)
      scene.write()
      await scene.flows("before")
      for (let turn = 0; turn < 3; turn++) {
        proxy.abandon()
        await scene.flows("afterwards")
      }
    })
  }
}

/** A role without the connections that are reserved for superusers, of whom the scenario itself is one. */
const createRole = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE ROLE shop LOGIN PASSWORD 'password'`
  yield* sql`GRANT ALL ON SCHEMA trackmap TO shop`
  yield* sql`GRANT ALL ON ALL TABLES IN SCHEMA public, trackmap TO shop`
  yield* sql`GRANT ALL ON ALL SEQUENCES IN SCHEMA trackmap TO shop`
})

const crowded: Fault = {
  name: "crowded",
  about: "there are more services and relays than the database accepts connections",
  databases: ["postgres"],
  settings: { max_connections: "20", superuser_reserved_connections: "5" },
  run: async (scene) => {
    const url = scene.cluster.address.replace("//postgres:", "//shop:")
    await scene.admin(createRole)
    scene.place = { ...scene.place, database: { kind: "postgres", url }, lease: 3_000 }
    await scene.works()
    const reserved = Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const hog = Effect.scoped(Effect.andThen(sql.reserve, Effect.sleep("6 seconds")))
      yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.exit(hog), { concurrency: "unbounded" })
    })
    const hogged = Effect.runPromise(Effect.provide(reserved, clientOf(url, 20)))
    await sleep(500)
    await scene.start("relay", 2)
    await hogged
    await scene.flows("afterwards")
    scene.note("lines said that there are too many connections", scene.logged("too many connections"))
  }
}

const restart: Fault = {
  name: "restart",
  about: "the server is shut down immediately in the middle of commits and claims, eight times",
  databases: ["postgres"],
  run: async (scene) => {
    // A claim whose answer is lost waits until its lease has run out.
    scene.place = { ...scene.place, lease: 3_000 }
    await scene.start("service", 2)
    await scene.start("relay", 3)
    scene.write()
    await scene.flows("before")
    for (let turn = 0; turn < 8; turn++) {
      await scene.closeOwn()
      await sleep(300 + turn * 70)
      await scene.cluster.end("immediate")
      await scene.cluster.start()
    }
    await scene.flows("afterwards")
  }
}

export const server: ReadonlyArray<Fault> = [away, slow, refused, silent, vanished, crowded, restart]
