import { EventSink, Message, type PropertyLimits } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { Fault, MixpanelServer } from "../../testing/src/index.ts"
import { against, fetched, idsOf, options, outcomesOf, timestamp, token } from "../test/against.ts"
import { Mixpanel } from "./index.ts"

const run = <A, E>(effect: Effect.Effect<A, E, never>): Promise<A> => Effect.runPromise(effect)

const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary" }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 80, maxLength: 400 }) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom("a", "é", "€", "🦆", "\ud83e", '"', "\u0000"), maxLength: 300 })
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "time", "$insert_id", "_truncated", "__proto__", "toJSON", "email", "null")
  }
)
const { json } = fc.letrec<{ json: PropertyLimits.Values[string] }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.oneof(
      fc.array(tie("json"), { maxLength: 5 }),
      fc.dictionary(text, tie("json"), { maxKeys: 5 }),
      fc.integer({ min: 0, max: 400 }).map((length) => Array.from({ length }, (_, index) => index)),
      fc
        .integer({ min: 0, max: 400 })
        .map((length) => Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, index]))),
      fc.tuple(text, fc.integer({ min: 0, max: 300 })).map(([each, length]) => Array.from({ length }, () => each))
    )
  )
}))
const values = fc.oneof(
  { weight: 5, arbitrary: fc.dictionary(text, json, { maxKeys: 8 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 240, max: 300 }), json)
      .map(([length, value]) => Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, value])))
  }
)

const operations = fc.record(
  {
    setOnce: values,
    add: fc.dictionary(text, fc.integer(), { maxKeys: 3 }),
    append: values,
    union: fc.dictionary(text, fc.array(json, { maxLength: 3 }), { maxKeys: 3 }),
    remove: values,
    unset: fc.array(text, { maxLength: 3 }),
    delete: fc.constant(true),
    groupKey: text
  },
  { requiredKeys: [] }
)
const integrations = fc.oneof(
  fc.constant({}),
  fc.record({ Mixpanel: fc.oneof(fc.boolean(), operations, values) })
) as fc.Arbitrary<NonNullable<Message.Message["integrations"]>>

const message = fc
  .record({
    type: fc.constantFrom("track", "identify", "group", "alias", "page", "screen"),
    messageId: fc.oneof(fc.uuid(), text),
    timestamp: fc.oneof(
      { weight: 6, arbitrary: fc.constant(timestamp) },
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      text
    ),
    userId: text,
    anonymousId: text,
    event: text,
    name: text,
    groupId: text,
    previousId: text,
    properties: values,
    traits: values,
    context: fc.record(
      {
        ip: text,
        groupId: text,
        locale: json,
        app: json,
        page: fc.record({ url: text, referrer: json }),
        userAgent: text
      },
      { requiredKeys: [] }
    ),
    integrations
  })
  .map((fields) => fields as unknown as Message.Message)

describe("whatever the messages are", () => {
  for (const whenTooLarge of ["cut", "reject"] as const) {
    it(`there is one answer to each, none is an exception, and the server keeps what is delivered (${whenTooLarge})`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(message, { maxLength: 8 }), (messages) =>
          run(
            Effect.gen(function* () {
              const { outcomes, receipts, rejected, requests, raw, updates } = yield* against([], messages, {
                whenTooLarge
              })
              assert.deepStrictEqual(idsOf(receipts), idsOf(messages))
              for (const outcome of outcomes) assert.oneOf(outcome, ["Delivered", "Rejected", "Skipped"])
              for (const { body, status } of requests) {
                assert.isArray(body)
                assert.strictEqual(status, 200)
              }
              // The server refuses nothing that passes the sink's own checks.
              assert.deepStrictEqual(rejected, [])
              const delivered = messages.filter((_, index) => outcomes[index] === "Delivered")
              const events = delivered.filter(({ type }) => ["track", "page", "screen"].includes(type))
              assert.lengthOf(raw, events.length)
              const profiles = delivered.length - events.length
              assert.isAtLeast(updates.length, profiles)
            }).pipe(Effect.scoped)
          )
        ),
        { numRuns: 100 }
      )
    }, 120_000)
  }

  it("there is one answer to each, and no counter is applied twice, however the server misbehaves", async () => {
    const fault = fc.constantFrom<Fault.Fault>(
      Fault.none,
      Fault.reset("before"),
      Fault.reset("after"),
      Fault.status(503),
      Fault.status(400, { body: {} }),
      Fault.status(413),
      Fault.cut,
      Fault.malformed,
      Fault.errorBody(),
      Fault.partial(() => true)
    )
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 6 }), fc.array(fault, { maxLength: 3 }), (messages, faults) =>
        run(
          Effect.gen(function* () {
            const server = yield* MixpanelServer.make({ token })
            yield* server.misbehave(faults.map((one) => [one, 1] as const))
            const receipts = yield* EventSink.deliver(Mixpanel.sink(options(server.url)), messages)
            assert.deepStrictEqual(idsOf(receipts), idsOf(messages))
            const isCounter = ({ $add, $append }: Fault.Message) => $add !== undefined || $append !== undefined
            const counted = (yield* server.updates).filter(isCounter).map((update) => JSON.stringify(update))
            const asked = messages
              .filter(({ type }) => type === "identify")
              .flatMap(({ integrations }) => {
                const { add = {}, append = {} } = (integrations?.["Mixpanel"] ?? {}) as Mixpanel.ProfileOperations
                return [add, append].filter((operation) => Object.keys(operation).length > 0)
              })
            assert.isAtMost(counted.length, asked.length)
            const delivered = outcomesOf(receipts).filter((outcome) => outcome === "Delivered").length
            assert.isAtMost(delivered, (yield* server.raw).length + (yield* server.updates).length)
          }).pipe(Effect.scoped, fetched)
        )
      ),
      { numRuns: 25 }
    )
  }, 120_000)
})
