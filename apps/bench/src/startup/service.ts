/** The minimum for a service to track the example's event into Segment, for measuring its bundle. Imports as docs/serverless.md recommends. */
import * as Actor from "@trackmap/core/Actor"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Tracker from "@trackmap/core/Tracker"
import * as Segment from "@trackmap/segment/Segment"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { OrderLineUpdated, plan } from "../delivery/event.ts"
import type { Line } from "../delivery/example.ts"

const tracking = Tracker.layer(Segment.sink({ writeKey: Redacted.make("write-key") }), { plan })

export const orderLineUpdated = (orderLine: Line) =>
  Tracker.track(OrderLineUpdated, { orderLine, properties: { action: "orderLineUpdated" } }).pipe(
    Actor.as({ userId: "user-1" })
  )

export const run = (service: Effect.Effect<void, never, Tracker.Tracker>): Promise<void> =>
  Effect.runPromise(Effect.provide(service, Layer.provide(tracking, HttpTransport.layerFetch)))
