import { type Message, Plan, Receipt, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { dialect } from "../test/dialect.ts"
import { Layout, Rows } from "./index.ts"

const properties = {
  qty: Schema.Int,
  price: Schema.Finite,
  name: Schema.String,
  gift: Schema.Boolean,
  at: Schema.Date,
  tags: Schema.Array(Schema.String),
  note: Schema.String
}
const plan = Plan.make(TrackedEvent.make("paid", { properties })).pipe(Plan.calls({ identify: { age: Schema.Int } }))
const tables = Effect.runSync(Layout.make(plan, dialect))
const loadedAt = Date.parse("2026-01-02T00:00:00.000Z")
const rowsOf = (messages: Iterable<Message.Message>) => Rows.make(tables, dialect)(messages, loadedAt)

const base = { messageId: "m1", timestamp: "2026-01-01T00:00:00.000Z" }
const paid = (properties: Message.Track["properties"], fields: Partial<Message.Track> = {}): Message.Track => ({
  type: "track",
  event: "paid",
  properties,
  ...base,
  ...fields
})

/** The rows as objects, by table. Absent columns are left out. */
const objectsOf = (messages: Iterable<Message.Message>) =>
  Object.fromEntries(
    rowsOf(messages).map(({ columns, size, table }) => [
      table.name,
      Array.from({ length: size }, (_, row) =>
        Object.fromEntries(
          table.columns.flatMap(({ name }, at) => (columns[at]![row] === null ? [] : [[name, columns[at]![row]]]))
        )
      )
    ])
  )
const own = { message_id: "m1", timestamp: base.timestamp, loaded_at: "2026-01-02T00:00:00.000Z" }

describe("the row of a message", () => {
  it("has each value in its column, and the message's own columns beside them", () => {
    const values = {
      qty: 3,
      price: 2.5,
      name: "Duck",
      gift: false,
      at: "2026-01-01T01:00:00+01:00",
      tags: ["a"],
      note: "c"
    }
    const message = paid(values, {
      userId: "u1",
      anonymousId: "a1",
      context: { groupId: "g1", ip: "203.0.113.7" },
      integrations: { All: false }
    })
    assert.deepStrictEqual(objectsOf([message]), {
      paid: [
        {
          ...own,
          user_id: "u1",
          anonymous_id: "a1",
          group_id: "g1",
          context: '{"groupId":"g1","ip":"203.0.113.7"}',
          integrations: '{"All":false}',
          ...values,
          tags: '["a"]'
        }
      ]
    })
  })

  it("has no value where the message has none, or null, or an empty id", () => {
    assert.deepStrictEqual(objectsOf([paid({ qty: null, name: "" }, { userId: "", context: { groupId: "" } })]), {
      paid: [{ ...own, name: "", context: '{"groupId":""}' }]
    })
  })

  it("stands in the table of its call", () => {
    const messages: ReadonlyArray<Message.Message> = [
      { type: "identify", userId: "u1", traits: { age: 7, plan: "pro" }, ...base, messageId: "1" },
      { type: "identify", userId: "u1", traits: { age: 7 }, ...base, messageId: "2" },
      { type: "group", userId: "u1", groupId: "g1", traits: { size: 3 }, ...base, messageId: "3" },
      { type: "alias", userId: "u1", previousId: "u0", ...base, messageId: "4" },
      { type: "page", name: "Home", category: "shop", properties: { url: "/" }, ...base, messageId: "5" },
      { type: "screen", properties: {}, ...base, messageId: "6" }
    ]
    const { loaded_at, timestamp } = own
    const common = { timestamp, loaded_at }
    assert.deepStrictEqual(objectsOf(messages), {
      identifies: [
        { message_id: "1", user_id: "u1", age: 7, traits: '{"plan":"pro"}', ...common },
        { message_id: "2", user_id: "u1", age: 7, ...common }
      ],
      groups: [{ message_id: "3", user_id: "u1", group_id: "g1", traits: '{"size":3}', ...common }],
      aliases: [{ message_id: "4", user_id: "u1", previous_id: "u0", ...common }],
      pages: [{ message_id: "5", name: "Home", category: "shop", properties: '{"url":"/"}', ...common }],
      screens: [{ message_id: "6", ...common }]
    })
  })

  it("comes once for an id, and not for a message without an id", () => {
    assert.deepStrictEqual(objectsOf([paid({ qty: 1 }), paid({ qty: 2 }), paid({}, { messageId: "" })]), {
      paid: [{ ...own, qty: 1 }]
    })
    assert.deepStrictEqual(Rows.outcomeOf(paid({}, { messageId: "" })), Receipt.rejected("the message has no id"))
    assert.deepStrictEqual(Rows.outcomeOf(paid({})), Receipt.delivered)
  })
})

describe("what does not fit", () => {
  const misfit = { ...own, type: "track", event: "paid" }

  it("is kept with its reason, and the rest of the event is in its table", () => {
    const { misfits, paid: rows } = objectsOf([
      paid({ qty: 2.5, price: "2", name: 7, gift: "yes", at: "yesterday", tags: ["\0"], note: "c\0", extra: { a: 1 } })
    ])
    assert.deepStrictEqual(rows, [own])
    assert.deepStrictEqual(
      misfits!.map(({ key, reason, value }) => [key, value, reason]),
      [
        ["qty", "2.5", "expected an integer, got a fraction"],
        ["price", '"2"', "expected a number, got a string"],
        ["name", "7", "expected a string, got an integer"],
        ["gift", '"yes"', "expected a boolean, got a string"],
        ["at", '"yesterday"', "expected a time with an offset and at most six digits of a second, got a string"],
        ["tags", '["\\u0000"]', "Engine cannot hold this value"],
        ["note", '"c\\u0000"', "Engine cannot hold this value"],
        ["extra", '{"a":1}', "the plan has no such key"]
      ]
    )
    assert.deepStrictEqual(misfits![0], {
      ...misfit,
      key: "qty",
      value: "2.5",
      reason: "expected an integer, got a fraction"
    })
    const kinds = objectsOf([paid({ qty: 2 ** 60, price: [], name: {}, gift: 1, at: true })])
    assert.deepStrictEqual(
      kinds["misfits"]!.map(({ reason }) => reason),
      [
        "expected an integer, got a number beyond 2^53",
        "expected a number, got a list",
        "expected a string, got an object",
        "expected a boolean, got an integer",
        "expected a time with an offset and at most six digits of a second, got a boolean"
      ]
    )
  })

  it("is the whole message if the plan does not have its event, or if its own columns cannot hold it", () => {
    const unknown = paid({ a: 1 }, { event: "unknown" })
    assert.deepStrictEqual(objectsOf([unknown]), {
      misfits: [
        {
          ...own,
          type: "track",
          event: "unknown",
          key: "",
          value: JSON.stringify(unknown),
          reason: "the plan has no such event"
        }
      ]
    })
    for (const [fields, reason] of [
      [{ userId: "u\0" }, "user_id: Engine cannot hold this value"],
      [
        { timestamp: "now" },
        "timestamp: expected a time with an offset and at most six digits of a second, got a string"
      ],
      [{ context: { groupId: 7 } }, "group_id: expected a string, got an integer"],
      [{ timestamp: undefined }, "timestamp is missing"]
    ] as const) {
      const { misfits, paid: rows } = objectsOf([paid({}, fields as Partial<Message.Track>)])
      assert.isUndefined(rows)
      assert.deepStrictEqual([misfits![0]!["key"], misfits![0]!["reason"]], ["", reason])
    }
  })

  it("has its texts as JSON where the engine cannot hold them", () => {
    const { misfits } = objectsOf([paid({ "k\0": 1 }, { messageId: "m\0", event: "e\ud800" })])
    assert.deepStrictEqual([misfits![0]!["message_id"], misfits![0]!["event"]], ['"m\\u0000"', '"e\\ud800"'])
    assert.deepStrictEqual(
      rowsOf([paid({ a: 1, b: 2 }), paid({}, { messageId: "m\0" })]).map(({ ids }) => ids),
      [["m1"], ["m1", "m1", "m\0"]]
    )
  })

  it("is never one with another whose text could be its JSON, and has an empty key only if it is a whole message", () => {
    const names = ["", '""', "k\0", '"k\\u0000"', '"', "k\\u0000"]
    const { misfits } = objectsOf([
      paid(Object.fromEntries(names.map((name) => [name, 1])), { messageId: '"m"' }),
      paid({}, { messageId: "m\0" }),
      paid({}, { messageId: '"m\\u0000"', event: "unknown" })
    ])
    const ids = misfits!.map(({ key, message_id }) => JSON.stringify([message_id, key]))
    assert.strictEqual(new Set(ids).size, names.length + 2)
    assert.strictEqual(misfits!.filter(({ key }) => key === "").length, 2)
    // It can be joined with the message's row.
    assert.strictEqual(misfits!.filter(({ message_id }) => message_id === '"m"').length, names.length)
  })

  it("may be of any depth", () => {
    let deep: Message.Json = { 0: 1 }
    for (let level = 0; level < 20_000; level++) deep = [deep]
    const { misfits, paid: rows } = objectsOf([
      paid({ qty: deep }),
      paid({ tags: deep }, { messageId: "m2" }),
      paid({ qty: deep }, { messageId: "m3", event: "unknown" })
    ])
    const text = "[".repeat(20_000) + '{"0":1}' + "]".repeat(20_000)
    assert.strictEqual(misfits![0]!["value"], text)
    assert.strictEqual(rows![1]!["tags"], text)
    assert.include(String(misfits![1]!["value"]), `"qty":${text}`)
  })

  it("includes the violations that the tracker found, with the value where it is still there", () => {
    const violation = (path: string) => ({ path, expected: "an integer", actual: "a fraction" })
    const context = {
      violations: [violation("paid.properties.qty"), violation("Order.lines[1].qty"), "odd", null, { path: 7 }]
    }
    const { misfits } = objectsOf([
      paid({}, { context }),
      paid({ qty: 1.5 }, { context: { violations: [violation("paid.properties.qty")] }, messageId: "m2" })
    ])
    assert.deepStrictEqual(
      misfits!.map(({ key, message_id, reason, value }) => [message_id, key, value, reason]),
      [
        ["m1", "qty", undefined, "expected an integer, got a fraction"],
        ["m1", "Order.lines[1].qty", undefined, "expected an integer, got a fraction"],
        ["m2", "qty", "1.5", "expected an integer, got a fraction"]
      ]
    )
  })

  it("is nothing that a context of your own calls violations", () => {
    assert.isUndefined(objectsOf([paid({ qty: 1 }, { context: { violations: "none" } })])["misfits"])
  })

  it("is undeclared traits as a whole, if the engine cannot hold them as JSON", () => {
    const identify: Message.Identify = { type: "identify", traits: { age: 7, a: "\0", b: 1 }, ...base }
    const { identifies, misfits } = objectsOf([identify])
    assert.deepStrictEqual(identifies, [{ ...own, age: 7 }])
    assert.deepStrictEqual(
      misfits!.map(({ key, value }) => [key, value]),
      [
        ["a", '"\\u0000"'],
        ["b", "1"]
      ]
    )
  })
})

describe("whatever the messages are", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 5 }),
    fc.constantFrom("", "qty", "__proto__", "toString", "at", "constructor")
  )
  const value = fc.jsonValue({ stringUnit: "binary", maxDepth: 2 }) as fc.Arbitrary<Message.Json>
  const message = fc
    .record({
      type: fc.constantFrom("track", "identify", "group", "alias", "page", "screen"),
      event: fc.constantFrom("paid", "unknown", "constructor"),
      messageId: fc.oneof(fc.uuid(), text),
      timestamp: fc.oneof(fc.constant(base.timestamp), text),
      userId: text,
      groupId: text,
      previousId: text,
      name: text,
      properties: fc.dictionary(fc.oneof(text, fc.constantFrom(...Object.keys(properties))), value, { maxKeys: 6 }),
      traits: fc.dictionary(text, value, { maxKeys: 4 }),
      context: fc.dictionary(text, value, { maxKeys: 3 })
    })
    .map((fields) => fields as unknown as Message.Message)

  const inMisfits = (text: string): string =>
    dialect.encode.string(text) === undefined || text === "" || text.startsWith('"') ? JSON.stringify(text) : text

  it("each has one row or is a misfit, and no value of it is lost", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const made = objectsOf(messages)
        const misfits = made["misfits"] ?? []
        const seen = new Set<string>()
        for (const one of messages) {
          const { messageId } = one
          if (messageId === "" || seen.has(messageId)) continue
          seen.add(messageId)
          const mine = misfits.filter((row) => [messageId, inMisfits(messageId)].includes(String(row["message_id"])))
          const rows = Object.entries(made).flatMap(([name, rows]) =>
            name === "misfits" ? [] : rows.filter((row) => row["message_id"] === messageId)
          )
          const whole = mine.filter(({ key, value }) => key === "" && value === JSON.stringify(one))
          assert.strictEqual(rows.length + whole.length, 1)
          if (whole.length === 1) continue
          if (one.type === "alias") continue
          const values = one.type === "identify" || one.type === "group" ? one.traits : one.properties
          for (const [key, value] of Object.entries(values)) {
            if (value === null) continue
            const rest = JSON.parse(String(rows[0]!["traits"] ?? rows[0]!["properties"] ?? "{}"))
            const kept = mine.find((row) => row["key"] === inMisfits(key))
            const cell = rows[0]![key]
            const inColumn = () => (key === "tags" ? JSON.parse(String(cell)) : cell)
            const found =
              kept !== undefined ? JSON.parse(String(kept["value"])) : Object.hasOwn(rest, key) ? rest[key] : inColumn()
            assert.deepStrictEqual(JSON.stringify(found), JSON.stringify(value), key)
          }
        }
      }),
      { numRuns: 300 }
    )
  })
})
