import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import {
  Actor,
  Aggregate,
  Entity,
  Envelope,
  EventSink,
  Message,
  Pii,
  Plan,
  Receipt,
  SendError,
  TrackedEvent,
  Tracker
} from "../src/index.ts"
import { collector, outcomes, quiet } from "../test/tracker.ts"

const email = "peach@toadtown.example"
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, note: Pii.personal(Schema.String) } })
const Order = Entity.make("Order", {
  key: "id",
  attributes: { id: Schema.Int, email: Pii.personal(Schema.String) }
}).pipe(
  Entity.many(
    "lines",
    Line,
    (row: { readonly lines: ReadonlyArray<{ id: number; note: string }> }) => row.lines,
    Aggregate.list({ max: 10 })
  )
)
const Placed = TrackedEvent.make("placed", { entities: { order: Order }, purposes: ["analytics"] })
const plan = Plan.make(Placed)
const input = { order: { id: 1, email, lines: [{ id: 2, note: email }] } }

/** A sink of dead letters that keeps the envelopes. */
const keeper = () => {
  const envelopes: Array<Envelope.Envelope> = []
  const sink = EventSink.make({
    name: "letters",
    send: (batch) => Effect.sync(() => (envelopes.push(...batch.envelopes), batch.all(Receipt.delivered)))
  })
  return { envelopes, sink }
}

const vendor = (name = "vendor") => {
  const kept = collector(name)
  let isWell = false
  return {
    kept,
    recover: () => void (isWell = true),
    sink: EventSink.make({
      name,
      send: (batch) =>
        Effect.suspend(() => {
          if (!isWell) return Effect.fail(new SendError.Unavailable({ reason: "down" }))
          kept.batches.push(batch.messages)
          return Effect.succeed(batch.all(Receipt.delivered))
        })
    })
  }
}

const consenting = Actor.as({ userId: "u", consent: new Set(["analytics"]) })

/** Tracks an order, and gives its dead letter. */
const letterOf = (sink: EventSink.EventSink, options: Tracker.Options = { plan }) =>
  Effect.gen(function* () {
    const letters = keeper()
    yield* Effect.provide(
      consenting(Tracker.track(Placed, input)),
      Tracker.layer(EventSink.deadLetter(sink, letters.sink), options)
    )
    return letters.envelopes
  }).pipe(Effect.provide(quiet))

const sent = (
  message: Message.Message | Envelope.Envelope,
  sink: EventSink.EventSink,
  options: Tracker.Options = { plan }
) =>
  Effect.gen(function* () {
    const call = yield* Tracker.send(message)
    yield* TestClock.adjust("1 second")
    return yield* call.receipts
  }).pipe(Effect.provide(Tracker.layer(sink, options)), Effect.provide(quiet))

const json = (value: unknown): string => JSON.stringify(value)

