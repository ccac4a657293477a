import { context, propagation, trace } from "@opentelemetry/api"
import type { Segment } from "@trackmap/segment"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { type SegmentStandIn, segmentServer } from "../../../apps/examples/src/test/segment.ts"
import { startCollector } from "./collector.ts"
import * as effect from "./effect.ts"
import * as sdk from "./sdk.ts"

const startEffect = async (segment: Segment.Options, collector: string) => {
  const scope = Scope.makeUnsafe()
  const quiet = effect.layer(segment, collector).pipe(Layer.provide(Logger.layer([])))
  const services = await Effect.runPromise(Layer.buildWithScope(quiet, scope))
  return {
    url: HttpServer.formatAddress(Context.get(services, HttpServer.HttpServer).address),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

const isTracked = ({ name }: { readonly name: string }) => name === "trackmap.tracked"
const idsOf = ({ spanId, traceId }: { readonly traceId: string; readonly spanId: string }) => ({ traceId, spanId })

describe.each([
  ["Effect's own export", startEffect],
  ["an OpenTelemetry SDK", sdk.start]
])("a service with %s", (_, start) => {
  let segment: SegmentStandIn
  let collector: Awaited<ReturnType<typeof startCollector>>
  beforeEach(async () => {
    // The process counts from its start.
    Context.get(Context.empty(), Metric.MetricRegistry).clear()
    segment = await segmentServer()
    collector = await startCollector()
  })
  afterEach(async () => {
    await segment.close()
    await collector.close()
    // A process registers its SDK once.
    for (const api of [trace, context, propagation]) api.disable()
  })

  const caller = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" }
  const changeQty = (url: string, qty: number) =>
    fetch(`${url}/order-lines/1001`, {
      method: "PATCH",
      headers: {
        "content-type": "application/json",
        "x-user-id": "princess@toadstool.example",
        traceparent: `00-${caller.traceId}-${caller.spanId}-01`
      },
      body: JSON.stringify({ qty })
    })

  /** What the collector and Segment have once a service has changed quantities, and has ended. */
  const afterChanging = async (...qtys: ReadonlyArray<number>) => {
    const { close, url } = await start(segment.options, collector.url)
    for (const qty of qtys) assert.strictEqual((await changeQty(url, qty)).status, 200)
    await close()
    const [received, spans] = [await segment.received(), collector.spans()]
    assert.strictEqual(received.length, qtys.length)
    return {
      received,
      spans,
      named: (name: string) => spans.filter((span) => span.name === name),
      requests: spans.filter(({ events }) => events.some(isTracked))
    }
  }

  it("has each request's span name the message that went to Segment with the ids of the span", async () => {
    const { received, requests } = await afterChanging(5, 6)
    assert.deepStrictEqual(
      requests.map((span) => [span.parentSpanId, span.events.filter(isTracked)]),
      received.map(({ event, messageId, type }) => [
        caller.spanId,
        [
          {
            name: "trackmap.tracked",
            attributes: { "trackmap.message_id": messageId, "trackmap.type": type, "trackmap.event": event }
          }
        ]
      ])
    )
    assert.deepStrictEqual(
      received.map(({ context }) => idsOf(context)),
      requests.map(idsOf)
    )
    assert.deepStrictEqual(new Set(requests.map(({ traceId }) => traceId)), new Set([caller.traceId]))
  })

  it("leads from the request to Segment to the requests that it delivers, and below these to the queries", async () => {
    const { named, requests } = await afterChanging(5, 6)
    assert.deepStrictEqual(
      named("Tracker.send").flatMap(({ links }) => links),
      requests.map(idsOf)
    )
    assert.deepStrictEqual(
      named("Tracker.send").map((batch) => [idsOf(batch), batch.parentSpanId || undefined, batch.attributes]),
      named("Segment.send").map((post) => [
        { traceId: post.traceId, spanId: post.parentSpanId },
        undefined,
        { "trackmap.sink": "segment", "trackmap.messages": post.attributes["trackmap.messages"] }
      ]) as unknown
    )
    assert.notInclude(
      named("Tracker.send").map(({ traceId }) => traceId),
      caller.traceId
    )
    assert.strictEqual(requests.length, 2)
    const loads = new Set(named("Loader.load").map(({ parentSpanId }) => parentSpanId))
    assert.deepStrictEqual(loads, new Set(requests.map(({ spanId }) => spanId)))
  })

  it("counts what became of the messages", async () => {
    await afterChanging(5, 6, 7)
    const { trackmap_attempts, trackmap_batch_messages, trackmap_latency_ms, trackmap_messages } = collector.metrics()
    const attributes = { sink: "segment" }
    assert.deepStrictEqual(trackmap_messages, [{ attributes: { sink: "segment", outcome: "delivered" }, value: 3 }])
    assert.deepStrictEqual(trackmap_attempts, [{ attributes, value: 3 }])
    assert.deepStrictEqual(trackmap_latency_ms, [{ attributes, value: 3 }])
    const batches = collector.spans().filter(({ name }) => name === "Tracker.send")
    assert.deepStrictEqual(trackmap_batch_messages, [{ attributes, value: batches.length }])
  })

  /** No part of an id or of a time. */
  const qty = 987_654_321_012_345
  const assertSaysNothing = (text: string) => {
    for (const secret of [
      "write-key",
      btoa("write-key:"),
      "toadstool",
      String(qty),
      "Gold Plated Duck Tape",
      "MBroPS"
    ]) {
      assert.notInclude(text, secret)
    }
  }

  it("tells the collector neither the write key nor what the messages are about", async () => {
    const { received } = await afterChanging(qty)
    assert.include(JSON.stringify(received), "princess@toadstool.example")
    assertSaysNothing(collector.text())
  })

  it("tells the collector why messages are lost, and no key then either", async () => {
    // The collector is no Segment, and answers 404.
    const { close, url } = await start({ ...segment.options, endpoint: collector.url }, collector.url)
    assert.strictEqual((await changeQty(url, qty)).status, 200)
    await close()
    const outcome = { sink: "segment", outcome: "rejected" }
    assert.deepStrictEqual(collector.metrics()["trackmap_messages"], [{ attributes: outcome, value: 1 }])
    const [exception] = collector
      .spans()
      .filter(({ name }) => name === "Segment.send")
      .flatMap(({ events }) => events)
    assert.strictEqual(exception?.name, "exception")
    assert.include(JSON.stringify(exception), "(status 404)")
    assertSaysNothing(collector.text())
  })
})
