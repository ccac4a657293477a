import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import * as fc from "fast-check"
import {
  Actor,
  Aggregate,
  Entity,
  EventSink,
  type Message,
  Pii,
  Plan,
  Receipt,
  SendError,
  TrackedEvent,
  Tracker
} from "./index.ts"

const marker = "peach-7c1b@toadtown.example"

// -----------------------------------------------------------------------------
// what is tracked: the marker on everything that is personal
// -----------------------------------------------------------------------------

const personal = Pii.personal(Schema.String)

const Line = Entity.make("Line", {
  key: "note",
  attributes: { note: personal, qty: Schema.Int, age: Pii.personal(Schema.Number) }
})
const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, email: personal } }).pipe(
  Entity.computed("greeting", personal, (row: { readonly email: string }) => `Dear ${row.email}`)
)
const Order = Entity.make("Order", {
  key: "id",
  attributes: { id: Schema.Int, address: Schema.Struct({ street: personal, city: Schema.String }) }
}).pipe(
  Entity.one("buyer", Buyer, (row: { readonly buyer: Entity.Row<typeof Buyer> }) => row.buyer),
  Entity.many(
    "lines",
    Line.pipe(Entity.one("packer", Buyer, (row: { readonly packer: Entity.Row<typeof Buyer> }) => row.packer)),
    (row: { readonly lines: ReadonlyArray<any> }) => row.lines,
    Aggregate.list({ max: 2 }),
    Aggregate.first,
    Aggregate.last,
    Aggregate.keys,
    Aggregate.count,
    Aggregate.sum("qty"),
    Aggregate.max("age"),
    Aggregate.make("notes", {
      schema: Schema.String,
      attributes: ["note"],
      aggregate: (rows: ReadonlyArray<{ readonly note: string }>) => rows.map(({ note }) => note).join()
    })
  )
)
const Placed = TrackedEvent.make("placed", {
  entities: { order: Order },
  properties: { coupon: personal, shop: Schema.String }
})
const Moved = TrackedEvent.make("moved", { entities: { buyer: Entity.changed(Buyer) } })
const calls = { email: personal, tier: Schema.String }
const plan = Plan.make(Placed).pipe(
  Plan.calls({ identify: calls, group: calls, page: calls, screen: calls }),
  Plan.context({ seat: personal })
)

/** The marker as a text, and as values that are no text where one is expected. */
const planted: ReadonlyArray<() => any> = [
  () => marker,
  () => ({ constructor: { name: marker } }),
  () => ({ _tag: marker }),
  () => Object.assign(new Error(marker), { name: marker, [marker]: marker }),
  () => [marker],
  () => {
    throw Object.assign(new Error(marker), { name: marker, _tag: marker })
  }
]

interface Step {
  readonly call: "placed" | "moved" | "identify" | "group" | "page" | "screen" | "send"
  readonly plant: number
  readonly undeclared: boolean
}

const buyer = (plant: () => any) => ({
  id: 1,
  get email() {
    return plant()
  }
})

const act = ({ call, plant: index, undeclared }: Step): Effect.Effect<unknown, any, any> => {
  const plant = planted[index]!
  const text = { email: marker, tier: "pro", ...(undeclared && { [marker]: marker }) }
  switch (call) {
    case "placed": {
      const line = {
        qty: 2,
        age: marker,
        packer: buyer(plant),
        get note() {
          return plant()
        }
      }
      const order = {
        id: 1,
        address: { street: marker, city: "Toadtown" },
        buyer: buyer(plant),
        lines: [line, line, line]
      }
      const properties = { coupon: marker, shop: "s", ...(undeclared && { [marker]: marker }) }
      return Tracker.track(Placed, { order, properties } as any)
    }
    case "moved":
      return Tracker.track(Moved, { buyer: { before: buyer(plant), after: buyer(() => "toad@example.com") } } as any)
    case "identify":
      return Tracker.identify(text)
    case "group":
      return Tracker.group("g", text)
    case "page":
      return Tracker.page("Home", { properties: text })
    case "screen":
      return Tracker.screen("Home", { properties: text })
    case "send":
      return Tracker.send({
        type: "track",
        event: undeclared ? "of another service" : "placed",
        properties: { coupon: marker, Order_lines: [{ Line_note: marker }] },
        messageId: "sent",
        timestamp: "2026-01-01T00:00:00.000Z"
      })
  }
}

// -----------------------------------------------------------------------------
// the ways out of a sink
// -----------------------------------------------------------------------------

type Seen = (where: string, what: unknown) => void

const destination = (name: string, answer: string, seen: Seen): EventSink.EventSink =>
  EventSink.make({
    name,
    send: (batch) => {
      seen(
        `${name} is sent`,
        batch.messages.map((message) => structuredClone(message))
      )
      const text = JSON.stringify(batch)
      switch (answer) {
        case "delivered":
          return Effect.succeed(batch.all(Receipt.delivered))
        case "rejected":
          return Effect.succeed(batch.all(Receipt.rejected(text)))
        case "unavailable":
          return Effect.fail(new SendError.Unavailable({ reason: text }))
        case "refused":
          return Effect.fail(new SendError.Refused({ reason: text }))
        case "rejects":
          return Promise.reject(new Error(text))
        default:
          throw new Error(text)
      }
    }
  })

const combinators: Readonly<
  Record<string, (sink: EventSink.EventSink, answer: string, seen: Seen) => EventSink.EventSink>
