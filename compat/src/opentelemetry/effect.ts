/** A service in Effect. Effect itself sends its traces, metrics and logs to a collector. */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Actor, Tracker, HttpTransport } from "@trackmap/core"
import { Segment } from "@trackmap/segment"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import * as Schema from "effect/Schema"
import { open } from "../../../apps/examples/src/wholesale/shop.ts"

const shop = open()

// Effect makes a span for each request, and messages tracked in it refer to it.
const changeQty = HttpRouter.add(
  "PATCH",
  "/order-lines/:id",
  Effect.gen(function* () {
    const { id } = yield* HttpRouter.schemaPathParams(Schema.Struct({ id: Schema.FiniteFromString }))
    const { qty } = yield* HttpServerRequest.schemaBodyJson(Schema.Struct({ qty: Schema.Int }))
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const orderLine = yield* Effect.promise(() => shop.changeQty(id, qty))
    if (orderLine === undefined) return HttpServerResponse.empty({ status: 404 })
    yield* Tracker.track(shop.OrderLineUpdated, { orderLine }).pipe(Actor.as({ userId: headers["x-user-id"] }))
    return yield* HttpServerResponse.json(orderLine.after)
  })
)

/** In the order of closing: the server, the tracker, and then the export of both their telemetry. */
export const layer = (segment: Segment.Options, collector: string, { port = 0 } = {}) =>
  HttpRouter.serve(changeQty).pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" })),
    Layer.provide(Tracker.layer(Segment.sink(segment), { plan: shop.plan })),
    Layer.provide(HttpTransport.layerHttpClient),
    Layer.provide(Otlp.layerJson({ baseUrl: collector, resource: { serviceName: "wholesale" } })),
    Layer.provide(FetchHttpClient.layer)
  )
