import { HttpTransport } from "@trackmap/core"
import { PostHogServer } from "@trackmap/testing"
import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, it } from "vitest"
import { PostHog } from "./index.ts"

for (const api of ["events", "batch"] as const) {
  SinkConformance.suite(`PostHog's sink, api "${api}"`, {
    runner: { describe, it },
    many: 1_100,
    layer: HttpTransport.layerFetch,
    make: Effect.map(PostHogServer.make(), (server) => ({
      sink: PostHog.sink({ projectKey: Redacted.make(server.projectKey), endpoint: server.url, api }),
      received: Effect.map(server.raw, (kept) => kept.map(({ uuid }) => uuid)),
      records: Effect.map(server.requests, (requests) => requests.flatMap(({ body }) => (body as any).batch))
    }))
  })
}
