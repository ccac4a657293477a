import {
  type DiagLogger,
  DiagLogLevel,
  context,
  diag,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags
} from "@opentelemetry/api"
import {
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor
} from "@opentelemetry/sdk-trace-base"
import { AlwaysOffSampler, NodeTracerProvider } from "@opentelemetry/sdk-trace-node"
import { Entity, EventSink, Loader, type Message, Receipt, TrackedEvent, Tracking } from "@trackmap/node"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { createRequire } from "node:module"
import { afterEach, assert, describe, it } from "vitest"
import { OpenTelemetry } from "./index.ts"

const Ping = TrackedEvent.make("ping")

const register = (sampler?: Sampler) => {
  const exporter = new InMemorySpanExporter()
  new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(sampler && { sampler })
  }).register()
  return (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name)
}

afterEach(() => {
  for (const api of [trace, context, propagation, diag]) api.disable()
})

/** A sink that keeps what it is given, and the span that it was given it in. */
const memory = (name = "memory") => {
  const messages: Array<Message.Message> = []
  const within: Array<string | undefined> = []
  const sink = EventSink.make({
    name,
    send: async (batch) => {
      messages.push(...batch)
      within.push(trace.getActiveSpan()?.spanContext().spanId)
      return batch.map(() => Receipt.delivered)
    }
  })
  return { messages, sink, within }
}

/** Runs in a span of the service's own, as an instrumented server does. */
const request = <A>(name: string, handle: (span: Span) => Promise<A>): Promise<A> =>
  trace.getTracer("shop").startActiveSpan(name, { kind: SpanKind.SERVER }, async (span) => {
    try {
      return await handle(span)
    } finally {
      span.end()
    }
  })

const idsOf = (span: Span | ReadableSpan | undefined) => {
  const { spanId, traceId } = span!.spanContext()
  return { traceId, spanId }
}
const linksOf = (spans: ReadonlyArray<ReadableSpan>) =>
  spans.flatMap(({ links }) => links.map(({ context: { spanId, traceId } }) => ({ traceId, spanId })))

