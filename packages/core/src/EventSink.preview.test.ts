import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { EventSink, HttpSink, type Message, Pii, Plan, Receipt, TrackedEvent } from "./index.ts"
import { refusal } from "../test/refusal.ts"

const plan = Plan.make(
  TrackedEvent.make("signedUp", { properties: { email: Pii.personal(Schema.String), plan_name: Schema.String } }),
  TrackedEvent.make("orderPlaced", { properties: { total: Schema.Int, planName: Schema.String } })
).pipe(Plan.calls({ identify: { email: Pii.personal(Schema.String) } }))

const common = (id: number) => ({ messageId: `m${id}`, timestamp: "2026-01-01T00:00:00.000Z" })

// -----------------------------------------------------------------------------
// generated messages and sinks
// -----------------------------------------------------------------------------

const text = fc.constantFrom("ada@example.com", "pro", "")
const body: fc.Arbitrary<Record<string, Schema.Json>> = fc.record(
  { email: text, plan_name: text, planName: text, total: fc.nat({ max: 3 }) },
  { requiredKeys: [] }
)
const oneMessage = fc
  .tuple(fc.constantFrom("signedUp", "orderPlaced", "unplanned", "identify", "alias"), body, text)
  .map(([what, values, userId]) => (id: number): Message.Message => {
    if (what === "alias") return { type: "alias", previousId: "p", userId, ...common(id) }
    if (what === "identify") return { type: "identify", traits: values, userId, ...common(id) }
    return { type: "track", event: what, properties: values, userId, ...common(id) }
  })
const messages = fc.array(oneMessage, { maxLength: 6 }).map((all) => all.map((one, id) => one(id)))

type Step = (sink: EventSink.EventSink) => EventSink.EventSink

/** Steps that decide what a sink gets, and steps that only decide how it is sent. */
const step: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  EventSink.filter((message) => message.type === "track"),
  EventSink.filter((message) => message.messageId !== "m0"),
  EventSink.filter(() => {
    throw new Error("no")
  }),
  EventSink.map((message) => ({ ...message, context: { locale: "en", ip: "::1" } })),
  EventSink.rename({ signedUp: "Signed up" }),
  EventSink.recase("snake_case"),
  EventSink.recase({ keys: "Title Case" }),
  EventSink.sample(0.5),
  EventSink.redact("drop"),
  EventSink.redact({ mask: "***" }),
  EventSink.redact({ hash: Redacted.make("key") }),
  EventSink.consented("analytics"),
  EventSink.batched({ messages: 2 }),
  EventSink.buffered({ capacity: 5 }),
  EventSink.retried(),
  EventSink.rateLimited({ limit: 1_000, window: "1 second" }),
  EventSink.circuitBroken({ tripPolicy: { _tag: "Consecutive", failures: 3 }, openDuration: 1_000 }),
  EventSink.mapReceipt((receipt) => receipt)
)

const leaf = fc.record({
  steps: fc.array(step, { maxLength: 4 }),
  limit: fc.constantFrom(undefined, 150),
  encodes: fc.boolean(),
  hasFallback: fc.boolean(),
  hasLetters: fc.boolean()
})
const leaves = fc.array(leaf, { minLength: 1, maxLength: 3 })
type Leaf = typeof leaf extends fc.Arbitrary<infer A> ? A : never

/** Refuses some messages when they are accepted, as a vendor's limits do. */
const encode: EventSink.Encode = (message) =>
  message.messageId === "m1" ? Receipt.rejected("too odd") : message.messageId === "m2" ? undefined : "{}"

const build = (
  given: ReadonlyArray<Leaf>,
  leafOf: (options: Omit<Parameters<typeof EventSink.make>[0], "open" | "send">) => EventSink.EventSink
): EventSink.EventSink =>
  EventSink.fanOut(
    ...given.map(({ encodes, hasFallback, hasLetters, limit, steps }, index) => {
      const options = { name: `s${index}`, ...(limit !== undefined && { limits: { messageBytes: limit } }) }
      const own = leafOf(encodes ? { ...options, encode } : options)
      const [first, ...others] = steps
      const started = first === undefined ? own : first(own)
      const saved = hasFallback ? EventSink.orElse(started, leafOf({ name: "fallback" })) : started
      const kept = hasLetters ? EventSink.deadLetter(saved, leafOf({ name: "letters" })) : saved
      return others.reduce((sink, next) => next(sink), kept)
    })
  )

