import { Receipt } from "@trackmap/core"
import { describe, expect, it } from "vitest"
import * as assert from "./assert.ts"

const receipt = (messageId: string, outcome: Receipt.Outcome, sink = "warehouse"): Receipt.Receipt => ({
  messageId,
  sink,
  outcome,
  attempts: 2,
  at: 0
})
const delivered = (messageId: string) => receipt(messageId, Receipt.delivered)
const rejected = (messageId: string) => receipt(messageId, Receipt.rejected("no such table"))
const messages = [{ messageId: "m1" }, { messageId: "m2" }]
const requests = [
  {
    method: "POST",
    path: "/events",
    query: {},
    headers: {},
    text: "[]",
    body: [],
    bytes: 2,
    size: 2,
    at: 0,
    status: 200
  }
]

/** What a failure says, line by line, or that there is none. */
const said = (assertion: () => void): ReadonlyArray<string> => {
  try {
    assertion()
  } catch (error) {
    return (error as Error).message.split("\n")
  }
  return ["passed"]
}

describe("a failure", () => {
  it("names the first five that are wrong, and counts the others", () => {
    const wrong = Array.from({ length: 7 }, (_, index) => `m${index}`)
    expect(said(() => assert.none(wrong, "Seven are wrong"))).toEqual([
      "Seven are wrong:",
      "  m0",
      "  m1",
      "  m2",
      "  m3",
      "  m4",
      "  … and 2 more"
    ])
    expect(said(() => assert.none([], "None is wrong"))).toEqual(["passed"])
  })

  it("gives a message's id, its receipt and the reason", () => {
    expect(assert.told(delivered("m1"))).toBe(`m1: Delivered by "warehouse" after 2 attempts`)
    expect(assert.told({ ...rejected("m1"), attempts: 1 })).toBe(
      `m1: Rejected by "warehouse" after 1 attempt: no such table`
    )
    expect(assert.told(receipt("m1", Receipt.expired("")))).toBe(
      `m1: Expired by "warehouse" after 2 attempts: without a reason`
    )
  })
})

describe("receipts", () => {
  const got = (...receipts: ReadonlyArray<Receipt.Receipt>) =>
    said(() => assert.receipts(["warehouse"], messages, receipts))

  it("are one for each message, in their order", () => {
    expect(got(delivered("m1"), rejected("m2"))).toEqual(["passed"])
    expect(said(() => assert.receipts(["warehouse"], [messages[0]!, messages[0]!], [delivered("m1"), delivered("m1")]))) //
      .toEqual(["passed"])
  })

  it("are missing, or too many", () => {
    expect(got(delivered("m1"), rejected("m1"))).toEqual([
      "2 messages do not have one receipt from each sink:",
      `  m1: Delivered by "warehouse" after 2 attempts, and Rejected by "warehouse" after 2 attempts: no such table`,
      `  m2: no receipt from "warehouse"`
    ])
  })

  it("are of no message, or of another sink", () => {
    const strange = [delivered("m1"), delivered("m2"), delivered("m3"), receipt("m1", Receipt.delivered, "other")]
    expect(got(...strange)).toEqual([
      "2 receipts are for messages that the sink never received, or come from another sink:",
      `  m3: Delivered by "warehouse" after 2 attempts`,
      `  m1: Delivered by "other" after 2 attempts`
    ])
  })

  it("are in another order", () => {
    expect(got(delivered("m2"), delivered("m1"))).toEqual([
      "The receipts are not in the order of the messages:",
      "  receipt 1 is for m2, not for m1",
      "  receipt 2 is for m1, not for m2"
    ])
  })
})

describe("outcomes", () => {
  it("are each one of some", () => {
    expect(said(() => assert.areAll([delivered("m1"), rejected("m2")], "Delivered", "Rejected"))).toEqual(["passed"])
    expect(said(() => assert.areAll([delivered("m1"), rejected("m2")], "Delivered", "Skipped"))).toEqual([
      "1 of 2 receipts are not Delivered or Skipped:",
      `  m2: Rejected by "warehouse" after 2 attempts: no such table`
    ])
  })

  it("are so many of each", () => {
    const got = [delivered("m1"), rejected("m2")]
    expect(said(() => assert.outcomes(got, { Delivered: 1, Rejected: 1, Dropped: 0 }))).toEqual(["passed"])
    expect(said(() => assert.outcomes(got, { Delivered: 2 }))).toEqual([
      "Expected 2 Delivered of 2 receipts, and got 1 Delivered and 1 Rejected:",
      `  m2: Rejected by "warehouse" after 2 attempts: no such table`
    ])
    expect(said(() => assert.outcomes([], { Delivered: 1 }))).toEqual([
      "Expected 1 Delivered of 0 receipts, and got none"
    ])
  })

  it("are at least so many of each", () => {
    expect(said(() => assert.atLeast([delivered("m1"), delivered("m2")], { Delivered: 1 }))).toEqual(["passed"])
    expect(said(() => assert.atLeast([delivered("m1")], { Delivered: 1, Dropped: 1 }))).toEqual([
      "Expected at least 1 Delivered and 1 Dropped of 1 receipts, and got 1 Delivered"
    ])
  })
})

describe("what has arrived", () => {
  it("is what is said to be delivered", () => {
    expect(said(() => assert.haveArrived([delivered("m1"), rejected("m2")], ["m1", "m2"]))).toEqual(["passed"])
    expect(said(() => assert.haveArrived([delivered("m1"), delivered("m2")], ["m1"]))).toEqual([
      "1 of 2 messages did not arrive, although their receipts say that they did:",
      `  m2: Delivered by "warehouse" after 2 attempts`
    ])
  })

  it("is nothing else, and has arrived once", () => {
    expect(said(() => assert.arrivedOnce([delivered("m1"), rejected("m2")], ["m1"]))).toEqual(["passed"])
    expect(said(() => assert.arrivedOnce([delivered("m1"), rejected("m2")], ["m1", "m1", "m2", "m3"]))).toEqual([
      "3 messages arrived unexpectedly or too often:",
      "  m1: arrived 2 times",
      `  m2: Rejected by "warehouse" after 2 attempts: no such table`,
      "  m3: the sink never received it"
    ])
  })

  it("is nothing", () => {
    expect(said(() => assert.nothingArrived([]))).toEqual(["passed"])
    expect(said(() => assert.nothingArrived(["m1"]))).toEqual(["1 messages arrived, but none should have:", "  m1"])
    expect(said(() => assert.noRequests([]))).toEqual(["passed"])
    expect(said(() => assert.noRequests(requests))).toEqual([
      "1 requests arrived, but none should have:",
      "  POST /events []"
    ])
  })
})
