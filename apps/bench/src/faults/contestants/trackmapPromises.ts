import { Actor, EventSink, Plan, Receipt, Redacted, TrackedEvent, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import * as Schema from "effect/Schema"
import { closing } from "../Contestant.ts"
import { batch } from "../ids.ts"

const OrderPlaced = TrackedEvent.make("orderPlaced", { properties: { total: Schema.Finite } })

/** It learns of lost events only from their receipts. */
export const contestant = closing((endpoint, reports) => {
  const sink = Segment.sink({ writeKey: Redacted.make("write-key"), endpoint })
  const tracking = Tracking.make({
    plan: Plan.make(OrderPlaced),
    sinks: EventSink.batched(sink, { messages: batch }),
    log: () => {}
  })
  const track = async (messageId: string): Promise<void> => {
    const { receipts } = await tracking.track(OrderPlaced, { properties: { total: 1 } }, { messageId })
    if ((await receipts).some(({ outcome }) => Receipt.isLost(outcome))) reports.lost(messageId)
  }
  return {
    // Nobody waits for it.
    track: (id) => void Actor.run({ userId: "user-1" }, () => track(id)),
    close: tracking.close
  }
})
