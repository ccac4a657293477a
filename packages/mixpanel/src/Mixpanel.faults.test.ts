import { HttpTransport } from "@trackmap/core"
import { MixpanelServer } from "@trackmap/testing"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { Mixpanel } from "./index.ts"

SinkFaults.suite("Mixpanel's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  partial: true,
  idOf: ({ properties }) => properties.$insert_id,
  make: (options) =>
    Effect.map(MixpanelServer.make(options), (server) => ({
      server,
      sink: (endpoint) => Mixpanel.sink({ token: Redacted.make(server.token), endpoint }),
      arrived: Effect.map(server.raw, (kept) => kept.map(({ properties }) => properties["$insert_id"]))
    }))
})
