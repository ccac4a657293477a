/** A service with promises and an OpenTelemetry SDK. */
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { context, propagation, SpanKind, trace } from "@opentelemetry/api"
import { Actor, Tracking } from "@trackmap/node"
import { OpenTelemetry } from "@trackmap/opentelemetry"
import { Segment } from "@trackmap/segment"
import express from "express"
import { Id, Qty } from "../../../apps/examples/src/wholesale/input.ts"
import { open } from "../../../apps/examples/src/wholesale/shop.ts"
import { startTelemetry } from "./telemetry.ts"

export const start = async (segment: Segment.Options, collector: string, { port = 0 } = {}) => {
  const telemetry = startTelemetry(collector)
  const shop = open()
  const tracking = Tracking.make({ plan: shop.plan, sinks: Segment.sink(segment), ...OpenTelemetry.options() })

  const app = express()
  // In a real service, use @opentelemetry/instrumentation-http.
  app.use((req, res, next) => {
    const caller = propagation.extract(context.active(), req.headers)
    trace.getTracer("wholesale").startActiveSpan(req.method, { kind: SpanKind.SERVER }, caller, (span) => {
      res.once("close", () => span.end())
      next()
    })
  })
  app.use(express.json())
  app.use((req, _res, next) => Actor.run({ userId: req.get("x-user-id") }, next))

  app.patch("/order-lines/:id", async (req, res) => {
    const orderLine = await shop.changeQty(Id.parse(req.params.id), Qty.parse(req.body).qty)
    if (orderLine === undefined) return void res.sendStatus(404)
    await tracking.track(shop.OrderLineUpdated, { orderLine })
    res.json(orderLine.after)
  })

  const server = app.listen(port, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    // The server first, then the tracking, then the export of both their telemetry.
    close: async () => {
      await new Promise((resolve) => server.close(resolve))
      await tracking.close()
      await telemetry.shutdown()
    }
  }
}
