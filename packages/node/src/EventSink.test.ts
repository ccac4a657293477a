// What the author of a sink with promises writes: no test here imports Effect.
import { type Fault, VendorServer } from "@trackmap/testing"
import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as SinkFaults from "@trackmap/testing/SinkFaults"
import { assert, describe, it } from "vitest"
import { EventSink, Message, Receipt, SendError } from "./index.ts"

/** A sink over `fetch`. `timeout` is in milliseconds. */
const warehouse = (url: string, timeout: number) =>
  EventSink.make({
    name: "warehouse",
    limits: { messages: 100 },
    send: async (batch, { signal }) => {
      const response = await fetch(`${url}/events`, {
        method: "POST",
        body: `[${batch.map(Message.toJson).join(",")}]`,
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)])
      })
      await response.text()
      const failure = SendError.fromResponse(response)
      if (failure !== undefined) throw failure
      return batch.map(() => Receipt.delivered)
    }
  }).pipe(EventSink.retried())

const idOf = (message: Fault.Message): string => message["messageId"]

const vendorOf = (kept: Array<Fault.Message>): VendorServer.Vendor => ({
  limits: { messages: 100 },
  read: ({ body, path }) => {
    if (path !== "/events") return VendorServer.json(404, { error: "no such path" })
    if (!Array.isArray(body)) return VendorServer.json(400, { error: "not a list" })
    return {
      messages: body,
      commit: () => {
        kept.push(...body)
        return VendorServer.json(200, { kept: body.length })
      }
    }
  }
})

SinkFaults.suite("a sink with promises", {
  runner: { describe, it },
  idOf,
  denial: false,
  make: async () => {
    const kept: Array<Fault.Message> = []
    return {
      vendor: vendorOf(kept),
      sink: (url, { rate }) => warehouse(url, 10_000 / rate),
      arrived: async () => kept.map(idOf)
    }
  }
})

SinkConformance.suite("a sink with promises", {
  runner: { describe, it },
  make: async () => {
    const ids: Array<string> = []
    const sink = EventSink.make({
      name: "memory",
      limits: { messages: 100 },
      send: async (batch) => {
        ids.push(...batch.map(({ messageId }) => messageId))
        return batch.map(() => Receipt.delivered)
      }
    })
    return { sink, received: async () => ids }
  }
})

it("previews what a sink would send", async () => {
  const message = { type: "track", event: "signedUp", properties: {}, messageId: "m", timestamp: "t" } as const
  const [preview] = await EventSink.preview(warehouse("http://127.0.0.1:1", 1), [message])
  assert.deepStrictEqual(preview?.message, message)
})
