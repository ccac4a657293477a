import { randomUUID } from "node:crypto"
import Mixpanel from "mixpanel"
import { event, lineOf, propertiesOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

export const make = (url: string): Sender => {
  const mixpanel = Mixpanel.init("project-token", { host: new URL(url).host, protocol: "http" })
  return {
    // By default it sends 50 events per request, and all requests at once. `import_batch` does the same, but requires HTTPS.
    send: (from, count) =>
      inTurns(from, count, 1000, (next, to) => {
        const events: Array<Mixpanel.Event> = []
        for (let i = next; i < to; i++) {
          const own = { time: Date.now(), distinct_id: userId, $insert_id: randomUUID() }
          events.push({ event, properties: { ...propertiesOf(lineOf(i)), ...own } })
        }
        return new Promise<void>((resolve, reject) =>
          mixpanel.track_batch(events, { max_concurrent_requests: 1 }, (errors) => {
            if (errors == null) resolve()
            else reject(errors[0])
          })
        )
      })
  }
}
