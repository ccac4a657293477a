import { assert, describe, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Tracer from "effect/Tracer"
import { Actor, EventSink, type Message, Receipt, SendError, TrackedEvent, Tracker } from "./index.ts"

const Ping = TrackedEvent.make("ping")
const ping = Tracker.track(Ping, {})

/** A tracer that keeps the spans that it makes. */
const recorder = () => {
  const spans: Array<Tracer.NativeSpan> = []
  return {
    tracer: Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    }),
    named: (name: string) => spans.filter((span) => span.name === name)
  }
}

/** Runs with its own tracker, and closes it. Returns the sink's messages and the spans. */
const tracked = Effect.fnUntraced(function* (
  effect: Effect.Effect<unknown, never, Tracker.Tracker>,
  configure: (sink: EventSink.EventSink<never, never>) => EventSink.EventSink<never, never> = (sink) => sink
) {
  const messages: Array<Message.Message> = []
  const { named, tracer } = recorder()
  const sink = EventSink.make({
    name: "memory",
    limits: { messages: 1_000 },
    send: async (batch) => {
      messages.push(...batch)
      return batch.map(() => Receipt.delivered)
    }
  })
  yield* effect.pipe(
    Effect.provide(Tracker.layer(configure(sink), { capacity: 1_000 })),
    Effect.provideService(Tracer.Tracer, tracer)
  )
  return { messages, named }
})

const traceOf = ({ context }: Message.Message) => ({ traceId: context?.["traceId"], spanId: context?.["spanId"] })
const idsOf = ({ spanId, traceId }: Tracer.AnySpan) => ({ traceId, spanId })
const eventsOf = ({ events }: Tracer.NativeSpan) => events.map(([name, , attributes]) => ({ name, attributes }))
const linksOf = (spans: ReadonlyArray<Tracer.Span>) =>
  spans.flatMap(({ links }) => links.map(({ span }) => idsOf(span)))

describe("a message that is tracked in a span", () => {
  it.effect("has the ids of its trace and its span", () =>
    Effect.gen(function* () {
      const { messages, named } = yield* tracked(
        Effect.withSpan(Effect.andThen(ping, Effect.withSpan(ping, "inner")), "request")
      )
      const [request, inner] = [named("request")[0]!, named("inner")[0]!]
      assert.deepStrictEqual(messages.map(traceOf), [idsOf(request), idsOf(inner)])
      assert.strictEqual(inner.traceId, request.traceId)
    })
  )

  it.effect("keeps what the actor and the call say of the context", () =>
    Effect.gen(function* () {
      const { messages, named } = yield* tracked(
        Tracker.track(Ping, {}, { context: { groupId: "g-1", spanId: "told" } }).pipe(
          Actor.as({ userId: "u-1", context: { ip: "192.0.2.1" } }),
          Effect.withSpan("request")
        )
      )
      const { traceId } = named("request")[0]!
      assert.deepStrictEqual(messages[0]!.context, { traceId, spanId: "told", ip: "192.0.2.1", groupId: "g-1" })
    })
  )

  it.effect("is named by an event of the span, whatever kind of message it is", () =>
    Effect.gen(function* () {
      const { messages, named } = yield* tracked(
        Effect.withSpan(Effect.andThen(ping, Tracker.identify({ plan: "pro" })), "request")
      )
      const [first, second] = messages.map(({ messageId }) => messageId)
      assert.deepStrictEqual(eventsOf(named("request")[0]!), [
        {
          name: "trackmap.tracked",
          attributes: { "trackmap.message_id": first, "trackmap.type": "track", "trackmap.event": "ping" }
        },
        { name: "trackmap.tracked", attributes: { "trackmap.message_id": second, "trackmap.type": "identify" } }
      ])
    })
  )

  it.effect("has no ids where nobody keeps the span, and the span no event", () =>
    Effect.gen(function* () {
      const { messages, named } = yield* tracked(Effect.withSpan(ping, "request", { sampled: false }))
      assert.deepStrictEqual(messages[0]!.context, undefined)
      assert.deepStrictEqual(eventsOf(named("request")[0]!), [])
      assert.deepStrictEqual(linksOf(named("Tracker.send")), [])
    })
  )

  it.effect("has the ids of a span that began elsewhere, which can have no event", () =>
    Effect.gen(function* () {
      const outer = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" }
      const { messages, named } = yield* tracked(Effect.withParentSpan(ping, Tracer.externalSpan(outer)))
      assert.deepStrictEqual(messages.map(traceOf), [outer])
      assert.deepStrictEqual(linksOf(named("Tracker.send")), [outer])
    })
  )

  it.effect("has none of a span that began elsewhere and is not kept", () =>
    Effect.gen(function* () {
      const outer = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", sampled: false }
      const { messages } = yield* tracked(Effect.withParentSpan(ping, Tracer.externalSpan(outer)))
      assert.strictEqual(messages[0]!.context, undefined)
    })
  )

  it.effect("names itself to a span of another tracer's", () =>
    Effect.gen(function* () {
      const told: Array<unknown> = []
      const outer: Tracer.Span = Object.assign(Object.create(foreign), {
        event: (name: string, _time: bigint, attributes: Context.Context<never>) => told.push([name, attributes])
      })
      const { messages } = yield* tracked(Effect.withParentSpan(ping, outer))
      const [{ messageId }] = messages as [Message.Message]
      assert.deepStrictEqual(messages.map(traceOf), [idsOf(foreign)])
      assert.deepStrictEqual(told, [
        ["trackmap.tracked", { "trackmap.message_id": messageId, "trackmap.type": "track", "trackmap.event": "ping" }]
      ])
    })
  )
})

