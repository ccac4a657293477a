import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { collector, outcomes, pathsOf, Ping, tracked, ns, propertiesOf, violationsOf } from "../test/tracker.ts"
import { Actor, Entity, EventSink, Pii, Plan, Receipt, TrackedEvent, Tracker } from "./index.ts"

describe("consent", () => {
  const Viewed = TrackedEvent.make("viewed", { properties: { n: Schema.Int }, purposes: ["analytics"] })
  const viewed = (n: number, actor: Actor.Actor) => Tracker.track(Viewed, { properties: { n } }).pipe(Actor.as(actor))
  const none: ReadonlySet<string> = new Set()
  const analytics: ReadonlySet<string> = new Set(["analytics"])

  it.effect("is asked for what the event and the sink are for; who has not given it has the message skipped", () =>
    Effect.gen(function* () {
      const [all, ads] = [collector("all"), collector("ads")]
      yield* tracked(
        EventSink.fanOut(all.sink, ads.sink.pipe(EventSink.consented("ads"))),
        {},
        Effect.gen(function* () {
          const denied = yield* viewed(0, { userId: "u", consent: none })
          assert.deepStrictEqual(
            (yield* denied.receipts).map(({ outcome }) => outcome),
            [Receipt.skipped("no consent to analytics"), Receipt.skipped("no consent to analytics")]
          )
          yield* viewed(1, { userId: "u", consent: analytics })
          yield* viewed(2, { userId: "u" })
        })
      )
      assert.deepStrictEqual([ns(all.messages), ns(ads.messages)], [[1, 2], [2]])
    })
  )

  it.effect("is waited for, where messages are held, and lets go what was for it", () =>
    Effect.gen(function* () {
      const [all, ads] = [collector("all"), collector("ads")]
      yield* tracked(
        EventSink.fanOut(all.sink, ads.sink.pipe(EventSink.consented("ads"))),
        { withoutConsent: { hold: 100 } },
        Effect.gen(function* () {
          yield* viewed(0, { userId: "u", consent: none })
          yield* viewed(1, { anonymousId: "a", consent: none })
          yield* viewed(2, { userId: "u", consent: analytics })
          yield* Tracker.flush
          assert.deepStrictEqual([ns(all.messages), ns(ads.messages)], [[2, 0], []])
          yield* Tracker.release.pipe(
            Actor.as({ userId: "u", anonymousId: "a", consent: new Set(["ads", "analytics"]) })
          )
          yield* Tracker.flush
          assert.deepStrictEqual(
            [ns(all.messages), ns(ads.messages)],
            [
              [2, 0, 1],
              [0, 1, 2]
            ]
          )
        })
      )
    })
  )

  it.effect("is not waited for by more messages than told, after the tracker has closed, or of nobody", () =>
    Effect.gen(function* () {
      const kept = collector()
      const held = yield* tracked(
        kept.sink,
        { withoutConsent: { hold: 2 } },
        Effect.gen(function* () {
          const nobody = yield* viewed(9, { consent: none })
          assert.deepStrictEqual(outcomes(yield* nobody.receipts), ["Skipped"])
          const held = yield* Effect.forEach([0, 1, 2], (n) => viewed(n, { userId: `u-${n}`, consent: none }))
          assert.deepStrictEqual(outcomes(yield* held[0]!.receipts), ["Skipped"])
          return held
        })
      )
      for (const { receipts } of held) assert.deepStrictEqual(outcomes(yield* receipts), ["Skipped"])
      assert.deepStrictEqual(kept.messages, [])
    })
  )
})

describe("a consent that is none", () => {
  it.effect("of code without types is no consent, and said", () =>
    Effect.gen(function* () {
      const Viewed = TrackedEvent.make("viewed", { purposes: ["analytics"] })
      for (const consent of [["analytics"], "analytics", true, {}, 1]) {
        const kept = collector()
        const { message, receipts } = yield* tracked(
          kept.sink,
          {},
          Effect.tap(Tracker.track(Viewed, {}), ({ receipts }) => receipts).pipe(
            Actor.as({ userId: "u", consent: consent as never })
          )
        )
        assert.deepStrictEqual(outcomes(yield* receipts), ["Skipped"])
        assert.deepStrictEqual(pathsOf(message), ["viewed.consent"])
        assert.strictEqual(violationsOf(message)[0]?.expected, '"all" or a Set of purposes')
      }
    })
  )
})

