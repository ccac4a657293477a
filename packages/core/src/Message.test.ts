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
  const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

  it("is a UUIDv7 that is later than every one before it, however the clock goes", () => {
    const times = [
      ...Array.from({ length: 20_000 }, () => 5_000_000_000_000),
      5_000_000_000_001,
      1,
      0,
      5_000_000_000_100
    ]
    const ids = times.map(Message.nextId)
    for (const id of ids) assert.match(id, pattern)
    assert.deepStrictEqual(ids.toSorted(), ids)
    assert.strictEqual(new Set(ids).size, ids.length)
  })

  it("begins with its time", () => {
    const id = Message.nextId(6_000_000_000_000)
    assert.strictEqual(Number.parseInt(id.replace("-", "").slice(0, 12), 16), 6_000_000_000_000)
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
