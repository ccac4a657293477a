import Analytics from "@rudderstack/rudder-sdk-node"
import { closing } from "../Contestant.ts"
import { batch } from "../ids.ts"

export const contestant = closing((url, reports) => {
  // Without an error handler, a failed request ends the process with an unhandled rejection.
  const errorHandler = reports.error
  const analytics = new Analytics("write-key", { dataPlaneUrl: url, flushAt: batch, errorHandler })
  return {
    track: (messageId) => {
      const message = { userId: "user-1", event: "orderPlaced", properties: { total: 1 }, messageId }
      analytics.track(message, (error?: unknown) => {
        if (error !== undefined) reports.lost(messageId)
      })
    },
    // It has no close, and one flush sends one batch.
    close: async () => {
      do await analytics.flush()
      while ((analytics as unknown as { readonly queue: ReadonlyArray<unknown> }).queue.length > 0)
    }
  }
})
