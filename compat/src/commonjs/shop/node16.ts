// With `"module": "node16"`, TypeScript forbids `require` of an ES module: use a dynamic import.

const { SEGMENT_ENDPOINT, SEGMENT_WRITE_KEY } = process.env
if (SEGMENT_ENDPOINT === undefined || SEGMENT_WRITE_KEY === undefined) throw new Error("Set SEGMENT_ENDPOINT")

const main = async (writeKey: string, endpoint: string) => {
  const { Actor, Entity, Redacted, TrackedEvent, Tracking } = await import("@trackmap/node")
  const { Segment } = await import("@trackmap/segment")
  const { z } = await import("zod")
  const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: z.int(), qty: z.int() } })
  const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })
  const tracking = Tracking.make({ sinks: Segment.sink({ writeKey: Redacted.make(writeKey), endpoint }) })
  await Actor.run({ userId: "u-1" }, () => tracking.track(OrderLineUpdated, { orderLine: { id: 1001, qty: 3 } }))
}

void main(SEGMENT_WRITE_KEY, SEGMENT_ENDPOINT)
