import { HttpTransport } from "@trackmap/core"
import { SegmentServer } from "@trackmap/testing"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { Segment } from "./index.ts"

SinkFaults.suite("Segment's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  idOf: ({ messageId }) => messageId,
  make: (options) =>
    Effect.map(SegmentServer.make(options), (server) => ({
      server,
      sink: (endpoint) => Segment.sink({ writeKey: Redacted.make(server.writeKey), endpoint }),
      arrived: Effect.map(Effect.all([server.received, server.duplicates]), (kept) =>
        kept.flat().map(({ messageId }) => messageId)
      )
    }))
})
