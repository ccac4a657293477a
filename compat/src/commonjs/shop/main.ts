import { Actor, Redacted, Tracking } from "@trackmap/node"
import segment = require("@trackmap/segment")
import { OrderLineUpdated, plan } from "./tracking"

const { SEGMENT_ENDPOINT, SEGMENT_WRITE_KEY } = process.env
if (SEGMENT_ENDPOINT === undefined || SEGMENT_WRITE_KEY === undefined) throw new Error("Set SEGMENT_ENDPOINT")

const tracking = Tracking.make({
  plan,
  sinks: segment.Segment.sink({ writeKey: Redacted.make(SEGMENT_WRITE_KEY), endpoint: SEGMENT_ENDPOINT })
})

const orderLine = { id: 1001, qty: 3, product: { id: 123, sku: "gquack", manufacturerId: 789 } }
void Actor.run({ userId: "u-1" }, () => tracking.track(OrderLineUpdated, { orderLine }))

// @ts-expect-error: a row without its product does not compile, which shows that the types are found.
export const wrong = () => tracking.track(OrderLineUpdated, { orderLine: { id: 1001, qty: 3 } })
