import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Encoder, type Message, PropertyLimits, Receipt } from "./index.ts"

const track = (integrations?: Message.Message["integrations"]): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: { Order_id: 357 },
  messageId: "m1",
  timestamp: "2026-01-01T00:00:00.000Z",
  ...(integrations && { integrations })
})
const identify = (integrations: Message.Message["integrations"] & {}): Message.Identify => ({
  type: "identify",
  traits: {},
  messageId: "m1",
  timestamp: "2026-01-01T00:00:00.000Z",
  integrations
})

const options = Schema.Struct({
  table: Schema.optionalKey(Schema.NonEmptyString),
  set: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite))
})
const encode = Encoder.make({
  integration: "Warehouse",
  options,
  types: { table: ["track", "page"] },
  encode: (_, options, now) => JSON.stringify({ options, now })
})

describe("a message that is for the destination", () => {
  for (const [name, integrations] of [
    ["says nothing of destinations", undefined],
    ["names no destination", {}],
    ["names another", { Segment: false }],
    ["names the destination", { Warehouse: true }],
    ["names the destination and no other", { All: false, Warehouse: true }],
    ["gives no options", { Warehouse: {} }]
  ] as const) {
    it(`${name}, and is encoded without options`, () => {
      assert.strictEqual(encode(track(integrations), 7), JSON.stringify({ now: 7 }))
    })
  }

  it("is encoded with its options", () => {
    const given = { table: "orders", set: { a: 1 } }
    assert.strictEqual(encode(track({ Warehouse: given }), 7), JSON.stringify({ options: given, now: 7 }))
    assert.strictEqual(
      encode(identify({ Warehouse: { set: {} } }), 7),
      JSON.stringify({ options: { set: {} }, now: 7 })
    )
  })

  it("can have any record", () => {
    const toId = Encoder.make({ integration: "Warehouse", encode: ({ messageId }) => ({ id: messageId }) })
    assert.deepStrictEqual(toId(track({ Warehouse: { table: "unread" } }), 0), { id: "m1" })
  })
})

describe("a message that is not for the destination", () => {
  for (const integrations of [{ Warehouse: false }, { All: false }, { All: false, Segment: true }]) {
    it(`is skipped: ${JSON.stringify(integrations)}`, () => {
      const skipped = Receipt.skipped("the message's integrations exclude Warehouse")
      assert.deepStrictEqual(encode(track(integrations), 0), skipped)
    })
  }
})

describe("options that are not valid", () => {
  for (const [message, reason] of [
    [track({ Warehouse: { table: "" } }), "integrations.Warehouse.table is not valid"],
    [track({ Warehouse: { tables: "a-value" } }), "integrations.Warehouse.tables is not valid"],
    [track({ Warehouse: { set: { "ada@example.com": "a-value" } } }), "integrations.Warehouse.set.* is not valid"],
    [track({ Warehouse: ["a-value"] as never }), "integrations.Warehouse is not valid"],
    [track({ Warehouse: null as never }), "integrations.Warehouse is not valid"],
    [identify({ Warehouse: { table: "users" } }), "integrations.Warehouse.table is only for track, page messages"]
  ] as const) {
    it(`are rejected without their values: ${JSON.stringify(message.integrations)}`, () => {
      assert.deepStrictEqual(encode(message, 0), Receipt.rejected(reason))
    })
  }
})

describe("a message that the destination would not accept", () => {
  const rejecting = (encode: () => string | Receipt.Outcome) =>
    Encoder.make({ integration: "Warehouse", encode })(track(), 0)

  it("is rejected with the reason that the sink gives", () => {
    assert.deepStrictEqual(
      rejecting(() => Encoder.refuse("the message is too old")),
      Receipt.rejected("the message is too old")
    )
  })

  it("is rejected with a reason against one of its values", () => {
    assert.strictEqual(
      rejecting(() => Encoder.accepted("a", undefined)),
      "a"
    )
    assert.deepStrictEqual(
      rejecting(() => Encoder.accepted("a", "the userId is too short")),
      Receipt.rejected("the userId is too short")
    )
  })

  it("has the outcome that the sink returns", () => {
    const skipped = Receipt.skipped("it has no equivalent of track")
    assert.strictEqual(
      rejecting(() => skipped),
      skipped
    )
  })

  it("is cut or rejected by the sink's policy if it is too large", () => {
    const limits = PropertyLimits.make({ properties: 1, marker: "_truncated" })
    const fitting = (values: PropertyLimits.Values, whenTooLarge: "cut" | "reject") =>
      rejecting(() => JSON.stringify(Encoder.fitted(values, limits, whenTooLarge, "set: ")))
    assert.strictEqual(fitting({ a: 1 }, "reject"), `{"a":1}`)
    assert.strictEqual(fitting({ a: 1, b: 2 }, "cut"), `{"a":1,"_truncated":["b"]}`)
    const reason = "set: there are 2 properties, but only 1 fit"
    assert.deepStrictEqual(fitting({ a: 1, b: 2 }, "reject"), Receipt.rejected(reason))
  })

  it("is rejected if its record is too long", () => {
    const record = `"é"`
    assert.strictEqual(
      rejecting(() => Encoder.within(record, 4, "Acme")),
      record
    )
    const rejected = rejecting(() => Encoder.within(record, 3, "Acme"))
    assert.deepStrictEqual(rejected, Receipt.rejected("the event is longer than the 3 bytes that Acme accepts"))
  })

  it("is rejected without the values in an error", () => {
    const rejected = rejecting(() => {
      throw new TypeError("cannot convert ada@example.com")
    })
    assert.deepStrictEqual(rejected, Receipt.rejected("JSON cannot represent the message"))
  })
})

describe("the timestamp of a message", () => {
  const encode = Encoder.make({
    integration: "Warehouse",
    encode: (message, _, now) => Encoder.rfc3339Of(message, now, 23)
  })
  const now = Date.parse("2026-01-01T00:00:00Z")
  const at = (timestamp: string) => encode({ ...track(), timestamp }, now)

  it("stays as it is if RFC 3339 writes it so, and is written so if it is another's", () => {
    for (const timestamp of ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.123456+02:00"]) {
      assert.strictEqual(at(timestamp), timestamp)
    }
    assert.strictEqual(at("2026-01-01"), "2026-01-01T00:00:00.000Z")
    assert.strictEqual(at("Thu, 01 Jan 2026 00:00:00 GMT"), "2026-01-01T00:00:00.000Z")
  })

  it("is refused if it is no date, or RFC 3339 cannot write its year", () => {
    const rejected = Receipt.rejected("the timestamp is not a date of the years 0 to 9999")
    for (const timestamp of ["", "yesterday", "2026-13-01T00:00:00Z", "-000001-01-01T00:00:00.000Z"]) {
      assert.deepStrictEqual(at(timestamp), rejected)
    }
  })

  it("is refused if it is too far in the future", () => {
    assert.strictEqual(at("2026-01-01T23:00:00Z"), "2026-01-01T23:00:00Z")
    const rejected = Receipt.rejected("the timestamp is more than 23 hours in the future")
    assert.deepStrictEqual(at("2026-01-01T23:00:00.001Z"), rejected)
  })
})
