import { EventSink, Receipt, SendError } from "@trackmap/core"

/** A sink that posts to a vendor. If it is broken, it treats every failure as permanent. */
export const fetchSink = (url, isBroken) =>
  EventSink.make({
    name: "http",
    send: async (batch, { signal }) => {
      const response = await fetch(url, {
        method: "POST",
        body: JSON.stringify(batch.messages),
        redirect: "manual",
        signal
      })
      await response.text()
      const failure = SendError.fromResponse(response)
      if (failure === undefined) return batch.map(() => Receipt.delivered)
      if (isBroken) return batch.map(() => Receipt.rejected(`status ${response.status}`))
      throw failure
    }
  }).pipe(EventSink.retried())
