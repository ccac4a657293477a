import Mixpanel from "mixpanel"
import { closing } from "../Contestant.ts"

export const contestant = closing((url, reports) => {
  const mixpanel = Mixpanel.init("project-token", { host: new URL(url).host, protocol: "http" })
  const sending: Array<Promise<void>> = []
  return {
    track: (id) => {
      const properties = { distinct_id: "user-1", $insert_id: id, total: 1 }
      sending.push(
        new Promise((resolve) =>
          mixpanel.track("orderPlaced", properties, (error) => {
            if (error !== undefined) reports.lost(id)
            resolve()
          })
        )
      )
    },
    // It has no `close` and makes no batches, so closing waits for every callback.
    close: () => Promise.all(sending)
  }
})
