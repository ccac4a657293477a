import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { sink } from "../test/sink.ts"
import { MixpanelServer } from "./index.ts"
import * as SinkConformance from "./SinkConformance.ts"
import * as SinkFaults from "./SinkFaults.ts"

const arrived = (server: MixpanelServer.MixpanelServer) =>
  Effect.map(server.raw, (kept) => kept.map(({ properties }) => properties["$insert_id"] as string))

SinkFaults.suite("a sink of one page", {
  layer: Layer.empty,
  partial: true,
  idOf: ({ properties }) => properties.$insert_id,
  make: (options) =>
    Effect.map(MixpanelServer.make(options), (server) => ({
      server,
      sink: (url) => sink(url, server.token),
      arrived: arrived(server)
    }))
})

SinkConformance.suite("a sink of one page", {
  layer: Layer.empty,
  make: Effect.map(MixpanelServer.make(), (server) => ({
    sink: sink(server.url, server.token),
    received: arrived(server)
  }))
})