describe("two visitors with an empty user id", () => {
  it.effect("are two: what is held for one waits for the consent of that one", () =>
    Effect.gen(function* () {
      const kept = collector()
      const visit = (anonymousId: string, purposes: ReadonlyArray<string>) =>
        Tracker.track(Ping, { properties: { n: 1 } }).pipe(
          Actor.as({ userId: "", anonymousId, consent: new Set(purposes) })
        )
      yield* tracked(
        kept.sink.pipe(EventSink.consented("a")),
        { withoutConsent: { hold: 9 } },
        Effect.gen(function* () {
          yield* visit("v-1", [])
          yield* visit("v-2", ["a"])
          yield* Tracker.flush
          assert.deepStrictEqual(
            kept.messages.map(({ anonymousId }) => anonymousId),
            ["v-2"]
          )
          yield* visit("v-1", ["a"])
        })
      )
      assert.deepStrictEqual(
        kept.messages.map(({ anonymousId }) => anonymousId),
        ["v-2", "v-1", "v-1"]
      )
      assert.isTrue(kept.messages.every((message) => !("userId" in message)))
    })
  )

  it.effect("are sampled one by one", () =>
    Effect.gen(function* () {
      const kept = collector()
      yield* tracked(
        kept.sink.pipe(EventSink.sample(0.5)),
        {},
        Effect.forEach(
          Array.from({ length: 200 }, (_, n) => n),
          (n) => Tracker.track(Ping, { properties: { n } }).pipe(Actor.as({ userId: "", anonymousId: `v-${n}` })),
          { discard: true }
        )
      )
      assert.isAbove(kept.messages.length, 60)
      assert.isBelow(kept.messages.length, 140)
    })
  )
})

describe("an invalid event without consent", () => {
  it.live("is skipped, and goes to no dead letter", () =>
    Effect.gen(function* () {
      const [kept, letters] = [collector(), collector("letters")]
      const Sized = TrackedEvent.make("sized", { properties: { size: Schema.Int }, purposes: ["advertising"] })
      const receipts = yield* tracked(
        kept.sink.pipe(EventSink.deadLetter(letters.sink)),
        { validation: "deadLetter" },
        Tracker.track(Sized, { properties: { size: "large" as never } }).pipe(
          Actor.as({ consent: new Set() }),
          Effect.flatMap((call) => call.receipts)
        )
      )
      assert.deepStrictEqual(receipts[0]!.outcome, Receipt.skipped("no consent to advertising"))
      assert.deepStrictEqual([...kept.messages, ...letters.messages], [])
    })
  )
})

describe("personal data", () => {
  const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, email: Pii.personal(Schema.String) } })
  const SignedIn = TrackedEvent.make("signedIn", { entities: { buyer: Buyer } })
  const input = { buyer: { id: 1, email: "a@example.com" } }
  const hash = { hash: Redacted.make("key") }

  it.live("is hidden from the sinks that are not to have it, by the plan", () =>
    Effect.gen(function* () {
      const [open, dropped, hashed] = [collector("open"), collector("dropped"), collector("hashed")]
      yield* tracked(
        EventSink.fanOut(
          open.sink,
          dropped.sink.pipe(EventSink.redact("drop")),
          hashed.sink.pipe(EventSink.redact(hash))
        ),
        { plan: Plan.make(SignedIn) },
        Effect.forEach([1, 2, 3], () => Tracker.track(SignedIn, input))
      )
      assert.deepStrictEqual(propertiesOf(open.messages[0]), { Buyer_id: 1, Buyer_email: "a@example.com" })
      assert.deepStrictEqual(propertiesOf(dropped.messages[0]), { Buyer_id: 1 })
      assert.match(String(propertiesOf(hashed.messages[2])["Buyer_email"]), /^[0-9a-f]{64}$/)
    })
  )

  it.live("waits for nothing to be hidden: calls keep their order, and closing takes all that was tracked", () =>
    Effect.gen(function* () {
      const kept = collector()
      const numbers = Array.from({ length: 200 }, (_, id) => id)
      yield* tracked(
        kept.sink.pipe(EventSink.redact(hash)),
        {},
        Effect.sync(() => numbers).pipe(
          Effect.flatMap(() => Tracker.Tracker),
          Effect.map((tracker) => {
            for (const id of numbers) {
              Tracker.trackUnsafe(tracker, Context.empty(), SignedIn, { buyer: { id, email: `${id}@example.com` } })
            }
          })
        )
      )
      assert.deepStrictEqual(
        kept.messages.map((message) => propertiesOf(message)["Buyer_id"]),
        numbers
      )
    })
  )
})