> = {
  deadLetter: (sink, answer, seen) => EventSink.deadLetter(sink, destination("letters", answer, seen)),
  orElse: (sink, answer, seen) => EventSink.orElse(sink, destination("fallback", answer, seen)),
  tap: (sink, _, seen) => EventSink.tap(sink, (message, receipt) => seen("tap", [message, receipt])),
  mapReceipt: (sink, _, seen) =>
    EventSink.mapReceipt(sink, (receipt, message) => {
      seen("mapReceipt", message)
      return receipt
    }),
  filter: (sink, _, seen) => EventSink.filter(sink, (message) => (seen("filter", message), true)),
  map: (sink, _, seen) => EventSink.map(sink, (message) => (seen("map", message), message)),
  rename: (sink) => EventSink.rename(sink, (name) => name.toUpperCase()),
  recase: (sink) => EventSink.recase(sink, "snake_case"),
  batched: (sink) => EventSink.batched(sink, { messages: 2 }),
  buffered: (sink) => EventSink.buffered(sink, { capacity: 1, whenFull: "refuse" }),
  retried: (sink) => EventSink.retried(sink, { limit: 0 }),
  sample: (sink) => EventSink.sample(sink, 0.5),
  consented: (sink) => EventSink.consented(sink, "analytics")
}

const answers = ["delivered", "rejected", "unavailable", "refused", "rejects", "throws"]
const answer = fc.constantFrom(...answers)

const program = fc.record({
  steps: fc.array(
    fc.record({
      call: fc.constantFrom<Step["call"]>("placed", "moved", "identify", "group", "page", "screen", "send"),
      plant: fc.nat({ max: planted.length - 1 }),
      undeclared: fc.boolean()
    }),
    { minLength: 1, maxLength: 6 }
  ),
  answer,
  order: fc.shuffledSubarray(["redact", ...Object.keys(combinators)], { minLength: 1 }),
  others: answer,
  planned: fc.boolean(),
  consent: fc.constantFrom<ReadonlySet<string> | "all">("all", new Set()),
  validation: fc.constantFrom("strip" as const, "annotate" as const, "deadLetter" as const, "off" as const)
})

/** Everything that came out of a sink that drops personal data. */
const run = Effect.fnUntraced(function* ({
  answer,
  consent,
  order,
  others,
  planned,
  steps,
  validation
}: typeof program extends fc.Arbitrary<infer A> ? A : never) {
  const out: Array<string> = []
  const seen: Seen = (where, what) =>
    void out.push(`${where}: ${inspect(what, { depth: Infinity, showHidden: true, maxStringLength: Infinity })}`)
  const names = order.includes("redact") ? order : ["redact", ...order]
  const sink = names.reduce(
    (sink, name) => (name === "redact" ? EventSink.redact(sink, "drop") : combinators[name]!(sink, others, seen)),
    destination("vendor", answer, seen)
  )
  const logger = Logger.make<unknown, void>(({ message }) => {
    // The cause of a function that throws is logged beside the text: it is the function's own.
    const texts = (Array.isArray(message) ? message : [message]).filter((part) => typeof part === "string")
    out.push(`log: ${texts.join(" ")}`)
  })
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const context = { ip: marker, seat: marker, shop: marker, traits: { email: marker, more: marker }, locale: "de" }
  yield* Effect.gen(function* () {
    for (const step of steps) yield* Effect.exit(act(step))
    yield* Tracker.flush
    seen("metrics", yield* Tracker.metrics)
  }).pipe(
    Actor.as({ userId: "u-1", consent, context }),
    Effect.provide(Tracker.layer(sink, { validation, closeWithin: 1_000, ...(planned && { plan }) })),
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(Tracer.Tracer, tracer),
    Effect.catchCause((cause) => Effect.sync(() => out.push(Cause.pretty(cause))))
  )
  seen(
    "spans",
    spans.map(({ attributes, events, name, status }) => [name, [...attributes], events, status])
  )
  seen("Effect's metrics", yield* Metric.snapshot)
  return out
})

describe("behind a sink that drops personal data", () => {
  it.live(
    "none is found, whatever was tracked, in whatever order the sink was composed, whatever becomes of the message",
    () =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(program, async (given) => {
            const out = await Effect.runPromise(run(given) as any as Effect.Effect<ReadonlyArray<string>, never, never>)
            assert.deepStrictEqual(
              out.filter((text) => text.includes(marker)),
              []
            )
          }),
          { numRuns: 200 }
        )
      ),
    60_000
  )

  it.live("the rest is there", () =>
    Effect.gen(function* () {
      const messages: Array<Message.Message> = []
      const sink = EventSink.make({
        name: "vendor",
        send: (batch) => Effect.sync(() => (messages.push(...batch), batch.all(Receipt.delivered)))
      })
      const order = {
        id: 1,
        address: { street: marker, city: "Toadtown" },
        buyer: { id: 2, email: marker },
        lines: [1, 2, 3].map((qty) => ({ note: marker, qty, age: 30, packer: { id: 3, email: marker } }))
      }
      yield* Tracker.track(Placed, { order, properties: { coupon: marker, shop: "s" } }).pipe(
        Actor.as({ context: { ip: marker, locale: "de" } }),
        Effect.provide(Tracker.layer(sink.pipe(EventSink.recase({ keys: "camelCase" }), EventSink.redact("drop"))))
      )
      const line = (lineQty: number) => ({ lineQty, buyerId: 3 })
      assert.deepStrictEqual((messages[0] as Message.Track).properties, {
        shop: "s",
        orderId: 1,
        buyerId: 2,
        orderLines: [line(1), line(2)],
        orderLinesTruncated: true,
        orderLinesFirst: line(1),
        orderLinesLast: line(3),
        orderLinesCount: 3,
        orderLinesQtySum: 6
      })
      assert.deepStrictEqual(messages[0]!.context, { locale: "de" })
    })
  )
})
