import { PostHog } from "posthog-node"
import { event, lineOf, propertiesOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

export const make = (host: string): Sender => {
  const posthog = new PostHog("project-token", { host, flushAt: 100, disableCompression: true })
  return {
    // It has no back-pressure: if more than 10,000 events wait, it drops the oldest.
    send: (from, count) =>
      inTurns(from, count, 1000, (next, to) => {
        for (let i = next; i < to; i++) {
          posthog.capture({ distinctId: userId, event, properties: propertiesOf(lineOf(i)) })
        }
        return posthog.flush()
      })
  }
}
