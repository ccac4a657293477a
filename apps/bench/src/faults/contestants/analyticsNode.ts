import { Analytics } from "@segment/analytics-node"
import { closing } from "../Contestant.ts"
import { batch } from "../ids.ts"

export const contestant = closing((url, reports) => {
  const analytics = new Analytics({ writeKey: "write-key", host: url, flushAt: batch })
  // Its documentation, "Event Emitter": an error with a context is about that event.
  analytics.on("error", ({ ctx }) => {
    const id = ctx?.event.messageId
    if (id === undefined) reports.error()
    else reports.lost(id)
  })
  return {
    track: (messageId) =>
      analytics.track({ userId: "user-1", event: "orderPlaced", properties: { total: 1 }, messageId }),
    close: () => analytics.closeAndFlush()
  }
})
