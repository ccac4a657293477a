import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import { EventSink, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import { createRequire } from "node:module"
import { assert, describe, it } from "vitest"
import { OpenTelemetry } from "./index.ts"

const Ping = TrackedEvent.make("ping", { properties: { n: Schema.Int } })

const sinkOf = (name: string) =>
  EventSink.make({
    name,
    send: async (batch) => batch.map((_, index) => (index === 0 ? Receipt.rejected("bad") : Receipt.delivered))
  }).pipe(EventSink.batched({ age: "1 hour" }))

const trackingOf = (sink: EventSink.EventSink) =>
  Tracking.make({ sinks: sink, log: () => {}, ...OpenTelemetry.options() })

const ping = (tracking: Tracking.Tracking, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => tracking.track(Ping, { properties: { n } })))

/** A meter provider of the service's own, and what its reader exports. */
const service = (options?: OpenTelemetry.MetricProducerOptions) => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 3_600_000,
    metricProducers: [OpenTelemetry.metricProducer(options)]
  })
  const meters = new MeterProvider({ readers: [reader] })
  const scopes = async () => {
    exporter.reset()
    await meters.forceFlush()
    return exporter.getMetrics()[0]!.scopeMetrics
  }
  return {
    meters,
    scopes,
    /** By name, the values of one sink by outcome. */
    exported: async (sink: string) => {
      const metrics = (await scopes()).flatMap(({ metrics }) => metrics)
      return Object.fromEntries(
        metrics.flatMap(({ dataPoints, descriptor }) => {
          const own = dataPoints.filter(({ attributes }) => attributes["trackmap.sink"] === sink)
          return own.map(({ attributes, value }) => [
            [descriptor.name, attributes["trackmap.outcome"]].filter(Boolean).join(" "),
            typeof value === "number" ? value : { count: value.count, sum: value.sum }
          ])
        })
      )
    },
    [Symbol.asyncDispose]: () => meters.shutdown()
  }
}

describe("a metric reader with the producer", () => {
  it("exports nothing of ours before anything is tracked, and what the service counts itself", async () => {
    await using own = service()
    own.meters.getMeter("shop").createCounter("orders").add(2)
    assert.deepStrictEqual(
      (await own.scopes()).map(({ metrics, scope }) => [scope.name, metrics.map(({ descriptor }) => descriptor.name)]),
      [["shop", ["orders"]]]
    )
  })

  it("exports what a tracking counts, by sink and outcome", async () => {
    await using own = service()
    await using tracking = trackingOf(sinkOf("counted"))
    await ping(tracking, 3)
    assert.deepInclude(await own.exported("counted"), { "trackmap.buffer.messages": 3 })
    await tracking.flush()
    const { "trackmap.delivery.duration": duration, ...exported } = await own.exported("counted")
    assert.deepStrictEqual(exported, {
      "trackmap.messages rejected": 1,
      "trackmap.messages delivered": 2,
      "trackmap.attempts": 3,
      "trackmap.batch.messages": { count: 1, sum: 3 },
      "trackmap.buffer.messages": 0,
      "trackmap.buffer.oldest": 0
    })
    assert.strictEqual((duration as { readonly count: number }).count, 3)
  })

  it("exports in the scope of ours what is counted here, by the names that are documented, and nothing else", async () => {
    await using own = service()
    await using tracking = trackingOf(sinkOf("named"))
    await ping(tracking, 1)
    await tracking.track(Ping, { properties: { n: "none" as never } })
    await tracking.flush()
    Effect.runSync(Metric.update(Metric.counter("shop_orders"), 1))
    const [scope, ...more] = await own.scopes()
    const { version } = createRequire(import.meta.url)("../package.json")
    assert.deepStrictEqual([scope!.scope, more], [{ name: "trackmap", version }, []])
    assert.deepStrictEqual(scope!.metrics.map(({ descriptor: { name, unit } }) => `${name} ${unit}`).toSorted(), [
      "trackmap.attempts {attempt}",
      "trackmap.batch.messages {message}",
      "trackmap.buffer.messages {message}",
      "trackmap.buffer.oldest s",
      "trackmap.delivery.duration s",
      "trackmap.messages {message}",
      "trackmap.violations {violation}"
    ])
    const violations = scope!.metrics.find(({ descriptor }) => descriptor.name === "trackmap.violations")!
    assert.deepStrictEqual(
      violations.dataPoints.map(({ attributes, value }) => [attributes, value as unknown]),
      [[{ "trackmap.event": "ping" }, 1]]
    )
  })

  it("exports what came since it last did, where it is told to", async () => {
    await using own = service({ temporality: "delta" })
    await using tracking = trackingOf(sinkOf("since"))
    const delivered = async (count: number) => {
      await ping(tracking, count)
      await tracking.flush()
      return (await own.exported("since"))["trackmap.messages delivered"]
    }
    assert.deepStrictEqual([await delivered(4), await delivered(3)], [3, 2])
  })

  it("exports the trackings of the process together, and as long as they are there their buffers", async () => {
    await using own = service()
    await using left = trackingOf(sinkOf("left"))
    await using right = trackingOf(sinkOf("right"))
    await Promise.all([ping(left, 2), ping(right, 5)])
    await left.close()
    const exported = [await own.exported("left"), await own.exported("right")]
    assert.deepInclude(exported[0], { "trackmap.messages delivered": 1 })
    assert.notProperty(exported[0], "trackmap.buffer.messages")
    assert.deepInclude(exported[1], { "trackmap.buffer.messages": 5 })
  })

  it("exports to two readers, each with a producer of its own", async () => {
    await using first = service({ temporality: "delta" })
    await using second = service({ temporality: "delta" })
    await using tracking = trackingOf(sinkOf("both"))
    await ping(tracking, 2)
    await tracking.flush()
    for (const { exported } of [first, second]) {
      assert.deepInclude(await exported("both"), { "trackmap.messages delivered": 1 })
    }
  })

  it("exports a metric without a unit, and leaves out a frequency, which OpenTelemetry has no type for", async () => {
    await using own = service({ temporality: "delta" })
    const plain = Metric.counter("trackmap.plain")
    const words = Metric.frequency("trackmap.words")
    Effect.runSync(Effect.andThen(Metric.update(plain, 2), Metric.update(words, "one")))
    const scopes = await own.scopes()
    Effect.runSync(Effect.andThen(Metric.remove(plain), Metric.remove(words)))
    const metrics = scopes.flatMap(({ metrics }) => metrics)
    assert.notInclude(
      metrics.map(({ descriptor }) => descriptor.name),
      "trackmap.words"
    )
    const exported = metrics.find(({ descriptor }) => descriptor.name === "trackmap.plain")!
    assert.deepInclude(exported.descriptor, { description: "", unit: "" })
    assert.deepStrictEqual(
      exported.dataPoints.map(({ attributes, value }) => ({ attributes, value: value as unknown })),
      [{ attributes: {}, value: 2 }]
    )
  })
})

it("an option that is misspelt is refused where the producer is made", () => {
  assert.throws(() => OpenTelemetry.metricProducer({ temporalty: "delta" } as object), /did you mean temporality\?/)
})
