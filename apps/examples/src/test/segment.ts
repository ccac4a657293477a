import type { Segment } from "@trackmap/segment"
import { SegmentServer } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"

/** Segment's API on this machine, for a test that awaits promises. */
export const segmentServer = async () => {
  const scope = Scope.makeUnsafe()
  const server = await Effect.runPromise(Scope.provide(SegmentServer.make(), scope))
  const options: Segment.Options = { writeKey: Redacted.make(server.writeKey), endpoint: server.url }
  return {
    options,
    /** The same, for a separate process. */
    env: { SEGMENT_WRITE_KEY: server.writeKey, SEGMENT_ENDPOINT: server.url },
    received: () => Effect.runPromise(server.received),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

export type SegmentStandIn = Awaited<ReturnType<typeof segmentServer>>
