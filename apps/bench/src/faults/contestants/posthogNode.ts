import { PostHog } from "posthog-node"
import { closing } from "../Contestant.ts"
import { batch } from "../ids.ts"

export const contestant = closing((url, reports) => {
  const posthog = new PostHog("project-token", { host: url, flushAt: batch })
  // Its errors contain a response but no event.
  posthog.on("error", reports.error)
  return {
    track: (uuid) => posthog.capture({ distinctId: "user-1", event: "orderPlaced", properties: { total: 1 }, uuid }),
    close: () => posthog.shutdown()
  }
})
