import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, it } from "vitest"
import { nextSchema, pool, query, unavailable } from "../test/database.ts"
import { Postgres } from "./index.ts"

const tables = ["identifies", "groups", "aliases", "pages", "screens"]

if (unavailable === undefined) {
  SinkConformance.suite("the sink of PostgreSQL", {
    runner: { describe, it },
    layer: Layer.empty,
    make: Effect.sync(() => {
      const schema = nextSchema()
      // Without a plan, all tracked events are misfits.
      const ids = [
        `SELECT message_id FROM ${schema}.misfits WHERE key = ''`,
        ...tables.map((name) => `SELECT message_id FROM ${schema}.${name}`)
      ].join(" UNION ALL ")
      return {
        sink: Postgres.sink({ pool, schema }),
        received: Effect.map(
          Effect.promise(() => query(ids)),
          (rows) => rows.map((row) => String(row.message_id))
        )
      }
    })
  })
} else describe("the sink of PostgreSQL", () => it.skip(`needs a server: ${unavailable}`))