const foreign: Tracer.Span = {
  _tag: "Span",
  name: "foreign",
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  spanId: "00f067aa0ba902b7",
  sampled: true,
  parent: Option.none(),
  annotations: Tracer.externalSpan({ traceId: "", spanId: "" }).annotations,
  status: { _tag: "Started", startTime: 0n },
  attributes: new Map(),
  links: [],
  kind: "server",
  attribute: () => {},
  event: () => {},
  addLinks: () => {},
  end: () => {}
}

describe("a message that is tracked outside of any span", () => {
  it.effect("has no ids", () =>
    Effect.gen(function* () {
      const { messages, named } = yield* tracked(ping)
      assert.strictEqual(messages[0]!.context, undefined)
      assert.deepStrictEqual(linksOf(named("Tracker.send")), [])
    })
  )
})

describe("a span that lasts as long as its service", () => {
  it.effect("has 128 events at most, and its messages their ids all the same", () =>
    Effect.gen(function* () {
      const { messages, named } = yield* tracked(Effect.withSpan(Effect.replicateEffect(ping, 300), "service"))
      const service = named("service")[0]!
      assert.strictEqual(service.events.length, 128)
      assert.strictEqual(messages.length, 300)
      assert.deepStrictEqual(new Set(messages.map((message) => traceOf(message).spanId)), new Set([service.spanId]))
    })
  )
})

describe("the span of a batch", () => {
  const requests = (count: number) =>
    Effect.forEach(Array.from({ length: count }), () => Effect.withSpan(Effect.andThen(ping, ping), "request"))
  const together = EventSink.batched({ age: "1 hour" })

  it.effect(
    "stands alone, says how many messages it has for whom, and links to the spans they were tracked in, each once",
    () =>
      Effect.gen(function* () {
        const { named } = yield* tracked(Effect.withSpan(requests(3), "service"), together)
        const [send, ...more] = named("Tracker.send")
        assert.deepStrictEqual(more, [])
        assert.deepStrictEqual(send!.parent, Option.none())
        assert.deepStrictEqual(
          [...send!.attributes],
          [
            ["trackmap.sink", "memory"],
            ["trackmap.batch.messages", 6],
            ["trackmap.batch.delivered", 6]
          ]
        )
        assert.deepStrictEqual(linksOf([send!]), named("request").map(idsOf))
      })
  )

  it.effect("links to 128 of them at most", () =>
    Effect.gen(function* () {
      const { messages, named } = yield* tracked(requests(200), together)
      assert.strictEqual(messages.length, 400)
      assert.deepStrictEqual(linksOf(named("Tracker.send")), named("request").slice(0, 128).map(idsOf))
    })
  )

  it.effect("links to nothing that is no span's id, as a collector would refuse it", () =>
    Effect.gen(function* () {
      const [traceId, spanId] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"]
      const contexts = [
        { traceId: "5759346523476523", spanId },
        { traceId: "0".repeat(32), spanId },
        { traceId, spanId: "0".repeat(16) },
        { traceId, spanId: "00F067AA0BA902B7" },
        { traceId },
        { spanId },
        { traceId: 1, spanId: 2 }
      ]
      const { messages, named } = yield* tracked(
        Effect.forEach(contexts, (context) => Tracker.track(Ping, {}, { context })),
        together
      )
      assert.deepStrictEqual(
        messages.map(({ context }) => context),
        contexts
      )
      assert.deepStrictEqual(linksOf(named("Tracker.send")), [])
    })
  )
})

