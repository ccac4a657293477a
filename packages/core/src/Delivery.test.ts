import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { collector } from "../test/tracker.ts"
import { Delivery, EventSink, Message, Observer, Pii, Plan, Receipt, SendError, TrackedEvent } from "./index.ts"

const stored = (id: string, more: Partial<Delivery.Stored["envelope"]> = {}): Delivery.Stored => ({
  at: 0,
  envelope: {
    format: 1,
    message: {
      type: "track",
      event: "orderPlaced",
      properties: { Order_id: 357 },
      messageId: id,
      timestamp: "2026-01-01T00:00:00.000Z"
    },
    purposes: [],
    consent: "all",
    personal: [],
    violations: [],
    ...more
  }
})
const all = (count: number) => Array.from({ length: count }, (_, i) => stored(`m${i}`))
const tags = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
const unavailable = new SendError.Unavailable({ reason: "status 503" })
const misconfigured = new SendError.Misconfigured({ reason: "status 401" })

/** A sink whose answer to each attempt is given. The last one applies to all further attempts. */
const answering = (
  ...answers: ReadonlyArray<(batch: EventSink.Batch) => ReturnType<EventSink.Send>>
): { readonly sink: EventSink.EventSink; readonly batches: Array<ReadonlyArray<string>> } => {
  const batches: Array<ReadonlyArray<string>> = []
  return {
    batches,
    sink: EventSink.make({
      name: "test",
      send: (batch) =>
        Effect.suspend(() => {
          batches.push(batch.map(({ messageId }) => messageId))
          return answers[Math.min(batches.length, answers.length) - 1]!(batch)
        })
    })
  }
}
const accepts = (batch: EventSink.Batch) => Effect.succeed(batch.all(Receipt.delivered))
const down = () => Effect.fail(unavailable)
const wrongKey = () => Effect.fail(misconfigured)

const deliver = (sink: EventSink.EventSink, messages: ReadonlyArray<Delivery.Stored>, options?: Delivery.Options) =>
  Effect.flatMap(Delivery.make(sink, options), ({ sinks }) => sinks[0]!.deliver(messages))

const lines: Array<string> = []
const logged = Logger.layer([
  Logger.make<unknown, void>(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
])
const log = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    lines.length = 0
    return Effect.provide(effect, logged)
  })

