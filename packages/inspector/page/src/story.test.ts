import { describe, expect, it } from "vitest"
import type { SinkDetail } from "../../src/internal/protocol.ts"
import { detailOf, keyOf, loadedOf, nodeOf } from "./samples.ts"
import { howItCame, keyOrigin, manner, origin, receiptSentence, waited, whatBecame } from "./story.ts"

const sinkOf = (sink: string, some: Partial<SinkDetail> = {}): SinkDetail => ({
  sink,
  state: "delivered",
  records: [],
  attempts: [],
  receipt: undefined,
  ...some
})

const root = nodeOf("", { entity: "orderLineUpdated", parent: undefined })
const line = nodeOf("OrderLine")

describe("how an event came to be", () => {
  it("says how many keys came from how many rows, and how these were got", () => {
    expect(howItCame(detailOf())).toBe(
      "5 keys from 4 rows: 1 came from the call and 3 were loaded in 3 batches in 1.8 ms."
    )
  })

  it("names functions and the cache", () => {
    const nodes = [
      root,
      line,
      nodeOf("OrderLine.tax", { resolver: { _tag: "Function" }, milliseconds: 2 }),
      loadedOf("OrderLine.order", "orders", 0, { cached: true, batch: undefined })
    ]
    expect(howItCame(detailOf({ nodes }))).toBe(
      "5 keys from 4 rows: 1 came from the call, 1 came from a function and 1 came from the cache in 2 ms.".replace(
        "4",
        "3"
      )
    )
  })

  it("counts once a batch that answered for two nodes", () => {
    const nodes = [root, line, loadedOf("OrderLine.buyer", "users", 1), loadedOf("OrderLine.seller", "users", 1)]
    expect(howItCame(detailOf({ nodes }))).toContain("2 were loaded in 1 batch in 1 ms")
  })

  it("says where everything was there already", () => {
    const detail = detailOf({ nodes: [root, line], keys: [keyOf("OrderLine", "id")] })
    expect(howItCame(detail)).toBe("1 key from 1 row, all from the call.")
  })

  it("speaks of the event's own keys, and of none", () => {
    const property = keyOf("", "action", { kind: "property" })
    expect(howItCame(detailOf({ nodes: [root], keys: [property] }))).toBe("1 key from the event's own properties.")
    expect(howItCame(detailOf({ nodes: [root, line], keys: [property, keyOf("OrderLine", "id")] }))).toBe(
      "2 keys from 1 row and the event's own properties, all from the call."
    )
    expect(howItCame(detailOf({ nodes: [root], keys: [] }))).toBe("The event has no keys.")
  })

  it("says what was not there, what failed, what was therefore not asked for, and what is not allowed", () => {
    const detail = detailOf({
      nodes: [
        root,
        line,
        loadedOf("OrderLine.product", "products", 1, { outcome: "missing" }),
        loadedOf("OrderLine.product.manufacturer", "manufacturers", 0, { outcome: "unasked" }),
        loadedOf("OrderLine.order", "orders", 1, { outcome: "failed" })
      ],
      keys: [keyOf("OrderLine", "id"), keyOf("OrderLine", "qty", { state: "refused" })],
      violations: [{ path: "OrderLine_qty", expected: "an integer", actual: "3.5" }]
    })
    expect(howItCame(detail)).toBe(
      "1 key from 1 row, all from the call. There was no row for OrderLine.product. " +
        "OrderLine.order failed to resolve. So OrderLine.product.manufacturer was not resolved. " +
        "The schema refused 1 value. It violates the plan in 1 place."
    )
  })
})

describe("the time that was waited", () => {
  it("is that of the longest way, for what does not hang on each other is resolved at the same time", () => {
    expect(
      waited([
        line,
        loadedOf("OrderLine.a", "a", 5),
        loadedOf("OrderLine.b", "b", 3),
        loadedOf("OrderLine.b.c", "c", 4)
      ])
    ).toBe(7)
    expect(waited([])).toBe(0)
  })
})

describe("where a row and a key came from", () => {
  it("names the resolver, and with how many others it was asked", () => {
    const product = loadedOf("OrderLine.product", "products", 1)
    expect([origin(line), manner(line)]).toEqual(["row from the call", undefined])
    expect([origin(product), manner(product)]).toEqual(["loader products", "5 keys for 3 events"])
    expect(manner({ ...product, cached: true })).toBe("cached")
    expect(origin(nodeOf("a", { resolver: { _tag: "Function" } }))).toBe("function")
    expect(keyOrigin(keyOf("OrderLine.product", "id"), product)).toBe("loader products: 5 keys for 3 events")
    expect(keyOrigin(keyOf("a", "b", { kind: "computed" }), { ...product, cached: true })).toBe(
      "computed, loader products, cached"
    )
    expect(keyOrigin(keyOf("a", "b", { kind: "aggregate" }), line)).toBe("aggregate, row from the call")
    expect(keyOrigin(keyOf("", "b", { kind: "property" }), root)).toBe("property of the event")
    expect(keyOrigin(keyOf("", "b", { kind: "unknown" }), undefined)).toBe("not in the plan")
  })
})

describe("what became of an event", () => {
  it("names the sinks by what they have done", () => {
    const sinks = [
      sinkOf("console"),
      sinkOf("segment"),
      sinkOf("mixpanel", { state: "retrying" }),
      sinkOf("a", { state: "buffered" }),
      sinkOf("b", { state: "rejected" }),
      sinkOf("c", { state: "expired" }),
      sinkOf("d", { state: "dropped" }),
      sinkOf("e", { state: "skipped" })
    ]
    expect(whatBecame(detailOf({ sinks }))).toBe(
      "Delivered to console and segment. Waiting to be sent to a. mixpanel has not accepted it yet; a retry will follow. " +
        "Rejected by b. Expired before c accepted it. Dropped before it was sent to d. Not for e."
    )
  })

  it("has a receipt that says when, after how many attempts, and why", () => {
    const receipt = { outcome: "Rejected", reason: "too long", attempts: 2, at: 2_200 }
    expect(receiptSentence(sinkOf("a", { receipt }), 1_000)).toBe(
      "Rejected after 2 attempts, 1.2 s after the event: too long"
    )
    expect(receiptSentence(sinkOf("a", { receipt: { ...receipt, attempts: 0, reason: undefined } }), 2_200)).toBe(
      "Rejected without an attempt, 0 ms after the event"
    )
  })

  it("has no receipt while it waits, or is tried", () => {
    expect(receiptSentence(sinkOf("a", { state: "buffered" }), 0)).toMatch(/^No receipt yet: the event is waiting/)
    expect(receiptSentence(sinkOf("a", { state: "retrying" }), 0)).toBe(
      "No receipt yet: 0 attempts so far; a retry will follow."
    )
  })
})