describe("the span of a batch fails where a message of it is lost, and says how many", () => {
  /** What the span of a batch of `count` messages says in the end, and the error that it has. */
  const concluded = Effect.fnUntraced(function* (
    sink: EventSink.EventSink<never, never>,
    count: number,
    options?: Tracker.Options
  ) {
    const { named, tracer } = recorder()
    yield* Effect.replicateEffect(ping, count).pipe(
      Effect.provide(Tracker.layer(sink, options)),
      Effect.provide(Logger.layer([])),
      Effect.provideService(Tracer.Tracer, tracer)
    )
    const [{ attributes, status }, ...more] = named("Tracker.send") as [Tracer.NativeSpan]
    assert.deepStrictEqual(more, [])
    assert(status._tag === "Ended")
    const error = Exit.isFailure(status.exit) ? Cause.prettyErrors(status.exit.cause) : []
    return {
      error: error.map(({ message, name }) => `${name}: ${message}`),
      ...Object.fromEntries(attributes)
    } as Record<string, unknown>
  })
  const of = { "trackmap.sink": "m" }
  const sinkOf = (send: EventSink.AnySend) =>
    EventSink.make({ name: "m", limits: { messages: 10 }, send }).pipe(EventSink.batched({ age: "1 hour" }))

  it.effect("by what the sink answers, message by message", () =>
    Effect.gen(function* () {
      const outcomes = [Receipt.delivered, Receipt.skipped("no"), Receipt.rejected("bad"), Receipt.delivered]
      assert.deepStrictEqual(
        yield* concluded(
          sinkOf(async () => outcomes),
          4
        ),
        {
          ...of,
          "trackmap.batch.messages": 4,
          "trackmap.batch.delivered": 2,
          "trackmap.batch.skipped": 1,
          "trackmap.batch.rejected": 1,
          "error.type": "rejected",
          error: ["MessagesLost: 1 of 4 messages were lost: 1 rejected"]
        }
      )
      const kept = [Receipt.delivered, Receipt.skipped("no")]
      assert.deepStrictEqual(
        yield* concluded(
          sinkOf(async () => kept),
          2
        ),
        {
          ...of,
          "trackmap.batch.messages": 2,
          "trackmap.batch.delivered": 1,
          "trackmap.batch.skipped": 1,
          error: []
        }
      )
    })
  )

  it.effect("by several outcomes, of which the most frequent is the error's type", () =>
    Effect.gen(function* () {
      const known = [Receipt.rejected("bad"), undefined, undefined, Receipt.delivered]
      const sink = sinkOf(async () => {
        throw SendError.withOutcomes(new SendError.Unavailable({ reason: "down" }), known)
      })
      assert.deepStrictEqual(yield* concluded(sink, 4), {
        ...of,
        "trackmap.batch.messages": 4,
        "trackmap.batch.rejected": 1,
        "trackmap.batch.expired": 2,
        "trackmap.batch.delivered": 1,
        "error.type": "expired",
        error: ["MessagesLost: 3 of 4 messages were lost: 2 expired, 1 rejected"]
      })
    })
  )

  it.effect("where the sink throws, or a combinator, after what is known is known", () =>
    Effect.gen(function* () {
      const thrower = sinkOf(() => {
        throw new RangeError("x")
      })
      const rejected = { ...of, "trackmap.batch.messages": 2, "trackmap.batch.rejected": 2, "error.type": "rejected" }
      const error = ["MessagesLost: 2 of 2 messages were lost: 2 rejected"]
      assert.deepStrictEqual(yield* concluded(thrower, 2), { ...rejected, error })
      const schedule = Schedule.modifyDelay(Schedule.forever, () => Effect.die("a schedule's bug"))
      const partly = sinkOf(async () => {
        throw SendError.withOutcomes(new SendError.Unavailable({ reason: "down" }), [Receipt.delivered, undefined])
      }).pipe(EventSink.retried({ schedule }))
      assert.deepStrictEqual(yield* concluded(partly, 2), {
        ...of,
        "trackmap.batch.messages": 2,
        "trackmap.batch.delivered": 1,
        "trackmap.batch.rejected": 1,
        "error.type": "rejected",
        error: ["MessagesLost: 1 of 2 messages were lost: 1 rejected"]
      })
    })
  )

  it.live("where closing cuts it off", () =>
    Effect.gen(function* () {
      const never = sinkOf(() => Effect.never)
      assert.deepStrictEqual(yield* concluded(never, 2, { closeWithin: 10 }), {
        ...of,
        "trackmap.batch.messages": 2,
        "trackmap.batch.expired": 2,
        "error.type": "expired",
        error: ["MessagesLost: 2 of 2 messages were lost: 2 expired"]
      })
    })
  )
})
