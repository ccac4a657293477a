import { PostHog } from "posthog-node"
import { event, lineOf, propertiesOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

/** Sends `messages` events in a request. Its own default is 100, however small `flushAt` is, if they are captured at once. */
export const posthog =
  (messages: number) =>
  (host: string): Sender => {
    const batches = { flushAt: messages, maxBatchSize: messages }
    const client = new PostHog("project-token", { host, ...batches, disableCompression: true })
    return {
      // It has no back-pressure: if more than 10,000 events wait, it drops the oldest.
      send: (from, count) =>
        inTurns(from, count, 1000, (next, to) => {
          for (let i = next; i < to; i++) {
            client.capture({ distinctId: userId, event, properties: propertiesOf(lineOf(i)) })
          }
          return client.flush()
        })
    }
  }
