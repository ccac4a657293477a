import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Actor, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import express, { type ErrorRequestHandler, type Response } from "express"
import { ZodError } from "zod"
import { Id, Payment, Qty } from "../wholesale/input.ts"
import { open } from "../wholesale/shop.ts"

export const start = async (segment: Segment.Options, { port = 0, shop = open() } = {}) => {
  const tracking = Tracking.make({ plan: shop.plan, sinks: Segment.sink(segment) })

  const app = express()
  app.use((req, _res, next) =>
    Actor.run({ userId: req.get("x-user-id"), context: { ...Actor.contextOf(req.headers), ip: req.ip } }, next)
  )
  app.use(express.json())

  app.get("/order-lines/:id", async (req, res) => {
    const orderLine = await shop.orderLine(Id.parse(req.params.id))
    if (orderLine === undefined) return void res.sendStatus(404)
    await tracking.track(shop.OrderLineViewed, { orderLine }, { signal: gone(res) })
    res.json(orderLine)
  })

  app.patch("/order-lines/:id", async (req, res) => {
    const orderLine = await shop.changeQty(Id.parse(req.params.id), Qty.parse(req.body).qty)
    if (orderLine === undefined) return void res.sendStatus(404)
    await tracking.track(shop.OrderLineUpdated, { orderLine })
    res.json(orderLine.after)
  })

  app.post("/orders/:id/place", async (req, res) => {
    const properties = Payment.parse(req.body)
    const order = await shop.place(Id.parse(req.params.id))
    if (order === undefined) return void res.sendStatus(409)
    await tracking.track(shop.OrderPlaced, { order, properties })
    res.json(order.after)
  })

  app.use(((error, _req, res, next) => {
    if (error instanceof ZodError) res.status(400).json({ issues: error.issues })
    else next(error)
  }) satisfies ErrorRequestHandler)

  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(port, "127.0.0.1", () => resolve(listening))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    // Finish and track pending requests first; then deliver all tracked messages.
    close: async () => {
      await new Promise((resolve) => server.close(resolve))
      await tracking.close()
    }
  }
}

/** Aborts if the client disconnects before its response, so that a page that it did not see is not tracked as seen. */
const gone = (res: Response): AbortSignal => {
  const controller = new AbortController()
  res.once("close", () => controller.abort())
  return controller.signal
}
