import { Actor, Redacted, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import { Hono } from "hono"
import { ZodError } from "zod"
import { Id, Payment, Qty } from "../../../apps/examples/src/wholesale/input.ts"
import { open } from "./memory.ts"

interface Env {
  Bindings: { SEGMENT_WRITE_KEY: string; SEGMENT_ENDPOINT: string }
  Variables: { tracking: Tracking.Tracking }
}

const shop = open()
const app = new Hono<Env>()

// No request may use another request's resources, so each has its own tracking, which delivers after the response.
app.use(async (c, next) => {
  const tracking = Tracking.make({
    plan: shop.plan,
    sinks: Segment.sink({ writeKey: Redacted.make(c.env.SEGMENT_WRITE_KEY), endpoint: c.env.SEGMENT_ENDPOINT })
  })
  c.set("tracking", tracking)
  const context = { ...Actor.contextOf(c.req.raw.headers), ip: c.req.header("cf-connecting-ip") }
  const answered = Actor.run({ userId: c.req.header("x-user-id"), context }, next)
  // Register at once, so that the change of a client is tracked even if it disconnects.
  c.executionCtx.waitUntil(answered.finally(() => tracking.close()))
  await answered
})

app.get("/order-lines/:id", async (c) => {
  const orderLine = await shop.orderLine(Id.parse(c.req.param("id")))
  if (orderLine === undefined) return c.notFound()
  await c.var.tracking.track(shop.OrderLineViewed, { orderLine }, { signal: c.req.raw.signal })
  return c.json(orderLine)
})

app.patch("/order-lines/:id", async (c) => {
  const orderLine = await shop.changeQty(Id.parse(c.req.param("id")), Qty.parse(await c.req.json()).qty)
  if (orderLine === undefined) return c.notFound()
  await c.var.tracking.track(shop.OrderLineUpdated, { orderLine })
  return c.json(orderLine.after)
})

app.post("/orders/:id/place", async (c) => {
  const properties = Payment.parse(await c.req.json())
  const order = await shop.place(Id.parse(c.req.param("id")))
  if (order === undefined) return c.body(null, 409)
  await c.var.tracking.track(shop.OrderPlaced, { order, properties })
  return c.json(order.after)
})

app.onError((error, c) => {
  if (error instanceof ZodError || error instanceof SyntaxError) return c.json({ problem: error.message }, 400)
  throw error
})

export default app
