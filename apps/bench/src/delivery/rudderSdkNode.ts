import Analytics from "@rudderstack/rudder-sdk-node"
import { event, lineOf, propertiesOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

export const make = (dataPlaneUrl: string): Sender => {
  const analytics = new Analytics("write-key", { dataPlaneUrl, flushAt: 100, gzip: false })
  return {
    // It has no back-pressure, writes its whole queue as JSON for every event, and flushes one batch at a time.
    send: (from, count) =>
      inTurns(from, count, 100, (next, to) => {
        for (let i = next; i < to; i++) analytics.track({ userId, event, properties: propertiesOf(lineOf(i)) })
        return analytics.flush()
      })
  }
}
