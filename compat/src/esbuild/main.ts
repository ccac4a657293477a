import { Actor, Redacted, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import { open } from "../worker/memory.ts"

// Places an order and ends, like a job. It has no top-level await, which a CommonJS bundle does not allow.

const { SEGMENT_ENDPOINT, SEGMENT_WRITE_KEY } = process.env as Readonly<Record<string, string>>
const shop = open()
const tracking = Tracking.make({
  plan: shop.plan,
  sinks: Segment.sink({ writeKey: Redacted.make(SEGMENT_WRITE_KEY!), endpoint: SEGMENT_ENDPOINT! })
})

void Actor.run({ userId: "u-1" }, async () => {
  const orderLine = (await shop.orderLine(1001))!
  await tracking.track(shop.OrderLineViewed, { orderLine })
  const order = (await shop.place(357))!
  await tracking.track(shop.OrderPlaced, { order, properties: { paidBy: "card" } })
})
