import { HttpTransport } from "@trackmap/core"
import { AmplitudeServer } from "@trackmap/testing"
import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { Amplitude } from "./index.ts"

SinkConformance.suite("Amplitude's sink", {
  runner: { describe, it },
  many: 2_100,
  layer: HttpTransport.layerFetch,
  make: Effect.map(AmplitudeServer.make(), (server) => ({
    sink: Amplitude.sink({ apiKey: Redacted.make(server.apiKey), endpoint: server.url }),
    received: Effect.map(server.raw, (kept) => kept.map((event) => event["insert_id"])),
    records: Effect.map(server.requests, (requests) => requests.flatMap(({ body }) => (body as any).events))
  }))
})
