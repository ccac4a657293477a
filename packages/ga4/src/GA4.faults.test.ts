import { HttpTransport } from "@trackmap/core"
import { GA4Server } from "@trackmap/testing"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { GA4 } from "./index.ts"

SinkFaults.suite("Google Analytics' sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  // Google's 204 has no body that could say no.
  denial: false,
  idOf: ({ params }) => params.message_id,
  make: (options) =>
    Effect.map(GA4Server.make(options), (server) => ({
      server,
      sink: (endpoint) =>
        GA4.sink({
          measurementId: server.measurementId,
          apiSecret: Redacted.make(server.apiSecret),
          endpoint,
          clientId: () => "1.2",
          messageId: "message_id",
          delivery: "atLeastOnce"
        }),
      arrived: Effect.map(server.events, (events) => events.map(({ params }) => params["message_id"]))
    }))
})