const consent = fc.constantFrom<"all" | ReadonlySet<string>>("all", new Set(["analytics"]), new Set<string>())

describe("preview", () => {
  it.effect("says what real sinks receive, and opens none of them", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(leaves, messages, consent, async (given, all, consent) => {
          const received = new Map<string, Array<Message.Message>>()
          const real = build(given, (options) =>
            EventSink.make({
              ...options,
              send: (batch) => {
                const known = received.get(options.name) ?? []
                received.set(options.name, [...known, ...batch])
                return Promise.resolve(batch.all(Receipt.delivered))
              }
            })
          )
          const closed = build(given, (options) =>
            EventSink.make({ ...options, open: () => Effect.die("a preview opens nothing") })
          )
          const options = { plan, consent }
          const receipts = await Effect.runPromise(Effect.scoped(EventSink.deliver(real, all, options)))
          const previews = await Effect.runPromise(EventSink.preview(closed, all, options))
          assert.deepStrictEqual(
            previews.map(({ messageId, outcome, sink }) => [sink, messageId, outcome]),
            receipts.map(({ messageId, outcome, sink }) => [sink, messageId, outcome])
          )
          for (const name of real.names) {
            const expected = received.get(name) ?? []
            const seen = previews.filter(({ message, sink }) => sink === name && message !== undefined)
            assert.deepStrictEqual(
              seen.map(({ message }) => message),
              expected
            )
          }
        }),
        { numRuns: 200 }
      )
    )
  )

  const [message] = [
    { type: "track", event: "orderPlaced", properties: { total: 1, planName: "pro" }, ...common(0) }
  ] as const satisfies ReadonlyArray<Message.Message>
  const records = (message: Message.Message) => [{ to: "POST /a", record: message.messageId }]
  const unopened = { name: "vendor", open: () => Effect.die("a preview opens nothing") }

  it.effect("returns the records of requests", () =>
    Effect.gen(function* () {
      const [one] = yield* EventSink.preview(EventSink.make({ ...unopened, records }), [message])
      assert.deepStrictEqual(one?.records, [{ to: "POST /a", record: "m0" }])
    })
  )

  it.effect("says that a sink without a record for a message skips it", () =>
    Effect.gen(function* () {
      const reject = () => "no totals"
      const sink = HttpSink.make({ name: "http", url: "https://example.com", reject })
      const [one] = yield* EventSink.preview(sink, [message])
      assert.deepStrictEqual(one, {
        messageId: "m0",
        sink: "http",
        outcome: Receipt.skipped("the sink has no record for it"),
        records: []
      })
    })
  )

  it.effect("says that a message goes although its records are not known yet", () =>
    Effect.gen(function* () {
      const [one] = yield* EventSink.preview(EventSink.make({ ...unopened, records: () => [] }), [message])
      assert.deepStrictEqual([one?.outcome, one?.records], [Receipt.delivered, []])
    })
  )

  it.effect("says that a message goes although its records cannot be shown", () =>
    Effect.gen(function* () {
      const broken = () => {
        throw new Error("no")
      }
      const [one] = yield* EventSink.preview(EventSink.make({ ...unopened, records: broken }), [message])
      assert.deepStrictEqual([one?.outcome, one?.message, one?.records], [Receipt.delivered, message, []])
    })
  )

  it.effect("does not run taps, and opens no sink that accepts", () =>
    Effect.gen(function* () {
      const sink = EventSink.accepting(unopened).pipe(EventSink.tap(() => assert.fail("a tap ran")))
      const [one] = yield* EventSink.preview(sink, [message])
      assert.deepStrictEqual(one?.message, message)
    })
  )

  it("refuses options that it does not know", () => {
    const reason = refusal(() => EventSink.preview(EventSink.make(unopened), [], { paln: plan } as never))
    assert.include(String(reason), "paln")
  })
})
