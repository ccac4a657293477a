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
    // It has no close, and no batches of its own making: all callbacks are waited for.
    close: () => Promise.all(sending)
  }
})
