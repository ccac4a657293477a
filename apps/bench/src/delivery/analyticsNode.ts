import { Analytics } from "@segment/analytics-node"
import { event, lineOf, propertiesOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

/** It has no back-pressure: it sends everything tracked at once at the same time, one request for each batch. So it gets a limited number at a time. */
export const make =
  (atOnce: number) =>
  (host: string): Sender => {
    const analytics = new Analytics({ writeKey: "write-key", host, flushAt: 100 })
    return {
      send: (from, count) =>
        inTurns(from, count, atOnce, (next, to) => {
          for (let i = next; i < to; i++) analytics.track({ userId, event, properties: propertiesOf(lineOf(i)) })
          return analytics.flush()
        })
    }
  }
