import { type Message, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

const nothing: Effect.Effect<Tracker.Tracked<Message.Track>> = Effect.succeed({
  messageId: "",
  message: { type: "track", event: "", properties: {}, messageId: "", timestamp: "" },
  receipts: Effect.succeed([])
})

const service: Tracker.Service = {
  track: () => nothing,
  call: () => nothing,
  send: () => nothing,
  release: Effect.void,
  flush: Effect.succeed({ left: 0, sinks: {} }),
  flushWithin: () => Effect.succeed({ left: 0, sinks: {} }),
  metrics: Effect.succeed([]),
  receipts: Stream.empty,
  observe: () => Effect.void
}

/** A tracker that does nothing, to measure the cost of tracking. */
export const layer: Layer.Layer<Tracker.Tracker> = Layer.succeed(Tracker.Tracker, service)