describe("a delivery of stored messages", () => {
  it.effect("gives each message a receipt, in batches within the sink's limits", () =>
    Effect.gen(function* () {
      const { batches, sink } = collector("memory", { messages: 4 })
      const receipts = yield* deliver(sink, all(10))
      assert.deepStrictEqual(
        batches.map(({ length }) => length),
        [4, 4, 2]
      )
      assert.deepStrictEqual(
        receipts.map(({ messageId }) => messageId),
        all(10).map(({ envelope }) => envelope.message.messageId)
      )
      assert.deepStrictEqual(yield* deliver(sink, []), [])
    })
  )

  it.effect("keeps sinks apart, each with its name, its limits and its concurrency", () =>
    Effect.gen(function* () {
      const slow = EventSink.make({ name: "slow", send: () => Effect.never }).pipe(
        EventSink.buffered({ concurrency: 3 })
      )
      const { sink } = collector("memory", { messages: 4 })
      const { sinks } = yield* Delivery.make(EventSink.fanOut(slow, sink))
      assert.deepStrictEqual(
        sinks.map((one) => [one.sink, one.limits.messages, one.concurrency]),
        [
          ["slow", 100, 3],
          ["memory", 4, 1]
        ]
      )
      yield* Effect.forkScoped(sinks[0]!.deliver(all(1)))
      assert.deepStrictEqual(tags(yield* sinks[1]!.deliver(all(1))), ["Delivered"])
    })
  )

  it.effect("waits for a destination that is unavailable for a day, and logs the outage once", () =>
    Effect.gen(function* () {
      let isDown = true
      const { batches, sink } = answering((batch) => (isDown ? down() : accepts(batch)))
      const { sinks } = yield* Delivery.make(EventSink.retried(sink, { limit: "10 seconds" }))
      const delivering = yield* Effect.forkScoped(sinks[0]!.deliver(all(3)))
      yield* TestClock.adjust("1 day")
      assert.strictEqual(sinks[0]!.outage, "status 503")
      assert.isAbove(batches.length, 2_000)
      assert.deepStrictEqual(lines, ["Warn test: status 503; its messages wait and will be retried"])
      isDown = false
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(tags(yield* Fiber.join(delivering)), ["Delivered", "Delivered", "Delivered"])
      assert.isUndefined(sinks[0]!.outage)
      assert.deepStrictEqual(lines.slice(1), ["Info test: it accepts messages again"])
    }).pipe(log)
  )

  it.effect("logs a destination that fails again and again at most once a minute", () =>
    Effect.gen(function* () {
      const { batches, sink } = answering((batch) => (batches.length % 2 === 1 ? down() : accepts(batch)))
      const { sinks } = yield* Delivery.make(sink)
      for (let i = 0; i < 5; i++) {
        const delivering = yield* Effect.forkScoped(sinks[0]!.deliver(all(1)))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(delivering)
      }
      assert.lengthOf(lines, 2)
    }).pipe(log)
  )

  it.effect("waits while the destination refuses the sink's key, and logs it as an error", () =>
    Effect.gen(function* () {
      const { sink } = answering(down, wrongKey, wrongKey, accepts)
      const delivering = yield* Effect.forkScoped(deliver(sink, all(2)))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(tags(yield* Fiber.join(delivering)), ["Delivered", "Delivered"])
      assert.deepStrictEqual(lines, [
        "Warn test: status 503; its messages wait and will be retried",
        "Error test: status 401; its messages wait until you fix its key or address",
        "Info test: it accepts messages again"
      ])
    }).pipe(log)
  )

  it.effect("goes on after the end of the sink's own schedule, and waits as long as the destination requests", () =>
    Effect.gen(function* () {
      const wait = new SendError.Unavailable({ reason: "status 429", retryAfter: 3_600_000 })
      const { batches, sink } = answering(down, down, () => Effect.fail(wait), accepts)
      const own = EventSink.retried(sink, { schedule: Schedule.upTo(Schedule.spaced("1 hour"), { times: 1 }) })
      const delivering = yield* Effect.forkScoped(deliver(own, all(1)))
      yield* TestClock.adjust("5 minutes")
      assert.lengthOf(batches, 3)
      yield* TestClock.adjust("50 minutes")
      assert.lengthOf(batches, 3)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(tags(yield* Fiber.join(delivering)), ["Delivered"])
    }).pipe(log)
  )

  it.effect("returns the refusal of a message for its own sake, and delivers the others", () =>
    Effect.gen(function* () {
      const { sink } = answering((batch) =>
        batch.messages.some(({ messageId }) => messageId === "m2")
          ? Effect.fail(new SendError.Refused({ reason: "status 400" }))
          : accepts(batch)
      )
      const receipts = yield* deliver(sink, all(4))
      assert.deepStrictEqual(tags(receipts), ["Delivered", "Delivered", "Rejected", "Delivered"])
      assert.deepStrictEqual(lines, ["Warn test: a message was refused (rejected: status 400): orderPlaced"])
    }).pipe(log)
  )

  it.effect("sends only the messages again that have no outcome", () =>
    Effect.gen(function* () {
      const { batches, sink } = answering(
        (batch) =>
          Effect.succeed(
            batch.map(({ messageId }) =>
              messageId === "m1" ? Receipt.expired("the session ended") : Receipt.delivered
            )
          ),
        accepts
      )
      const delivering = yield* Effect.forkScoped(deliver(sink, all(3)))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(tags(yield* Fiber.join(delivering)), ["Delivered", "Delivered", "Delivered"])
      assert.deepStrictEqual(batches, [["m0", "m1", "m2"], ["m1"]])
    }).pipe(log)
  )

  it.effect("waits while a fallback is unavailable, or its key is refused", () =>
    Effect.gen(function* () {
      const { sink: second } = answering(down, wrongKey, accepts)
      const first = EventSink.make({ name: "first", send: down })
      const delivering = yield* Effect.forkScoped(deliver(EventSink.orElse(first, second), all(2)))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(tags(yield* Fiber.join(delivering)), ["Delivered", "Delivered"])
    }).pipe(log)
  )

  it.effect("waits while a combinator fails", () =>
    Effect.gen(function* () {
      let fails = true
      const tripPolicy: CircuitBreaker.TripPolicy = {
        _tag: "Consecutive",
        get failures() {
          if (fails) throw new TypeError("the store of the breaker is gone")
          return 5
        }
      }
      const { sink } = answering(down, accepts)
      const { sinks } = yield* Delivery.make(EventSink.circuitBroken(sink, { tripPolicy, openDuration: "1 second" }))
      const delivering = yield* Effect.forkScoped(sinks[0]!.deliver(all(1)))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(sinks[0]!.outage, "a combinator of the sink failed")
      fails = false
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(tags(yield* Fiber.join(delivering)), ["Delivered"])
    }).pipe(log)
  )

  it.effect("leaves no trace of an interrupted call: no receipt, no tap, no dead letter", () =>
    Effect.gen(function* () {
      const letters = collector("letters")
      const taps: Array<string> = []
      const sink = EventSink.make({ name: "down", send: down }).pipe(
        EventSink.deadLetter(letters.sink),
        EventSink.tap(({ messageId }) => void taps.push(messageId))
      )
      const deliveries = yield* Delivery.make(sink)
      const receipts: Array<Receipt.Receipt> = []
      yield* Effect.forkScoped(Stream.runForEach(deliveries.receipts, (one) => Effect.sync(() => receipts.push(one))))
      const delivering = yield* Effect.forkScoped(deliveries.sinks[0]!.deliver(all(3)))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual((yield* deliveries.metrics)[0]?.buffered, 3)
      assert.deepStrictEqual((yield* deliveries.metrics)[0]?.oldest, 60_000)
      yield* Fiber.interrupt(delivering)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([receipts, taps, letters.messages], [[], [], []])
      assert.deepStrictEqual((yield* deliveries.metrics)[0]?.buffered, 0)
    }).pipe(log)
  )

  it.effect("waits for the taps and the dead letters of refused messages", () =>
    Effect.gen(function* () {
      const letters = collector("letters")
      const taps: Array<string> = []
      const sink = answering((batch) => Effect.succeed(batch.all(Receipt.rejected("too old")))).sink.pipe(
        EventSink.deadLetter(letters.sink),
        EventSink.tap(({ messageId }, { outcome }) => void taps.push(`${messageId} ${outcome._tag}`))
      )
      yield* deliver(sink, all(2))
      assert.deepStrictEqual(taps, ["m0 Rejected", "m1 Rejected"])
      assert.lengthOf(letters.messages, 2)
    }).pipe(log)
  )

  it.effect("asks an envelope's own consent, for its event's purposes and for the sink's", () =>
    Effect.gen(function* () {
      const memory = collector()
      const receipts = yield* deliver(EventSink.consented(memory.sink, "analytics"), [
        stored("none", { consent: [] }),
        stored("sink", { consent: ["analytics"] }),
        stored("event", { consent: ["analytics"], purposes: ["ads"] }),
        stored("both", { consent: ["analytics", "ads"], purposes: ["ads"] })
      ])
      assert.deepStrictEqual(tags(receipts), ["Skipped", "Delivered", "Skipped", "Delivered"])
      assert.deepStrictEqual(receipts[2]?.outcome, Receipt.skipped("no consent to ads"))
      assert.deepStrictEqual(
        memory.messages.map(({ messageId }) => messageId),
        ["sink", "both"]
      )
    })
  )

  it.effect("hides personal data by an envelope's own paths, and by today's plan", () =>
    Effect.gen(function* () {
      const memory = collector()
      const plan = Plan.make(
        TrackedEvent.make("orderPlaced", {
          properties: { Order_id: Schema.Int, note: Schema.optionalKey(Pii.personal(Schema.String)) }
        })
      )
      const message = {
        ...(stored("m").envelope.message as Message.Track),
        properties: { Order_id: 357, name: "Mario", note: "call him" }
      }
      const receipts = yield* deliver(
        EventSink.redact(memory.sink, "drop"),
        [stored("m", { message, personal: ["/properties/name"] })],
        { plan }
      )
      assert.deepStrictEqual(tags(receipts), ["Delivered"])
      assert.deepStrictEqual(
        memory.messages.map((one) => (one as Message.Track).properties),
        [{ Order_id: 357 }]
      )
    })
  )

  it.effect("notifies observers of each attempt and receipt, and counts as a tracker does", () =>
    Effect.gen(function* () {
      const { sink } = answering(down, accepts)
      const deliveries = yield* Delivery.make(EventSink.map(sink, (message) => ({ ...message, anonymousId: "a" })))
      const seen: Array<string> = []
      const observer: Observer.Observer = {
        observe: ({ event, type }) => ({
          resolved: () => {},
          tracked: ({ messageId }) => void seen.push(`${type} ${String(event)} ${messageId}`),
          sent: ({ messages, result }) => void seen.push(`${messages} ${result._tag}`),
          received: ({ attempts, outcome }) => void seen.push(`${outcome._tag} ${attempts}`)
        })
      }
      yield* deliveries.observe(observer)
      const delivering = yield* Effect.forkScoped(deliveries.sinks[0]!.deliver(all(1)))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(delivering)
      assert.deepStrictEqual(seen, ["track undefined m0", "1 Unavailable", "1 Delivered", "Delivered 2"])
      const [metrics] = yield* deliveries.metrics
      assert.deepStrictEqual([metrics?.delivered, metrics?.attempts, metrics?.buffered], [1, 2, 0])
      const snapshot = yield* Metric.snapshot
      const counted = snapshot.find(
        ({ attributes, id }) => id === "trackmap.messages" && attributes?.["trackmap.sink"] === "test"
      )
      assert.deepStrictEqual((counted?.state as { readonly count: number } | undefined)?.count, 1)
    }).pipe(log, Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("an observer hears no more of an interrupted call", () =>
    Effect.gen(function* () {
      const { sink } = answering(() => Effect.never, accepts)
      const deliveries = yield* Delivery.make(sink)
      const seen: Array<string> = []
      yield* deliveries.observe({
        observe: () => ({
          resolved: () => {},
          tracked: () => void seen.push("tracked"),
          sent: () => void seen.push("sent"),
          received: () => void seen.push("received")
        })
      })
      const delivering = yield* Effect.forkScoped(deliveries.sinks[0]!.deliver(all(1)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(delivering)
      yield* deliveries.sinks[0]!.deliver(all(1))
      assert.deepStrictEqual(seen, ["tracked", "tracked", "sent", "received"])
    })
  )

  it.effect("passes the errors of a sink to onError", () =>
    Effect.gen(function* () {
      const causes: Array<unknown> = []
      const sink = EventSink.make({
        name: "test",
        send: (batch) =>
          causes.length === 0 ? Promise.reject(new Error("no socket")) : Promise.resolve(batch.all(Receipt.delivered))
      })
      const delivering = yield* Effect.forkScoped(
        deliver(sink, all(1), { onError: ({ cause }) => void causes.push(cause) })
      )
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(delivering)
      assert.deepStrictEqual(causes, [new Error("no socket")])
    }).pipe(log)
  )

  it.effect("fails with the error of a sink that cannot open, and refuses a misspelt option", () =>
    Effect.gen(function* () {
      const sink = EventSink.make({ name: "test", open: () => Effect.fail(misconfigured) })
      const failed = yield* Effect.exit(Delivery.make(sink))
      assert.strictEqual(failed._tag === "Failure" ? Cause.pretty(failed.cause).includes("test: status 401") : "", true)
      const exit = yield* Effect.exit(Delivery.make(collector().sink, { plann: undefined, onEror: 1 } as never))
      assert.include(
        exit._tag === "Failure" ? String(Cause.squash(exit.cause)) : "",
        'it has no option "onEror": did you mean onError?'
      )
    })
  )
})
