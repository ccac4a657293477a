import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { InMemory } from "@trackmap/testing"
import { afterEach, assert, describe, it, vi } from "vitest"
import { Entity, EventSink, HttpSink, HttpTransport, Receipt, SendError, TrackedEvent, Tracking } from "./index.ts"
import * as Schema from "effect/Schema"

const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one("product", Product, async (_: { readonly id: number }) => ({ id: 123 }))
)
const Updated = TrackedEvent.make("updated", { entities: { line: Line } })
const Ping = TrackedEvent.make("ping")

/** Every timer that vitest can replace in a forked process. */
const all = [
  ...(["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate", "clearImmediate"] as const),
  ...(["Date", "performance", "hrtime", "queueMicrotask"] as const)
]

afterEach(() => void vi.useRealTimers())

describe.each([true, false])(
  "under fake timers of every kind, in a tracking that ends with its process: %s",
  (flushAtExit) => {
    const options = { log: () => {}, flushAtExit } as const

    it("track, flush, receipts and close resolve, and messages have the time of the test", async () => {
      vi.useFakeTimers({ toFake: all, now: Date.UTC(2026, 0, 1) })
      const memory = InMemory.makeUnsafe()
      const given: Array<Promise<void>> = []
      const late = EventSink.make({ name: "late", open: async () => async (batch) => batch.all(Receipt.delivered) })
      const tracking = Tracking.make({
        ...options,
        sinks: [memory.sink.pipe(EventSink.batched({ age: "1 hour" })), late],
        waitUntil: (delivered) => void given.push(delivered)
      })
      const seen = tracking.receipts()[Symbol.asyncIterator]()
      const first = seen.next()
      const tracked = await tracking.track(Updated, { line: { id: 1 } })
      assert.deepStrictEqual(await tracking.flush(), { left: 0, sinks: { memory: 0, late: 0 }, calls: 0 })
      assert.lengthOf(await tracked.receipts, 2)
      await Promise.all(given)
      assert.strictEqual((await first).value?.messageId, tracked.messageId)
      await tracking.track(Ping, {})
      await tracking.close()
      assert.deepStrictEqual(
        memory.received.map(({ timestamp }) => timestamp),
        Array(2).fill("2026-01-01T00:00:00.000Z")
      )
    })

    it("retries and limits go by the time of the test", async () => {
      vi.useFakeTimers({ toFake: all })
      let attempts = 0
      const failing = EventSink.make({
        name: "failing",
        send: async (batch) => {
          if (++attempts === 1) throw new SendError.Unavailable({ reason: "busy", retryAfter: 60_000 })
          return batch.all(Receipt.delivered)
        }
      }).pipe(EventSink.retried())
      const tracking = Tracking.make({ ...options, sinks: failing })
      const { receipts } = await tracking.track(Ping, {})
      const flushed = tracking.flush({ within: "10 seconds" })
      await vi.advanceTimersByTimeAsync(10_000)
      assert.deepInclude(await flushed, { left: 1 })
      await vi.advanceTimersByTimeAsync(50_000)
      assert.strictEqual((await receipts)[0]?.attempts, 2)
      await tracking.close()
    })

    it.each(["fetch", "node:http"])("a sink sends over %s", async (transport) => {
      const server = createServer((request, response) => void request.resume().on("end", () => response.end("ok")))
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      // Node's own fetch never answers without its microtasks.
      vi.useFakeTimers({ toFake: all.filter((timer) => transport !== "fetch" || timer !== "queueMicrotask") })
      const tracking = Tracking.make({
        ...options,
        sinks: HttpSink.make({ name: "http", url }),
        ...(transport === "fetch" ? undefined : { services: HttpTransport.layerNodeHttp() })
      })
      await tracking.track(Ping, {})
      const { sinks } = await tracking.flush()
      await tracking.close()
      server.closeAllConnections()
      server.close()
      assert.deepStrictEqual(sinks, { http: 0 })
    })
  }
)