describe("an envelope", () => {
  it.effect("says all that is known of a dead letter", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      const [{ message, ...rest }] = (yield* letterOf(vendor().sink)) as [Envelope.Envelope]
      assert.strictEqual((message as Message.Track).properties["Order_email"], email)
      assert.deepStrictEqual(rest, {
        format: 1,
        purposes: ["analytics"],
        consent: ["analytics"],
        personal: ["/properties/Order_email", "/properties/Order_lines/Line_note"],
        violations: [],
        plan: Plan.version(plan),
        letter: { sink: "vendor", outcome: Receipt.expired("down"), attempts: 1, at: 60_000 }
      })
    })
  )

  it.effect("has no personal data behind a sink that redacts, and is hashed once", () =>
    Effect.gen(function* () {
      const [dropped] = yield* letterOf(vendor().sink.pipe(EventSink.redact("drop")))
      assert.notInclude(json(dropped), email)
      assert.deepStrictEqual(dropped!.personal, [])
      const hash = EventSink.redact({ hash: Redacted.make("key") })
      const first = vendor()
      const [hashed] = yield* letterOf(first.sink.pipe(hash))
      assert.notInclude(json(hashed), email)
      assert.isTrue(hashed!.hashed)
      first.recover()
      yield* sent(Envelope.fromJson(Envelope.toJson(hashed!)), first.sink.pipe(hash))
      assert.deepStrictEqual(first.kept.messages, [hashed!.message])
    })
  )

  it.effect("goes again by its own marks, without a plan, and by those of today's definition too", () =>
    Effect.gen(function* () {
      const [letter] = yield* letterOf(vendor().sink)
      const bare = vendor()
      bare.recover()
      yield* sent(letter!, bare.sink.pipe(EventSink.redact("drop")), {})
      const { Order_id, Order_lines, ...rest } = (bare.kept.messages[0] as Message.Track).properties
      assert.deepStrictEqual([Order_id, Order_lines], [1, [{ Line_id: 2 }]])
      assert.notInclude(json(rest), email)
      const unmarked = vendor()
      unmarked.recover()
      yield* sent({ ...letter!, personal: [] }, unmarked.sink.pipe(EventSink.redact("drop")))
      assert.notInclude(json(unmarked.kept.messages), email)
      const unknown = vendor()
      unknown.recover()
      const receipts = yield* sent(
        { ...letter!, personal: ["/properties"] },
        unknown.sink.pipe(EventSink.redact("drop")),
        {}
      )
      assert.deepStrictEqual(outcomes(receipts), ["Rejected"])
    })
  )

  it.effect("goes only to the sink that lost it, and to every sink if none has its name", () =>
    Effect.gen(function* () {
      const [letter] = yield* letterOf(vendor("a").sink)
      const [a, b] = [vendor("a"), vendor("b")]
      a.recover()
      b.recover()
      const both = EventSink.fanOut(a.sink, b.sink)
      const receipts = yield* sent(letter!, both)
      assert.deepStrictEqual(outcomes(receipts), ["Delivered", "Skipped"])
      assert.strictEqual(receipts[0]!.messageId, letter!.message.messageId)
      const renamed = yield* sent({ ...letter!, letter: { ...letter!.letter!, sink: "c" } }, both)
      assert.deepStrictEqual(outcomes(renamed), ["Delivered", "Delivered"])
    })
  )

  it.effect("has the consent that was given, and no other, whoever sends it", () =>
    Effect.gen(function* () {
      const [letter] = yield* letterOf(vendor().sink)
      const well = collector("vendor")
      const all = Actor.as({ userId: "u", consent: new Set(["analytics", "ads"]) })
      const none = Actor.as({ userId: "u", consent: new Set<string>() })
      const ads = well.sink.pipe(EventSink.consented("ads"))
      assert.deepStrictEqual(outcomes(yield* all(sent(letter!, ads))), ["Skipped"])
      assert.deepStrictEqual(outcomes(yield* none(sent(letter!, well.sink))), ["Delivered"])
      assert.deepStrictEqual(outcomes(yield* all(sent({ ...letter!, consent: [] }, well.sink))), ["Skipped"])
    })
  )

  it.effect("releases nothing that waits for its actor's consent, as its own consent may be over", () =>
    Effect.gen(function* () {
      const [letter] = yield* letterOf(vendor().sink)
      const well = collector("vendor")
      yield* Effect.gen(function* () {
        yield* Actor.as({ userId: "u", consent: new Set<string>() })(Tracker.track(Placed, input))
        yield* Tracker.send(letter!)
        yield* TestClock.adjust("1 second")
        assert.lengthOf(well.messages, 1)
      }).pipe(Effect.provide(Tracker.layer(well.sink, { plan, withoutConsent: { hold: 9 } })))
    })
  )

  it.effect("is refused where it cannot be read, with what to do", () =>
    Effect.gen(function* () {
      const [letter] = yield* letterOf(vendor().sink)
      const reasonOf = (text: string) => {
        try {
          Envelope.fromJson(text)
          return undefined
        } catch (error) {
          assert.instanceOf(error, Envelope.EnvelopeError)
          return (error as Envelope.EnvelopeError).message
        }
      }
      assert.isUndefined(reasonOf(Envelope.toJson(letter!)))
      assert.strictEqual(
        reasonOf(json({ ...letter, format: 3 })),
        "the envelope has format 3, and this version of @trackmap/core reads formats up to 2: update @trackmap/core and @trackmap/node where you read it"
      )
      assert.strictEqual(
        reasonOf(json({ ...letter, message: { ...letter!.message, event: { email } } })),
        'it is not an envelope of format 1 at "message.event": pass one exactly as written'
      )
      assert.include(reasonOf(json({ ...letter, format: 0 })), "not an envelope of format 1")
      assert.strictEqual(reasonOf("null"), "an envelope is an object with a format, not null")
      assert.include(reasonOf(Envelope.toJson(letter!).slice(0, 40)), "the text is not JSON")
      const error = yield* Effect.flip(sent({ ...letter!, format: 3 } as never, collector().sink))
      assert.strictEqual(error._tag, "EnvelopeError")
    })
  )

  it("survives JSON, whatever its message says", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 8 })
    const values = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Schema.Json>, { maxKeys: 4 })
    const envelopes = fc.record(
      {
        format: fc.constant(1 as const),
        message: fc.record({
          type: fc.constant("track" as const),
          event: text,
          properties: values,
          messageId: text,
          timestamp: text,
          context: values
        }),
        purposes: fc.array(text, { maxLength: 2 }),
        consent: fc.oneof(fc.constant("all" as const), fc.array(text, { maxLength: 2 })),
        personal: fc.array(text, { maxLength: 2 }),
        violations: fc.array(fc.record({ path: text, expected: text, actual: text }), { maxLength: 2 }),
        plan: text,
        hashed: fc.constant(true as const),
        letter: fc.record({
          sink: text,
          outcome: text.map(Receipt.rejected),
          attempts: fc.nat(),
          at: fc.nat()
        })
      },
      { requiredKeys: ["format", "message", "purposes", "consent", "personal", "violations"] }
    )
    fc.assert(
      fc.property(envelopes, (envelope) => {
        const line = Envelope.toJson(envelope)
        assert.notInclude(line, "\n")
        assert.deepStrictEqual(Envelope.fromJson(line), JSON.parse(json(envelope)))
      }),
      { numRuns: 200 }
    )
  })
})