describe("a tracking with the options", () => {
  it("puts the ids of the request's span into the message, and the message's into an event of the span", async () => {
    const named = register()
    const { messages, sink } = memory()
    await using tracking = Tracking.make({ sinks: sink, ...OpenTelemetry.options() })
    await request("POST /orders", () => tracking.track(Ping, {}))
    await tracking.close()
    const [span] = named("POST /orders")
    assert.deepStrictEqual(
      messages.map(({ context }) => context as unknown),
      [idsOf(span)]
    )
    assert.deepStrictEqual(
      span!.events.map(({ attributes, name }) => ({ name, attributes })),
      [
        {
          name: "trackmap.tracked",
          attributes: {
            "trackmap.message_id": messages[0]!.messageId,
            "trackmap.type": "track",
            "trackmap.event": "ping"
          }
        }
      ]
    )
  })

  it("makes a span of each batch, in a trace of its own, with a link to each request's span", async () => {
    const named = register()
    const { messages, sink, within } = memory()
    await using tracking = Tracking.make({
      sinks: sink.pipe(EventSink.batched({ age: "1 hour" })),
      ...OpenTelemetry.options()
    })
    const both = () => Promise.all([tracking.track(Ping, {}), tracking.identify({ plan: "pro" })])
    await request("first", both)
    await request("second", both)
    await tracking.track(Ping, {})
    await request("third", () => tracking.flush())
    const [send, ...more] = named("Tracker.send")
    assert.deepStrictEqual([messages.length, more], [5, []])
    assert.deepStrictEqual([send!.parentSpanContext, send!.instrumentationScope.name], [undefined, "trackmap"])
    assert.strictEqual(send!.instrumentationScope.version, createRequire(import.meta.url)("../package.json").version)
    assert.deepStrictEqual(send!.attributes, {
      "trackmap.sink": "memory",
      "trackmap.batch.messages": 5,
      "trackmap.batch.delivered": 5
    })
    assert.deepStrictEqual(linksOf([send!]), [idsOf(named("first")[0]), idsOf(named("second")[0])])
    assert.notInclude(
      ["first", "second", "third"].map((name) => named(name)[0]!.spanContext().traceId),
      send!.spanContext().traceId
    )
    // What the service's own instrumentation makes of the request to the vendor belongs to the batch.
    assert.deepStrictEqual(within, [send!.spanContext().spanId])
  })

  it("leaves the status of a success unset, and fails a span with the error's type and message", async () => {
    const named = register()
    const outcomes = [Receipt.rejected("bad"), Receipt.delivered]
    const sink = EventSink.make({ name: "memory", send: async (batch) => batch.map((_, index) => outcomes[index]!) })
    const products = Loader.byKey({
      name: "products",
      load: async (): Promise<ReadonlyArray<{ readonly id: number }>> => {
        throw new RangeError("no connection")
      },
      keyOf: ({ id }) => id
    })
    const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
    const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.one(
        "product",
        Product,
        Loader.at(products, (row: { readonly id: number }) => row.id)
      )
    )
    const LineAdded = TrackedEvent.make("lineAdded", { entities: { line: Line } })
    const tracking = Tracking.make({
      sinks: sink.pipe(EventSink.batched({ age: "1 hour" })),
      log: () => {},
      ...OpenTelemetry.options()
    })
    await request("lost", () => Promise.all([tracking.track(LineAdded, { line: { id: 1 } }), tracking.track(Ping, {})]))
    await tracking.flush()
    await tracking.identify({ plan: "pro" })
    outcomes[0] = Receipt.delivered
    await tracking.close()
    const [lost, kept] = named("Tracker.send")
    assert.deepStrictEqual(lost!.status, {
      code: SpanStatusCode.ERROR,
      message: "1 of 2 messages were lost: 1 rejected"
    })
    assert.strictEqual(lost!.attributes["error.type"], "rejected")
    assert.deepStrictEqual(kept!.status, { code: SpanStatusCode.UNSET })
    const [load] = named("Loader.load")
    assert.strictEqual(load!.status.code, SpanStatusCode.ERROR)
    assert.include(load!.status.message, "products rejected with RangeError")
    assert.deepStrictEqual(
      load!.events.map(({ attributes, name }) => [name, attributes!["exception.type"]]),
      [["exception", load!.attributes["error.type"]]]
    )
  })

  it("loads the relations of a call in the span of the request, and lets its queries be part of that", async () => {
    const named = register()
    const { messages, sink } = memory()
    const within: Array<string | undefined> = []
    const products = Loader.byKey({
      name: "products",
      load: async (ids: ReadonlyArray<number>) => {
        within.push(trace.getActiveSpan()?.spanContext().spanId)
        return ids.map((id) => ({ id }))
      },
      keyOf: ({ id }) => id
    })
    const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
    const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.one(
        "product",
        Product,
        Loader.at(products, ({ productId }: { readonly productId: number }) => productId)
      )
    )
    const LineAdded = TrackedEvent.make("lineAdded", { entities: { line: Line } })
    await using tracking = Tracking.make({ sinks: sink, ...OpenTelemetry.options() })
    await request("POST /lines", () => tracking.track(LineAdded, { line: { id: 1001, productId: 123 } }))
    await tracking.flush()
    const [[span], [load]] = [named("POST /lines"), named("Loader.load")]
    assert.deepStrictEqual(
      messages.map((message) => (message as Message.Track).properties),
      [{ Line_id: 1001, Product_id: 123 }]
    )
    assert.deepStrictEqual(load!.parentSpanContext?.spanId, span!.spanContext().spanId)
    assert.deepStrictEqual(load!.attributes, { "trackmap.loader.name": "products", "trackmap.loader.keys": 1 })
    assert.deepStrictEqual(within, [load!.spanContext().spanId])
  })

  it("lets each resolver be in the span of its own request, however many there are at once", async () => {
    const named = register()
    const { sink } = memory()
    const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
    const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } }).pipe(
      Entity.one("product", Product, async ({ id }: { readonly id: number }) => {
        trace.getActiveSpan()?.setAttribute("line", id)
        await new Promise((resolve) => setImmediate(resolve))
        return { id }
      }),
      Entity.computed("traceId", Schema.String, async () => String(trace.getActiveSpan()?.spanContext().traceId))
    )
    const LineAdded = TrackedEvent.make("lineAdded", { entities: { line: Line } })
    await using tracking = Tracking.make({ sinks: sink, ...OpenTelemetry.options() })
    const messages = await Promise.all(
      Array.from({ length: 500 }, (_, id) =>
        request(`line ${id}`, async () => (await tracking.track(LineAdded, { line: { id } })).message as Message.Track)
      )
    )
    for (const { properties } of messages) {
      const [span] = named(`line ${properties["Line_id"]}`)
      assert.deepStrictEqual([span!.attributes["line"], span!.spanContext().traceId] as unknown, [
        properties["Line_id"],
        properties["Line_traceId"]
      ])
    }
  })

  it("gives each of a thousand requests at once its own ids", async () => {
    const named = register()
    const { messages, sink } = memory()
    await using tracking = Tracking.make({ sinks: sink, ...OpenTelemetry.options() })
    const tracked = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        request("request", async (span) => {
          await new Promise((resolve) => setImmediate(resolve))
          const { messageId } = await tracking.track(Ping, {}, { messageId: `m${n}` })
          return [messageId, idsOf(span)] as const
        })
      )
    )
    await tracking.close()
    assert.deepStrictEqual(
      new Map(messages.map(({ context, messageId }) => [messageId, context as any])),
      new Map(tracked)
    )
    const batches = named("Tracker.send")
    assert.deepStrictEqual(
      linksOf(batches),
      messages.map(({ context }) => context as any)
    )
  })

  it("tells nobody of a request whose span is not kept", async () => {
    const named = register(new AlwaysOffSampler())
    const { messages, sink } = memory()
    await using tracking = Tracking.make({ sinks: sink, ...OpenTelemetry.options() })
    await request("POST /orders", () => tracking.track(Ping, {}))
    await tracking.close()
    assert.deepStrictEqual(
      messages.map(({ context }) => context),
      [undefined]
    )
    assert.deepStrictEqual([...named("POST /orders"), ...named("Tracker.send")], [])
  })

  it("links only to those requests of a batch whose spans are kept", async () => {
    const named = register({
      shouldSample: (_context, _traceId, name) => ({ decision: name === "health" ? 0 : 2 }),
      toString: () => "all but the health check"
    })
    const { messages, sink } = memory()
    await using tracking = Tracking.make({
      sinks: sink.pipe(EventSink.batched({ age: "1 hour" })),
      ...OpenTelemetry.options()
    })
    await request("health", () => tracking.track(Ping, {}))
    await request("POST /orders", () => tracking.track(Ping, {}))
    await tracking.close()
    const kept = idsOf(named("POST /orders")[0])
    assert.deepStrictEqual(
      messages.map(({ context }) => context as unknown),
      [undefined, kept]
    )
    assert.deepStrictEqual(linksOf(named("Tracker.send")), [kept])
  })

  it("tracks outside of any request, with no ids and no links", async () => {
    const named = register()
    const { messages, sink } = memory()
    await using tracking = Tracking.make({ sinks: sink, ...OpenTelemetry.options() })
    await tracking.track(Ping, {})
    await tracking.close()
    assert.deepStrictEqual(
      messages.map(({ context }) => context),
      [undefined]
    )
    assert.deepStrictEqual(
      named("Tracker.send").map(({ links }) => links),
      [[]]
    )
  })

  it("is not taken for a part of the request that it was made in", async () => {
    const named = register()
    const { sink } = memory()
    const tracking = await request("first", async () => Tracking.make({ sinks: sink, ...OpenTelemetry.options() }))
    await tracking.track(Ping, {})
    await tracking.close()
    assert.deepStrictEqual(
      named("Tracker.send").map(({ parentSpanContext }) => parentSpanContext),
      [undefined]
    )
    assert.deepStrictEqual(linksOf(named("Tracker.send")), [])
  })

  it("makes spans as soon as there is a tracer provider", async () => {
    const { messages, sink } = memory()
    await using tracking = Tracking.make({ sinks: sink, ...OpenTelemetry.options() })
    await request("before", () => tracking.track(Ping, {}))
    await tracking.flush()
    const named = register()
    await request("after", () => tracking.track(Ping, {}))
    await tracking.close()
    const after = idsOf(named("after")[0])
    assert.deepStrictEqual(
      messages.map(({ context }) => context as unknown),
      [undefined, after]
    )
    assert.deepStrictEqual(linksOf(named("Tracker.send")), [after])
  })

  it("stands beside another, each with batches of its own", async () => {
    const named = register()
    const [left, right] = [memory("left"), memory("right")]
    await using first = Tracking.make({ sinks: left.sink, ...OpenTelemetry.options() })
    await using second = Tracking.make({ sinks: right.sink, ...OpenTelemetry.options() })
    await request("POST /orders", () => Promise.all([first.track(Ping, {}), second.track(Ping, {})]))
    await Promise.all([first.close(), second.close()])
    const [span] = named("POST /orders")
    assert.deepStrictEqual(
      span!.events.map(({ attributes }) => attributes!["trackmap.message_id"]),
      [...left.messages, ...right.messages].map(({ messageId }) => messageId)
    )
    assert.deepStrictEqual(
      named("Tracker.send").map((send) => [send.attributes["trackmap.sink"], linksOf([send])]),
      [
        ["left", [idsOf(span)]],
        ["right", [idsOf(span)]]
      ]
    )
  })

  it("names a span that is over, and does not write to it", async () => {
    const named = register()
    const said: Array<string> = []
    const logger = Object.fromEntries(
      ["verbose", "debug", "info", "warn", "error"].map((level) => [level, (text: string) => said.push(text)])
    )
    diag.setLogger(logger as unknown as DiagLogger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
    const { messages, sink } = memory()
    await using tracking = Tracking.make({ sinks: sink, ...OpenTelemetry.options() })
    const answered = Promise.withResolvers<void>()
    const later = request("POST /orders", async () => ({
      // The response has been sent, and the work that it left goes on.
      tracked: answered.promise.then(() => tracking.track(Ping, {}))
    }))
    const { tracked } = await later
    answered.resolve()
    await tracked
    await tracking.close()
    assert.deepStrictEqual(
      messages.map(({ context }) => context as unknown),
      [idsOf(named("POST /orders")[0])]
    )
    assert.deepStrictEqual(said, [])
  })
})

