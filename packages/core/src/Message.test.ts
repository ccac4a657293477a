import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { Actor, Message, Receipt } from "./index.ts"

const common = { messageId: "m-1", timestamp: "2026-01-01T00:00:00.000Z" }
const track: Message.Track = { type: "track", event: "orderPlaced", properties: { total: 1 }, ...common }

describe("a message", () => {
  it.each([
    track,
    { type: "identify", traits: { plan: "a" }, userId: "u", ...common },
    { type: "group", groupId: "g", traits: {}, ...common },
    { type: "alias", previousId: "p", userId: "u", ...common },
    { type: "page", name: "Home", properties: {}, anonymousId: "a", ...common },
    {
      type: "screen",
      properties: {},
      integrations: { All: false, Mixpanel: { x: 1 } },
      context: { ip: "0" },
      ...common
    }
  ])("is one of the Segment Spec's six calls: $type", (message) => {
    assert.isTrue(Schema.is(Message.Message)(message))
    const { messageId, ...without } = message
    assert.isFalse(Schema.is(Message.Message)(without))
  })

  it("is encoded to JSON once, and a copy of it anew", () => {
    let reads = 0
    const counted = Object.freeze({
      ...track,
      get event() {
        reads++
        return "orderPlaced"
      }
    })
    assert.strictEqual(Message.toJson(counted), Message.toJson(counted))
    assert.strictEqual(reads, 1)
    const json = Message.toJson(track)
    const copy = { ...track, event: "renamed" }
    assert.notStrictEqual(Message.toJson(copy), json)
    assert.deepStrictEqual(Object.keys(track), ["type", "event", "properties", "messageId", "timestamp"])
  })

  it("knows its size in bytes of UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const message = { ...track, properties: { text } }
        assert.strictEqual(Message.byteLength(message), Buffer.byteLength(JSON.stringify(message)))
      })
    )
  })
})

describe("a message id", () => {
  const timeOf = (id: string) => Number.parseInt(id.replace("-", "").slice(0, 12), 16)
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

  it("is a UUIDv7 that is later than every one before it, as long as the clock goes back by no more than a day", () => {
    const times = [
      ...Array.from({ length: 20_000 }, () => 5_000_000_000_000),
      5_000_000_000_001,
      4_999_913_601_000,
      5_000_000_000_000.5,
      5_000_000_000_100
    ]
    const ids = times.map(Message.nextId)
    for (const id of ids) assert.match(id, pattern)
    assert.deepStrictEqual(ids.toSorted(), ids)
    assert.strictEqual(new Set(ids).size, ids.length)
  })

  it("is a UUIDv7 for whatever a clock gives, and of the clock's time again after that", () => {
    const odd = fc.constantFrom(0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, -Infinity, 2 ** 48, Number.MAX_VALUE)
    fc.assert(
      fc.property(fc.oneof(odd, fc.double()), (now) => {
        assert.match(Message.nextId(now), pattern)
        assert.strictEqual(timeOf(Message.nextId(1_900_000_000_000)), 1_900_000_000_000)
      })
    )
  })

  it("counts what is no number as now, from code without types", () => {
    const none = [10n, 2n ** 80n, "10", "soon", null, undefined, true, [], {}, Symbol("now"), new Date(0)]
    for (const given of [...none, Object.create(null), Number.NaN, -Infinity]) {
      const before = Date.now()
      // Resets the clock of ids: the next id would otherwise follow the last one.
      Message.nextId(1)
      const id = Message.nextId(given as never)
      assert.match(id, pattern)
      assert.isAtLeast(timeOf(id), before)
    }
  })

  it("starts over with a clock that went back by more than a day", () => {
    assert.strictEqual(timeOf(Message.nextId(5_000_000_000_000)), 5_000_000_000_000)
    assert.strictEqual(timeOf(Message.nextId(4_999_913_599_000)), 4_999_913_599_000)
  })

  it("begins with its time", () => {
    assert.strictEqual(timeOf(Message.nextId(6_000_000_000_000)), 6_000_000_000_000)
  })
})

describe("an actor", () => {
  it.effect("is nobody unless said, and what is said further in adds to it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Actor.Actor, {})
      const inner = Actor.as(Effect.service(Actor.Actor), { anonymousId: "a", context: { locale: "de" } })
      assert.deepStrictEqual(yield* inner.pipe(Actor.as({ userId: "u", context: { ip: "10.0.0.1" } })), {
        userId: "u",
        anonymousId: "a",
        context: { ip: "10.0.0.1", locale: "de" }
      })
    })
  )

  it("leaves out what is undefined or an empty id", () => {
    const outer = { userId: "u", anonymousId: "a", consent: new Set<string>(), context: { ip: "::1" } }
    const nothing = { userId: undefined, anonymousId: "", consent: undefined, context: { ip: undefined } }
    assert.deepStrictEqual(Actor.merge(outer, nothing), outer)
    assert.deepStrictEqual(Actor.merge({}, { userId: "", anonymousId: undefined }), {})
  })

  it("adds to the objects of the Segment Spec's context that describe one thing, and replaces all others", () => {
    const outer = { page: { path: "/a", title: "A" }, campaign: { source: "s" }, own: { a: 1 } }
    const inner = { page: { referrer: "r", title: undefined }, campaign: { name: "n" }, own: { b: 2 } }
    assert.deepStrictEqual(Actor.merge({ context: outer }, { context: inner as {} }).context, {
      page: { path: "/a", title: "A", referrer: "r" },
      campaign: { name: "n" },
      own: { b: 2 }
    })
  })

  it.effect("is the fiber's own", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 100 }, (_, i) => `u-${i}`)
      const read = Effect.andThen(
        Effect.yieldNow,
        Effect.map(Actor.Actor, (actor) => actor.userId)
      )
      const seen = yield* Effect.forEach(ids, (userId) => Actor.as(read, { userId }), { concurrency: "unbounded" })
      assert.deepStrictEqual(seen, ids)
    })
  )
})

describe("a receipt", () => {
  it("says what became of a message, and whether it is lost", () => {
    const outcomes = [
      Receipt.delivered,
      Receipt.skipped("filtered"),
      Receipt.rejected("no"),
      Receipt.expired("late"),
      Receipt.dropped("full")
    ]
    for (const outcome of outcomes) {
      assert.isTrue(Schema.is(Receipt.Receipt)({ messageId: "m", sink: "s", outcome, attempts: 1, at: 0 }))
    }
    assert.deepStrictEqual(outcomes.map(Receipt.isLost), [false, false, true, true, true])
  })
})
