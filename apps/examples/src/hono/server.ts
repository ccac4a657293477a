import type { AddressInfo } from "node:net"
import { serve } from "@hono/node-server"
import { getConnInfo } from "@hono/node-server/conninfo"
import { Actor, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import { Hono } from "hono"
import { ZodError } from "zod"
import { Id, Payment, Qty } from "../wholesale/input.ts"
import { open } from "../wholesale/shop.ts"

export const start = async (segment: Segment.Options, { port = 0, shop = open() } = {}) => {
  const tracking = Tracking.make({ plan: shop.plan, sinks: Segment.sink(segment) })

  const app = new Hono()
  app.use((c, next) => {
    const context = { ...Actor.contextOf(c.req.raw.headers), ip: getConnInfo(c).remote.address }
    return Actor.run({ userId: c.req.header("x-user-id"), context }, next)
  })

  app.get("/order-lines/:id", async (c) => {
    const orderLine = await shop.orderLine(Id.parse(c.req.param("id")))
    if (orderLine === undefined) return c.notFound()
    // Do not track a page as seen if the client has disconnected.
    await tracking.track(shop.OrderLineViewed, { orderLine }, { signal: c.req.raw.signal })
    return c.json(orderLine)
  })

  app.patch("/order-lines/:id", async (c) => {
    const orderLine = await shop.changeQty(Id.parse(c.req.param("id")), Qty.parse(await c.req.json()).qty)
    if (orderLine === undefined) return c.notFound()
    await tracking.track(shop.OrderLineUpdated, { orderLine })
    return c.json(orderLine.after)
  })

  app.post("/orders/:id/place", async (c) => {
    const properties = Payment.parse(await c.req.json())
    const order = await shop.place(Id.parse(c.req.param("id")))
    if (order === undefined) return c.body(null, 409)
    await tracking.track(shop.OrderPlaced, { order, properties })
    return c.json(order.after)
  })

  app.onError((error, c) =>
    error instanceof ZodError || error instanceof SyntaxError
      ? c.json({ problem: error.message }, 400)
      : c.text("", 500)
  )

  const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" })
  await new Promise((resolve) => server.once("listening", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    // Finish and track pending requests first; then deliver all tracked messages.
    close: async () => {
      await new Promise((resolve) => server.close(resolve))
      await tracking.close()
    }
  }
}
