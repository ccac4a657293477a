import { HttpTransport } from "@trackmap/core"
import { AmplitudeServer } from "@trackmap/testing"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { Amplitude } from "./index.ts"

SinkFaults.suite("Amplitude's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  partial: true,
  idOf: ({ insert_id }) => insert_id,
  make: (options) =>
    Effect.map(AmplitudeServer.make(options), (server) => ({
      server,
      sink: (endpoint) => Amplitude.sink({ apiKey: Redacted.make(server.apiKey), endpoint }),
      arrived: Effect.map(server.raw, (kept) => kept.map((event) => event["insert_id"]))
    }))
})
