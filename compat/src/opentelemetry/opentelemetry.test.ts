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

const postAttributes = (url: string) => ({
  "http.request.method": "POST",
  "server.address": "127.0.0.1",
  "server.port": Number(new URL(url).port),
  "trackmap.sink": "segment",
  "trackmap.batch.messages": 1
})

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
  // Effect's own export marks every span that has not failed as ok.
  ["Effect's own export", startEffect, "ok"],
  ["an OpenTelemetry SDK", sdk.start, "unset"]
] as const)("a service with %s", (_, start, succeeded) => {
  let segment: SegmentStandIn
  let collector: Awaited<ReturnType<typeof startCollector>>
  beforeEach(async () => {
    // Metrics count from the start of the process.
    Context.get(Context.empty(), Metric.MetricRegistry).clear()
    segment = await segmentServer()
    collector = await startCollector()
  })
  afterEach(async () => {
    await segment.close()
    await collector.close()
    // A process can register only one SDK.
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

  /** The data of the collector and Segment after a service has changed quantities and ended. */
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
        {
          "trackmap.sink": "segment",
          "trackmap.batch.messages": post.attributes["trackmap.batch.messages"],
          "trackmap.batch.delivered": post.attributes["trackmap.batch.messages"]
        }
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
    const metrics = collector.metrics()
    const attributes = { "trackmap.sink": "segment" }
    const delivered = { ...attributes, "trackmap.outcome": "delivered" }
    assert.deepStrictEqual(metrics["trackmap.messages"], [{ unit: "{message}", attributes: delivered, value: 3 }])
    assert.deepStrictEqual(metrics["trackmap.attempts"], [{ unit: "{attempt}", attributes, value: 3 }])
    assert.deepStrictEqual(metrics["trackmap.delivery.duration"], [{ unit: "s", attributes, value: 3 }])
    const batches = collector.spans().filter(({ name }) => name === "Tracker.send")
    const unit = "{message}"
    assert.deepStrictEqual(metrics["trackmap.batch.messages"], [{ unit, attributes, value: batches.length }])
  })

  /** A number that is not part of any id or time. */
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
    // The collector is not Segment, and responds with 404.
    const { close, url } = await start({ ...segment.options, endpoint: collector.url }, collector.url)
    assert.strictEqual((await changeQty(url, qty)).status, 200)
    await close()
    const attributes = { "trackmap.sink": "segment", "trackmap.outcome": "rejected" }
    assert.deepStrictEqual(collector.metrics()["trackmap.messages"], [{ unit: "{message}", attributes, value: 1 }])
    const named = (name: string) => collector.spans().filter((span) => span.name === name)
    const [post] = named("Segment.send")
    assert.strictEqual(post!.status, "error")
    assert.include(post!.message, "(status 404)")
    assert.deepStrictEqual(post!.attributes, {
      ...postAttributes(collector.url),
      "http.response.status_code": 404,
      "error.type": "404"
    })
    const [batch] = named("Tracker.send")
    assert.deepStrictEqual([batch!.status, batch!.message], ["error", "1 of 1 messages were lost: 1 rejected"])
    assert.deepStrictEqual(batch!.attributes, {
      "trackmap.sink": "segment",
      "trackmap.batch.messages": 1,
      "trackmap.batch.rejected": 1,
      "error.type": "rejected"
    })
    assertSaysNothing(collector.text())
  })

  it("says in the spans of a delivery that nothing is wrong, under OpenTelemetry's names", async () => {
    const { named } = await afterChanging(5)
    const [[batch], [post]] = [named("Tracker.send"), named("Segment.send")]
    assert.deepStrictEqual([batch!.status, post!.status], [succeeded, succeeded])
    assert.deepStrictEqual(post!.attributes, {
      ...postAttributes(segment.options.endpoint!),
      "http.response.status_code": 200
    })
  })
})
