/** Versions of the outbox side by side, and rows that a version cannot read. */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as changes from "../changes.ts"
import { both, type Fault } from "./fault.ts"

const migration: Fault = {
  name: "migration",
  about:
    "many processes create the tables at the same time, and later four of a newer version change them while all work",
  databases: both,
  bare: true,
  run: async (scene) => {
    scene.once = true
    await Promise.all([scene.start("service", 2), scene.start("relay", 6)])
    await scene.run(changes.prepare)
    scene.write()
    await scene.flows("after eight processes have created the tables")
    await Promise.all(Array.from({ length: 4 }, () => scene.migrate()))
    await scene.flows("after the migration")
    await scene.start("relay", 2)
    await scene.flows("with relays of the older version that start afterwards")
  }
}

const unreadable: Fault = {
  name: "unreadable",
  about: "rows that cannot be read, and one of a newer format, are between the others",
  databases: both,
  run: async (scene) => {
    scene.once = true
    await scene.works()
    const bodies = ["", "no JSON", '{"format":1}', '{"format":1,"message":{"type":"track"}}', "null"]
    await scene.run(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const table = sql.literal(scene.kind === "sqlite" ? "trackmap_message" : "trackmap.message")
        for (const [at, body] of [...bodies, '{"format":1000}'].entries()) {
          yield* sql`INSERT INTO ${table} (id, body) VALUES (${`unreadable-${at}`}, ${body})`
          yield* changes.change(`readable-${at}`, 0, 0)
        }
      }).pipe((body) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(body)))
    )
    await scene.flows("afterwards")
    scene.dead = bodies.length
    scene.parked = 1
    await scene.quiet()
    await scene.emptied()
    scene.note("dead letters of each sink", bodies.length)
  }
}

export const versions: ReadonlyArray<Fault> = [migration, unreadable]
