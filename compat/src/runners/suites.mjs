import { EventSink, Receipt } from "@trackmap/core"
import { VendorServer } from "@trackmap/testing"
import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import { fetchSink } from "./fetchSink.mjs"

const isBroken = process.env.SINK === "broken"

/** A sink in memory. If it is broken, it drops every third message and reports it as delivered. */
const memory = (ids) =>
  EventSink.make({
    name: "memory",
    send: async (batch) =>
      batch.map(({ messageId }, index) => {
        if (!isBroken || index % 3 !== 0) ids.push(messageId)
        return Receipt.delivered
      })
  })

/** Both suites, as the files of each runner call them. */
export const suites = (options) => {
  SinkConformance.suite("a sink in memory", {
    ...options,
    many: 30,
    make: async () => {
      const ids = []
      return { sink: memory(ids), received: async () => ids }
    }
  })

  SinkFaults.suite("a sink over HTTP", {
    ...options,
    idOf: ({ messageId }) => messageId,
    make: async () => {
      const ids = []
      const read = ({ body }) => ({
        messages: body,
        commit: () => {
          ids.push(...body.map(({ messageId }) => messageId))
          return VendorServer.json(200, { kept: ids.length })
        }
      })
      return { vendor: { read }, sink: (url) => fetchSink(url, isBroken), arrived: async () => ids }
    }
  })
}
