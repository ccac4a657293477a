import { HttpTransport } from "@trackmap/core"
import { PostHogServer } from "@trackmap/testing"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { PostHog } from "./index.ts"

SinkFaults.suite("PostHog's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  partial: true,
  idOf: ({ uuid }) => uuid,
  make: (options) =>
    Effect.map(PostHogServer.make(options), (server) => ({
      server,
      sink: (endpoint) => PostHog.sink({ projectKey: Redacted.make(server.projectKey), endpoint }),
      arrived: Effect.map(server.raw, (kept) => kept.map(({ uuid }) => uuid))
    }))
})
