import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals"
import { EventSink, HttpSink, HttpTransport, Receipt, SendError, TrackedEvent, Tracking } from "@trackmap/node"
import { InMemory } from "@trackmap/testing"
import type { TrackmapMatchers } from "@trackmap/testing/jest"

declare module "expect" {
  interface Matchers<R extends void | Promise<void>, T> extends TrackmapMatchers<R> {}
}

const OrderPlaced = TrackedEvent.make("orderPlaced")

/** A vendor that accepts everything. */
let vendor: Server
beforeEach(() => {
  vendor = createServer((request, response) => void request.resume().on("end", () => response.end()))
  return new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve))
})
afterEach(() => {
  jest.useRealTimers()
  vendor.closeAllConnections()
  return new Promise<unknown>((resolve) => vendor.close(resolve))
})

const toVendor = () => {
  const { port } = vendor.address() as AddressInfo
  return HttpSink.make({ name: "vendor", url: `http://127.0.0.1:${port}` })
}

describe("under Jest's fake timers", () => {
  it("a tracking delivers, and its messages have the time of the test", async () => {
    jest.useFakeTimers({ now: Date.UTC(2026, 0, 1) })
    const memory = InMemory.makeUnsafe()
    const tracking = Tracking.make({ sinks: memory.sink })
    await tracking.track(OrderPlaced, {})
    await tracking.flush()
    expect(memory).toHaveTrackedTimes(OrderPlaced, 1)
    expect(memory.received[0]?.timestamp).toBe("2026-01-01T00:00:00.000Z")
    await tracking.close()
  })

  it("a retry waits for the time of the test", async () => {
    jest.useFakeTimers()
    let attempts = 0
    const busy = EventSink.make({
      name: "busy",
      send: async (batch) => {
        if (++attempts === 1) throw new SendError.Unavailable({ reason: "busy", retryAfter: 60_000 })
        return batch.all(Receipt.delivered)
      }
    }).pipe(EventSink.retried())
    const tracking = Tracking.make({ sinks: busy, log: () => {} })
    const { receipts } = await tracking.track(OrderPlaced, {})
    await jest.advanceTimersByTimeAsync(61_000)
    expect((await receipts)[0]?.attempts).toBe(2)
    await tracking.close()
  })

  it("fetch answers if queueMicrotask is not faked", async () => {
    jest.useFakeTimers({ doNotFake: ["queueMicrotask"] })
    const tracking = Tracking.make({ sinks: toVendor(), services: HttpTransport.layerFetch })
    const { receipts } = await tracking.track(OrderPlaced, {})
    await tracking.close()
    expect(await receipts).toMatchObject([{ outcome: { _tag: "Delivered" } }])
  })

  it("Node's own HTTP answers whatever is faked", async () => {
    jest.useFakeTimers()
    const tracking = Tracking.make({ sinks: toVendor(), services: HttpTransport.layerNodeHttp() })
    const { receipts } = await tracking.track(OrderPlaced, {})
    await tracking.close()
    expect(await receipts).toMatchObject([{ outcome: { _tag: "Delivered" } }])
  })
})
