import { HttpTransport, Tracker } from "@trackmap/core"
import * as Layer from "effect/Layer"
import { plan } from "./plan.ts"
import { Sink } from "./sink.ts"

/** The tracker of the whole service. When the layer closes, it delivers all buffered messages. */
export const TrackingLive = Tracker.layerEffect(Sink, { plan }).pipe(Layer.provide(HttpTransport.layerFetch))
