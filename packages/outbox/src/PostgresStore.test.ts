import { describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { client, nextSchema, unavailable } from "../test/database.ts"
import { storeSuite } from "../test/storeSuite.ts"
import { PostgresStore } from "./index.ts"

const store = (options: PostgresStore.Options) =>
  Layer.unwrap(Effect.sync(() => PostgresStore.layer({ schema: nextSchema(), ...options }))).pipe(
    Layer.provideMerge(client)
  )

describe.skipIf(unavailable)("a store on PostgreSQL", () => {
  storeSuite(store({ partition: 200 }), { period: 200 })
})
