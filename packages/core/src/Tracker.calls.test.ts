import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { z } from "zod"
import { collector, pathsOf, Ping, tracked, violationsOf } from "../test/tracker.ts"
import { Actor, Entity, EventSink, Message, Pii, Plan, Receipt, Tracker } from "./index.ts"

/** Makes a call, and gives its message and outcome. */
const made = (
  call: Effect.Effect<Tracker.Tracked, unknown, Tracker.Tracker>,
  options: Tracker.Options = {},
  letters = collector("letters")
) =>
  Effect.gen(function* () {
    const kept = collector()
    const { message, receipts } = yield* tracked(kept.sink.pipe(EventSink.deadLetter(letters.sink)), options, call)
    const [receipt] = yield* receipts
    return { message: message as any, outcome: receipt!.outcome, sent: kept.messages.length, letters: letters.messages }
  })

const at = new Date(0)
const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, since: Schema.Date } })
const plan = Plan.make().pipe(
  Plan.calls({
    identify: {
      email: Pii.personal(Schema.String),
      age: z.int(),
      since: Schema.Date,
      tier: Schema.optionalKey(Schema.Literals(["free", "pro"]))
    },
    group: Buyer,
    page: { position: Schema.Int, note: Schema.optionalKey(Schema.String) },
    screen: { position: Schema.Int }
  })
)

describe("values of a call that the plan declares", () => {
  const wrong = { email: 5, age: "x", since: at, "peach@toadtown.example": 1 } as any
  const paths = ["identify.traits.email", "identify.traits.age", "identify.traits"]

  it.effect("are written by their schemas, and may be left out of traits", () =>
    Effect.gen(function* () {
      for (const since of [at, at.toISOString()]) {
        const { message } = yield* made(Tracker.identify({ since, tier: "pro" } as any), { plan })
        assert.deepStrictEqual(message.traits, { since: at.toISOString(), tier: "pro" })
        assert.deepStrictEqual(pathsOf(message), [])
      }
      const { message } = yield* made(Tracker.identify({ since: "yesterday" }), { plan })
      assert.deepStrictEqual(pathsOf(message), ["identify.traits.since"])
      const row = yield* Entity.values(Buyer, { id: 1, since: at })
      const group = yield* made(Tracker.group("g-1", row), { plan })
      assert.deepStrictEqual(group.message.traits, { Buyer_id: 1, Buyer_since: at.toISOString() })
      assert.deepStrictEqual(pathsOf(group.message), [])
    })
  )

  it.effect("are left out and named where their schemas refuse them, without the names of others", () =>
    Effect.gen(function* () {
      const { message, outcome } = yield* made(Tracker.identify(wrong), { plan })
      assert.deepStrictEqual(message.traits, { since: at.toISOString() })
      assert.deepStrictEqual(violationsOf(message), [
        { path: paths[0]!, expected: "a string", actual: "an integer" },
        { path: paths[1]!, expected: "an integer that its zod schema accepts", actual: "a string of length 1" },
        { path: paths[2]!, expected: "only traits that the plan declares", actual: "1 more" }
      ])
      assert.deepStrictEqual(outcome, Receipt.delivered)
      const group = yield* made(Tracker.group("g-1", { Buyer_id: "x" }), { plan })
      assert.deepStrictEqual(group.message.traits, {})
      assert.deepStrictEqual(pathsOf(group.message), ["group.traits.Buyer_id"])
    })
  )

  it.effect("have to be there on a page and a screen, unless they are optional", () =>
    Effect.gen(function* () {
      const page = yield* made(Tracker.page("home"), { plan })
      assert.deepStrictEqual(pathsOf(page.message), ["page.properties.position"])
      const screen = yield* made(Tracker.screen("home", { properties: { position: 1.5 } }), { plan })
      assert.deepStrictEqual(pathsOf(screen.message), ["screen.properties.position"])
      assert.deepStrictEqual(screen.message.properties, {})
    })
  )

  it.effect("are sent and named, sent to the dead letters, or not looked at, by the mode", () =>
    Effect.gen(function* () {
      const annotated = yield* made(Tracker.identify(wrong), { plan, validation: "annotate" })
      assert.deepStrictEqual(annotated.message.traits, { ...wrong, since: at.toISOString() })
      assert.deepStrictEqual(pathsOf(annotated.message), paths)
      const dead = yield* made(Tracker.identify(wrong), { plan, validation: "deadLetter" })
      assert.deepStrictEqual([dead.sent, dead.letters.length, dead.outcome._tag], [0, 1, "Rejected"])
      const off = yield* made(Tracker.identify(wrong), { plan, validation: "off" })
      assert.deepStrictEqual(off.message.traits, { ...wrong, since: at.toISOString() })
      assert.deepStrictEqual(pathsOf(off.message), [])
    })
  )

  it.effect("fail the call where the tracker is made to fail", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(made(Tracker.identify(wrong), { plan, validation: "fail" }))
      assert.isTrue(Exit.hasDies(exit))
    })
  )
})

