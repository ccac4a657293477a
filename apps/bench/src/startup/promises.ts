/** The minimum for a service without Effect to track an event into Segment. */
import { Actor, Entity, Plan, Redacted, TrackedEvent, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import * as Schema from "effect/Schema"

const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })

export const start = () => {
  const sinks = Segment.sink({ writeKey: Redacted.make("write-key") })
  return Tracking.make({ plan: Plan.make(OrderLineUpdated), sinks })
}

export const orderLineUpdated = (tracking: ReturnType<typeof start>, orderLine: { id: number; qty: number }) =>
  Actor.run({ userId: "user-1" }, () => tracking.track(OrderLineUpdated, { orderLine }))
