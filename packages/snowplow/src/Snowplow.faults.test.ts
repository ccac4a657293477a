import { HttpTransport } from "@trackmap/core"
import { SnowplowServer } from "@trackmap/testing"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import * as Effect from "effect/Effect"
import { describe, it } from "vitest"
import { Snowplow } from "./index.ts"

SinkFaults.suite("Snowplow's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  // A collector's 200 has no body that could say no.
  denial: false,
  idOf: ({ eid }) => eid,
  make: (options) =>
    Effect.map(SnowplowServer.make(options), (server) => ({
      server,
      sink: (endpoint) => Snowplow.sink({ endpoint, vendor: "com.acme", unplanned: "generic" }),
      arrived: Effect.map(Effect.all([server.events, server.duplicates]), (kept) =>
        kept.flat().map(({ fields }) => fields["eid"]!)
      )
    }))
})