describe("a call without the id that it is about", () => {
  const calls = {
    "group.groupId": (id: any) => Tracker.group(id),
    "alias.previousId": (id: any) => Tracker.alias(id)
  }
  for (const [path, call] of Object.entries(calls)) {
    it.effect(`is rejected, since no vendor can do anything with it: ${path}`, () =>
      Effect.gen(function* () {
        for (const id of ["", undefined, null]) {
          for (const validation of ["strip", "annotate", "off"] as const) {
            const { letters, message, outcome, sent } = yield* made(call(id), { validation })
            assert.deepStrictEqual([sent, letters.length], [0, 1])
            assert.deepStrictEqual(
              outcome,
              Receipt.rejected(`not valid: ${path}: expected an id that is not empty, got a string of length 0`)
            )
            assert.isTrue(Schema.is(Message.Message)(message))
          }
          assert.isTrue(Exit.hasDies(yield* Effect.exit(made(call(id), { validation: "fail" }))))
        }
      })
    )
  }

  it.effect("is rejected where it is sent, too", () =>
    Effect.gen(function* () {
      const message = { type: "group", groupId: "", traits: {}, messageId: "m-1", timestamp: at.toISOString() } as const
      const { outcome, sent } = yield* made(Tracker.send(message))
      assert.deepStrictEqual([sent, outcome._tag], [0, "Rejected"])
    })
  )
})

describe("a numeric id", () => {
  it.effect("of a message that is sent is its text, and said", () =>
    Effect.gen(function* () {
      for (const key of ["userId", "anonymousId", "messageId"]) {
        for (const id of [42, 42n]) {
          const given: any = {
            type: "track",
            event: "e",
            properties: {},
            messageId: "m-1",
            timestamp: at.toISOString()
          }
          const { message, outcome } = yield* made(Tracker.send({ ...given, [key]: id }))
          assert.strictEqual(message[key], "42")
          assert.deepStrictEqual(pathsOf(message), [`send.${key}`])
          assert.deepStrictEqual(outcome, Receipt.delivered)
        }
      }
    })
  )
})

describe("options of calls and actors from code without types", () => {
  const call = (actor: object, options: object) =>
    Effect.gen(function* () {
      const kept = collector()
      const pinged = Tracker.track(Ping, { properties: { n: 1 } }, options).pipe(Actor.as(actor as Actor.Actor))
      yield* tracked(kept.sink, {}, pinged)
      return kept.messages[0]!
    })

  it.effect.each([
    [{ userID: "u" }, {}, "ping.actor", "userId in place of userID"],
    [{ anonymous_id: "a" }, {}, "ping.actor", "anonymousId in place of anonymous_id"],
    ["u-1", {}, "ping.actor", "an object with userId, anonymousId, consent, context"],
    [{}, { message_id: "m" }, "ping.options", "messageId in place of message_id"],
    [{}, { timeStamp: new Date() }, "ping.options", "timestamp in place of timeStamp"],
    [{}, "m", "ping.options", "an object with messageId, timestamp, context, integrations"]
  ] as ReadonlyArray<readonly [object, object, string, string]>)(
    "are said where one is misspelt: %o %o",
    ([actor, options, path, expected]) =>
      Effect.gen(function* () {
        const message = yield* call(actor, options)
        assert.deepStrictEqual(
          violationsOf(message).map((one) => [one.path, one.expected]),
          [[path, expected]]
        )
      })
  )

  it.effect("can have names of their own, and both spellings", () =>
    Effect.gen(function* () {
      const session = {
        userId: "u",
        user_id: 7,
        email: "peach@toadtown.example",
        consent: undefined,
        Consent: undefined
      }
      const message = yield* call(session, { traceId: "t", messageId: "m", messageID: "n" })
      assert.deepInclude(message, { userId: "u", messageId: "m" })
      assert.notProperty(message, "context")
    })
  )

  it.effect("of a page are its category and its properties: values beside them are said, and never quoted", () =>
    Effect.gen(function* () {
      for (const [type, tell] of [
        ["page", Tracker.page],
        ["screen", Tracker.screen]
      ] as const) {
        const kept = collector()
        yield* tracked(kept.sink, {}, tell("Cart", { category: "Shop", peach: 3 } as Tracker.Named<{}>))
        const [message] = kept.messages
        assert.deepInclude(message, { type, name: "Cart", category: "Shop", properties: {} })
        assert.deepStrictEqual(pathsOf(message), [`${type}.*`])
      }
    })
  )
})
