import { createInstance } from "@amplitude/analytics-node"
import { closing } from "../Contestant.ts"
import { batch } from "../ids.ts"

export const contestant = closing((url, reports) => {
  const amplitude = createInstance()
  amplitude.init("api-key", { serverUrl: `${url}/2/httpapi`, flushQueueSize: batch, logLevel: 0 })
  return {
    track: (id) =>
      void amplitude
        .track("orderPlaced", { total: 1 }, { user_id: "user-1", insert_id: id })
        .promise.then(({ code }) => code === 200 || reports.lost(id)),
    close: () => amplitude.flush().promise
  }
})
