import { Actor, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import fastify from "fastify"
import { ZodError } from "zod"
import { Id, Payment, Qty } from "../wholesale/input.ts"
import { open } from "../wholesale/shop.ts"

interface Named {
  Params: { id: string }
}

export const start = async (segment: Segment.Options, { port = 0, shop = open() } = {}) => {
  const tracking = Tracking.make({ plan: shop.plan, sinks: Segment.sink(segment) })

  const app = fastify()
  app.addHook("preHandler", ({ headers, ip }, _reply, done) => {
    const userId = headers["x-user-id"]?.toString()
    Actor.run({ userId, context: { ...Actor.contextOf(headers), ip } }, done)
  })
  // By then, pending requests are finished and tracked.
  app.addHook("onClose", () => tracking.close())

  app.get<Named>("/order-lines/:id", async (request, reply) => {
    const orderLine = await shop.orderLine(Id.parse(request.params.id))
    if (orderLine === undefined) return reply.callNotFound()
    // Do not track a page as seen if the client has disconnected.
    await tracking.track(shop.OrderLineViewed, { orderLine }, { signal: request.signal })
    return orderLine
  })

  app.patch<Named>("/order-lines/:id", async (request, reply) => {
    const orderLine = await shop.changeQty(Id.parse(request.params.id), Qty.parse(request.body).qty)
    if (orderLine === undefined) return reply.callNotFound()
    await tracking.track(shop.OrderLineUpdated, { orderLine })
    return orderLine.after
  })

  app.post<Named>("/orders/:id/place", async (request, reply) => {
    const properties = Payment.parse(request.body)
    const order = await shop.place(Id.parse(request.params.id))
    if (order === undefined) return reply.code(409).send()
    await tracking.track(shop.OrderPlaced, { order, properties })
    return order.after
  })

  app.setErrorHandler((error, _request, reply) =>
    error instanceof ZodError ? reply.code(400).send({ issues: error.issues }) : reply.send(error)
  )

  return { url: await app.listen({ port, host: "127.0.0.1" }), close: () => app.close() }
}