describe("the text of an envelope", () => {
  const common = { messageId: "m", timestamp: "2026-01-01T00:00:00.000Z", userId: "u" }
  const messages: ReadonlyArray<Message.Message> = [
    { ...common, type: "track", event: "orderPlaced", properties: { a: 1 }, context: { b: [true] } },
    { ...common, type: "identify", traits: { a: null } },
    { ...common, type: "group", groupId: "g", traits: {} },
    { ...common, type: "alias", previousId: "p" },
    { ...common, type: "page", name: "n", category: "c", properties: {} },
    { ...common, type: "screen", properties: {}, integrations: { All: false } }
  ]
  /** One key of an envelope, or of its message, with another value, or with none. */
  const change = fc.record({
    message: fc.nat({ max: messages.length - 1 }),
    inMessage: fc.boolean(),
    key: fc.oneof(
      fc.constantFrom("format", "message", "purposes", "consent", "personal", "violations", "plan", "letter", "other"),
      fc.constantFrom("type", "event", "properties", "traits", "groupId", "name", "context", "integrations", "userId")
    ),
    value: fc.option(
      fc.oneof(
        fc.jsonValue({ maxDepth: 1 }),
        fc.constantFrom<Array<Schema.Json>>(1, "all", "track", "page", [], ["a"], [1], {}, { a: 1 }, { a: true })
      ),
      { nil: undefined }
    )
  })

  it("is read as its value is, whatever is wrong with it", () =>
    fc.assert(
      fc.property(change, ({ inMessage, key, message, value }) => {
        const own = { ...messages[message]!, ...(inMessage && { [key]: value }) }
        const envelope = { format: 1, message: own, purposes: [], consent: "all", personal: [], violations: [] }
        const text = JSON.stringify(inMessage ? envelope : { ...envelope, [key]: value })
        const decoded = Envelope.decodeUnknownResult(JSON.parse(text))
        if (Result.isSuccess(decoded)) assert.deepStrictEqual(Envelope.fromJson(text), decoded.success)
        else assert.throws(() => Envelope.fromJson(text), decoded.failure.message)
      }),
      { numRuns: 2_000 }
    ))
})

describe("a bare message that is sent", () => {
  it.effect("needs the purposes of the plan's event, and has the consent of the current actor, or none", () =>
    Effect.gen(function* () {
      const [{ message }] = (yield* letterOf(vendor().sink)) as [Envelope.Envelope]
      const well = collector("vendor")
      assert.deepStrictEqual(outcomes(yield* sent(message, well.sink)), ["Skipped"])
      assert.deepStrictEqual(outcomes(yield* consenting(sent(message, well.sink))), ["Delivered"])
      assert.deepStrictEqual(outcomes(yield* sent(message, well.sink, {})), ["Delivered"])
      assert.deepStrictEqual(outcomes(yield* sent(message, well.sink.pipe(EventSink.consented("ads")), {})), [
        "Skipped"
      ])
    })
  )
})

describe("the version of a plan", () => {
  it.effect("is in the context of every message that is tracked by it, unless the call says something else there", () =>
    Effect.gen(function* () {
      const kept = collector()
      yield* Effect.gen(function* () {
        yield* Tracker.track(Placed, input)
        yield* Tracker.identify({})
        yield* Tracker.identify({}, { context: { trackingPlan: "gold" } })
      }).pipe(Actor.as({ userId: "u", consent: "all" }), Effect.provide(Tracker.layer(kept.sink, { plan })))
      const trackingPlan = { version: Plan.version(plan) }
      assert.deepStrictEqual(
        kept.messages.map(({ context }) => context),
        [{ trackingPlan }, { trackingPlan }, { trackingPlan: "gold" }]
      )
    })
  )

  const make = (attributes: Record<string, Schema.Codec<any, any>>, ...names: ReadonlyArray<string>) => {
    const Thing = Entity.make("Thing", {
      key: "id",
      attributes: { id: Schema.Int, ...attributes } as { id: typeof Schema.Int }
    })
    return Plan.version(Plan.make(...names.map((name) => TrackedEvent.make(name, { entities: { thing: Thing } }))))
  }

  it("is short, and the same whatever the order of definitions", () => {
    assert.match(Plan.version(plan), /^[0-9a-f]{16}$/)
    assert.strictEqual(
      make({ a: Schema.String, b: Schema.Finite }, "x", "y"),
      make({ b: Schema.Finite, a: Schema.String }, "y", "x")
    )
  })

  it("changes with a name, a type, and a mark", () => {
    const versions = [
      make({ a: Schema.String }, "x"),
      make({ a: Schema.String }, "y"),
      make({ a: Schema.Finite }, "x"),
      make({ b: Schema.String }, "x"),
      make({ a: Pii.personal(Schema.String) }, "x"),
      make({ a: Schema.Tuple([Schema.String, Schema.Finite]) }, "x"),
      make({ a: Schema.Tuple([Schema.Finite, Schema.String]) }, "x")
    ]
    assert.lengthOf(new Set(versions), versions.length)
  })
})
