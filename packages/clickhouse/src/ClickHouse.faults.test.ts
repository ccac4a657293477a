import { EventSink, HttpTransport } from "@trackmap/core"
import { ClickHouseServer, type VendorServer } from "@trackmap/testing"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { ClickHouse } from "./index.ts"

/** The sink has asked for the catalogue and made its tables before a test begins, so that a test waits for inserts. */
const awaitInserts = (
  server: ClickHouseServer.ClickHouseServer,
  count: number
): Effect.Effect<ReadonlyArray<VendorServer.Request>> =>
  Effect.flatMap(server.requests, (requests) =>
    requests.filter(({ text }) => text.startsWith("INSERT")).length >= count
      ? Effect.succeed(requests)
      : Effect.andThen(server.awaitRequests(requests.length + 1), awaitInserts(server, count))
  )

SinkFaults.suite("ClickHouse's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  idOf: (row) => row["message_id"],
  make: (options) =>
    Effect.map(ClickHouseServer.make(options), (server) => ({
      server: { ...server, awaitRequests: (count) => awaitInserts(server, count) },
      // The suite has sinks give up after the default of ten minutes.
      sink: (url) => EventSink.retried(ClickHouse.sink({ url, password: Redacted.make(server.password) })),
      arrived: Effect.map(server.tables, (tables) =>
        tables.flatMap(({ rows }) => rows.map((row) => row["message_id"] as string))
      )
    }))
})
