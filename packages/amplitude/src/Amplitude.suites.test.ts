import { HttpTransport } from "@trackmap/core"
import { AmplitudeServer } from "@trackmap/testing"
import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { Amplitude } from "./index.ts"

const sinkOf = ({ apiKey }: AmplitudeServer.AmplitudeServer, endpoint: string) =>
  Amplitude.sink({ apiKey: Redacted.make(apiKey), endpoint })

SinkConformance.suite("Amplitude's sink", {
  runner: { describe, it },
  many: 2_100,
  layer: HttpTransport.layerFetch,
  make: Effect.map(AmplitudeServer.make(), (server) => ({
    sink: sinkOf(server, server.url),
    received: Effect.map(server.raw, (kept) => kept.map((event) => event["insert_id"])),
    records: Effect.map(server.requests, (requests) => requests.flatMap(({ body }) => (body as any).events))
  }))
})

SinkFaults.suite("Amplitude's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  partial: true,
  idOf: ({ insert_id }) => insert_id,
  make: (options) =>
    Effect.map(AmplitudeServer.make(options), (server) => ({
      server,
      sink: (endpoint) => sinkOf(server, endpoint),
      arrived: Effect.map(server.raw, (kept) => kept.map((event) => event["insert_id"]))
    }))
})
