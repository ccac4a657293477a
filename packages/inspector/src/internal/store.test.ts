import { assert, describe, it } from "@effect/vitest"
import { type Message, Receipt, SendError, TrackedEvent } from "@trackmap/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Ping } from "../../test/wholesale.ts"
import { Store } from "./store.ts"

const clock = Effect.runSync(Clock.Clock)
const make = (capacity: number, rate = 1_000_000, bytes = 1_000_000_000) => new Store({ capacity, bytes, rate }, clock)
const message = (messageId: string, event = "ping"): Message.Message => ({
  type: "track",
  event,
  properties: { n: 1 },
  messageId,
  timestamp: "2026-01-01T00:00:00.000Z"
})
const track = (store: Store, id: string) => {
  const entry = store.observe({ type: "track", event: Ping })
  entry?.tracked(message(id))
  return entry
}
const keys = (store: Store) => store.since(0).map(({ key }) => key)

describe("the store", () => {
  it("keeps the newest events, and nothing of those that made room", () => {
    const store = make(3)
    for (let i = 0; i < 10; i++) track(store, `m-${i}`)
    assert.deepStrictEqual(keys(store), ["m-7", "m-8", "m-9"])
    assert.strictEqual(store.size, 3)
    assert.strictEqual(store.tracked, 10)
    assert.isUndefined(store.get("m-0"))
  })

  it("tells what has changed since a revision, the first change first", () => {
    const store = make(10)
    const [a, b, c] = ["a", "b", "c"].map((id) => track(store, id)!)
    const { revision } = store
    a!.sent({ sink: "s", at: 0, milliseconds: 1, messages: 1, result: Receipt.delivered, records: Effect.succeed([]) })
    c!.received({ messageId: "c", sink: "s", outcome: Receipt.delivered, attempts: 1, at: 0 })
    a!.received({ messageId: "a", sink: "s", outcome: Receipt.delivered, attempts: 1, at: 0 })
    assert.deepStrictEqual(
      store.since(revision).map(({ key }) => key),
      ["c", "a"]
    )
    assert.deepStrictEqual(b!.told, [])
    assert.lengthOf(store.since(store.revision), 0)
  })

  it("keeps of one that is sent again and again the last attempts, and counts all", () => {
    const entry = track(make(1), "a")!
    for (let at = 0; at < 100; at++) {
      const result = new SendError.Unavailable({ reason: "down" })
      entry.sent({ sink: "s", at, milliseconds: 1, messages: 1, result, records: Effect.succeed([]) })
    }
    const [told] = entry.told
    assert.deepStrictEqual([told!.sent, told!.attempts.length, told!.attempts.at(-1)!.at], [100, 20, 99])
  })

  it("has one event of an id that is tracked twice: the newest", () => {
    const store = make(3)
    const first = track(store, "a")!
    track(store, "b")
    const second = track(store, "a")!
    first.received({ messageId: "a", sink: "s", outcome: Receipt.delivered, attempts: 1, at: 0 })
    assert.strictEqual(store.get("a"), second)
    assert.deepStrictEqual(keys(store), ["b", "a"])
    for (const id of ["c", "a", "d", "a", "e"]) track(store, id)
    assert.deepStrictEqual(keys(store), ["d", "a", "e"])
    assert.strictEqual(store.size, 3)
  })

  it("keeps as many events a second as are told, and counts the others by their names", () => {
    const store = make(100, 5)
    for (let i = 0; i < 20; i++) track(store, `m-${i}`)
    assert.deepStrictEqual([store.size, store.notShown, store.tracked], [5, 15, 20])
    store.refill(200)
    assert.isDefined(track(store, "later"))
    assert.isUndefined(track(store, "too many"))
    store.refill(1_000_000)
    for (let i = 0; i < 20; i++) track(store, `n-${i}`)
    assert.deepStrictEqual([store.size, store.notShown], [11, 31])
    store.refill(-1)
    assert.isUndefined(track(store, "the clock went back"))
    assert.deepStrictEqual([...store.seen], [{ name: "ping", count: 43 }])
  })

  it("remembers a thousand names, and counts what has others as a whole", () => {
    const store = make(1)
    for (let i = 0; i < 3_000; i++) store.observe({ type: "track", event: TrackedEvent.make(`e${i}`) })
    assert.lengthOf([...store.seen], 1_000)
    assert.strictEqual(store.tracked, 3_000)
  })

  it("counts a message that was made before under its event's name", () => {
    const store = make(1)
    store.observe({ type: "track", event: undefined })!.tracked(message("a", "old"))
    store.observe({ type: "identify", event: undefined })!.tracked({
      type: "identify",
      traits: {},
      messageId: "b",
      timestamp: ""
    })
    assert.deepStrictEqual([...store.seen], [{ name: "old", count: 1 }])
  })

  it("asks for an event by its message's id, unless that cannot be part of an address", () => {
    const store = make(100)
    const odd = ["", ".", "..", "\uD800", "x".repeat(81), "ü".repeat(80)]
    for (const id of ["plain-1", "a b/c?d", "€", ...odd]) track(store, id)
    assert.deepStrictEqual(keys(store), ["plain-1", "a b/c?d", "€", ...odd.map((_, index) => `~${index + 4}`)])
  })

  const attempt = { sink: "s", at: 0, milliseconds: 1, messages: 1, records: Effect.succeed([]) } as const

  it("keeps a copy of what it is told, and of the message only its JSON", () => {
    const given = message("a")
    const entry = make(1).observe({ type: "track", event: Ping })!
    entry.tracked(given)
    entry.sent({ ...attempt, result: new SendError.Unavailable({ reason: "down", retryAfter: 5 }) })
    entry.received({ messageId: "a", sink: "s", outcome: Receipt.rejected("no"), attempts: 1, at: 0 })
    assert.deepStrictEqual(entry.message, given)
    assert.notStrictEqual(entry.message, given)
    const [told] = entry.told
    assert.deepStrictEqual(told!.attempts, [
      { at: 0, milliseconds: 1, messages: 1, result: "Unavailable", reason: "down", retryAfter: 5 }
    ])
    assert.deepStrictEqual(told!.receipt, { outcome: "Rejected", reason: "no", attempts: 1, at: 0 })
  })

  it("shows of a message without JSON what there is", () => {
    const entry = make(1).observe({ type: "track", event: Ping })!
    entry.tracked({ ...message("a"), properties: { n: 1n } } as unknown as Message.Message)
    assert.deepStrictEqual((entry.message as { properties: unknown }).properties, { n: "1" })
  })

  it("keeps no more bytes than it may: the oldest events make room", () => {
    const size = JSON.stringify(message("m-0")).length
    const store = make(100, 1_000_000, 3 * size)
    for (let i = 0; i < 5; i++) track(store, `m-${i}`)
    assert.deepStrictEqual([keys(store), store.bytes], [["m-2", "m-3", "m-4"], 3 * size])
    const entry = store.get("m-4")!
    // What a sink sends takes as much again, and only once.
    for (let i = 0; i < 2; i++) entry.sent({ ...attempt, result: Receipt.delivered })
    assert.deepStrictEqual([keys(store), store.bytes], [["m-3", "m-4"], 3 * size])
    entry.sent({ ...attempt, result: new SendError.Unavailable({ reason: "down" }) })
    assert.deepStrictEqual([keys(store), store.bytes], [["m-4"], 2 * size + 4])
  })

  it("gives the bytes of reasons back with their attempts", () => {
    const store = make(1)
    const entry = track(store, "a")!
    const sent = () => entry.sent({ ...attempt, result: new SendError.Unavailable({ reason: "down" }) })
    for (let i = 0; i < 20; i++) sent()
    const { bytes } = store
    for (let i = 0; i < 100; i++) sent()
    assert.strictEqual(store.bytes, bytes)
  })

  it("only counts an event that is longer than all that it may keep", () => {
    const store = make(100, 1_000_000, 500)
    track(store, "small")
    const entry = store.observe({ type: "track", event: Ping })!
    entry.tracked({ ...message("large"), properties: { long: "x".repeat(500) } } as Message.Message)
    assert.deepStrictEqual([store.size, store.bytes, store.notShown, store.tracked], [0, 0, 1, 2])
    // Its tracker still tells what becomes of it.
    entry.sent({ ...attempt, result: Receipt.delivered })
    entry.received({ messageId: "large", sink: "s", outcome: Receipt.delivered, attempts: 1, at: 0 })
    assert.deepStrictEqual([entry.told, store.bytes], [[], 0])
    track(store, "next")
    assert.deepStrictEqual(keys(store), ["next"])
  })

  it("does not grow with thousands of events of long values", () => {
    const store = make(50)
    const long = "x".repeat(10_000)
    for (let i = 0; i < 5_000; i++) {
      const entry = store.observe({ type: "track", event: Ping })!
      entry.tracked({ ...message(`m-${i}`), properties: { long } } as Message.Message)
      entry.received({ messageId: `m-${i}`, sink: "s", outcome: Receipt.delivered, attempts: 1, at: 0 })
    }
    assert.strictEqual(store.size, 50)
    assert.isBelow(store.bytes, 50 * 11_000)
    assert.lengthOf(store.since(0), 50)
    assert.lengthOf([...store.seen], 1)
  })
})