describe("an Effect with the services", () => {
  const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> =>
    Effect.runPromise(Effect.provide(effect, OpenTelemetry.services))

  it("writes an attribute as text when OpenTelemetry has no type for it", async () => {
    const named = register()
    const attributes = { id: 12n, url: new URL("https://shop.example/orders"), count: 2, paid: true }
    const written = { id: "12", url: "https://shop.example/orders", count: 2, paid: true }
    await run(
      Effect.useSpan("order", { attributes }, (span) =>
        Effect.sync(() => span.event("paid", 1_000_000_001n, attributes))
      )
    )
    const [order] = named("order")
    assert.deepStrictEqual(order!.attributes, written)
    assert.deepStrictEqual(
      order!.events.map(({ attributes, name, time }) => ({ name, time, attributes })),
      [{ name: "paid", time: [1, 1], attributes: written }]
    )
  })

  it("adds an event without attributes, and a link to a span that is found later", async () => {
    const named = register()
    const ids = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }
    const unsampled = Tracer.externalSpan({ ...ids, sampled: false })
    await run(
      Effect.useSpan("order", (span) =>
        Effect.sync(() => {
          span.event("found", 1_000_000_001n)
          span.addLinks([{ span: unsampled, attributes: { relation: "cause" } }])
        })
      )
    )
    const [order] = named("order")
    assert.deepStrictEqual(
      order!.events.map(({ attributes, name }) => ({ name, attributes })),
      [{ name: "found", attributes: {} }]
    )
    assert.deepStrictEqual(
      order!.links.map(({ attributes, context }) => ({ context, attributes })),
      [{ context: { ...ids, traceFlags: TraceFlags.NONE, isRemote: true }, attributes: { relation: "cause" } }]
    )
  })

  it("ends an interrupted span without an error", async () => {
    const named = register()
    await run(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.withSpan(Effect.never, "order"), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
      })
    )
    const [order] = named("order")
    assert.deepStrictEqual([order!.status, order!.events], [{ code: SpanStatusCode.UNSET }, []])
    assert.notProperty(order!.attributes, "error.type")
  })
})
