import { EventSink, type Message, Plan, TrackedEvent } from "@trackmap/core"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { deliver, nextSchema, pool, query, refusal, unavailable, url } from "../test/database.ts"
import { Postgres } from "./index.ts"

const paid = TrackedEvent.make("Invoice Paid", {
  properties: {
    qty: Schema.Int,
    price: Schema.Finite,
    name: Schema.String,
    gift: Schema.Boolean,
    at: Schema.Date,
    tags: Schema.Array(Schema.String)
  }
})
const plan = Plan.make(paid).pipe(Plan.calls({ identify: { age: Schema.Int } }))

const timestamp = "2026-01-01T00:00:00.000Z"
let ids = 0
const track = (properties: Message.Track["properties"], fields: Partial<Message.Track> = {}): Message.Track => ({
  type: "track",
  event: "Invoice Paid",
  properties,
  messageId: `m${++ids}`,
  timestamp,
  ...fields
})

/** Delivers to a new schema, and returns its name. */
const written = async (messages: ReadonlyArray<Message.Message>, options: Partial<Postgres.Options> = {}) => {
  const schema = nextSchema()
  const outcomes = await deliver(Postgres.sink({ url, schema, ...options }), messages, plan)
  assert.deepStrictEqual(new Set(outcomes.map(({ _tag }) => _tag)), new Set(["Delivered"]))
  return schema
}

describe.skipIf(unavailable !== undefined)("the tables", () => {
  it("have the columns and types of the plan, and the event's name as a comment", async () => {
    const schema = await written([track({})])
    const columns = await query(
      `SELECT column_name || ' ' || data_type || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END AS text
       FROM information_schema.columns WHERE table_schema = $1 AND table_name = 'invoice_paid' ORDER BY ordinal_position`,
      [schema]
    )
    assert.deepStrictEqual(
      columns.map(({ text }) => text),
      [
        "message_id text NOT NULL",
        "timestamp timestamp with time zone NOT NULL",
        "user_id text",
        "anonymous_id text",
        "group_id text",
        "context jsonb",
        "integrations jsonb",
        "loaded_at timestamp with time zone NOT NULL",
        "qty bigint",
        "price double precision",
        "name text",
        "gift boolean",
        "at timestamp with time zone",
        "tags jsonb"
      ]
    )
    assert.deepStrictEqual(await query(`SELECT obj_description('${schema}.invoice_paid'::regclass) AS comment`), [
      { comment: "Invoice Paid" }
    ])
    const tables = await query("SELECT table_name FROM information_schema.tables WHERE table_schema = $1 ORDER BY 1", [
      schema
    ])
    assert.deepStrictEqual(
      tables.map(({ table_name }) => table_name),
      ["aliases", "events", "groups", "identifies", "invoice_paid", "misfits", "pages", "screens"]
    )
  })

  it("have the message's values, each in its type", async () => {
    const values = { qty: 3, price: 2.5, name: "Duck", gift: false, at: "2026-01-01T01:00:00.25+01:00", tags: ["a"] }
    const context = { groupId: "g1", ip: "203.0.113.7" }
    const schema = await written([
      track(values, { userId: "u1", anonymousId: "a1", context, integrations: { All: false } })
    ])
    const [row] = await query(`SELECT * FROM ${schema}.invoice_paid`)
    const { loaded_at, message_id, ...rest } = row
    assert.strictEqual(message_id, `m${ids}`)
    assert.isBelow(Math.abs(Date.now() - loaded_at.getTime()), 60_000)
    assert.deepStrictEqual(rest, {
      timestamp: new Date(timestamp),
      user_id: "u1",
      anonymous_id: "a1",
      group_id: "g1",
      context,
      integrations: { All: false },
      ...values,
      qty: "3",
      at: new Date("2026-01-01T00:00:00.25Z")
    })
  })

  it("are those of all calls, and a view over tracked events, pages and screens", async () => {
    const base = { timestamp, userId: "u1" }
    const schema = await written([
      track({ qty: 1 }, { messageId: "1" }),
      { type: "page", name: "Home", properties: { url: "/" }, ...base, messageId: "2" },
      { type: "screen", properties: {}, ...base, messageId: "3" },
      { type: "identify", traits: { age: 7, plan: "pro" }, ...base, messageId: "4" },
      { type: "group", groupId: "g1", traits: { size: 3 }, ...base, messageId: "5" },
      { type: "alias", previousId: "u0", ...base, messageId: "6" }
    ])
    assert.deepStrictEqual(await query(`SELECT message_id, type, event FROM ${schema}.events ORDER BY message_id`), [
      { message_id: "1", type: "track", event: "Invoice Paid" },
      { message_id: "2", type: "page", event: "Home" },
      { message_id: "3", type: "screen", event: null }
    ])
    assert.deepStrictEqual(await query(`SELECT user_id, age, traits FROM ${schema}.identifies`), [
      { user_id: "u1", age: "7", traits: { plan: "pro" } }
    ])
    assert.deepStrictEqual(await query(`SELECT group_id, traits FROM ${schema}.groups`), [
      { group_id: "g1", traits: { size: 3 } }
    ])
    assert.deepStrictEqual(await query(`SELECT user_id, previous_id FROM ${schema}.aliases`), [
      { user_id: "u1", previous_id: "u0" }
    ])
  })

  it("hold any text as it is", async () => {
    const texts = [
      "",
      "NULL",
      "null",
      '"',
      "\\",
      '\\"',
      "{}",
      "{a,b}",
      "a,b",
      " a ",
      "'; DROP TABLE x",
      "\n\t\r",
      "ü😀",
      "$1",
      "\\N",
      "\\u0041"
    ]
    const schema = await written(texts.map((name) => track({ name, tags: [name] })))
    const rows = await query(`SELECT name, tags FROM ${schema}.invoice_paid ORDER BY substr(message_id, 2)::int`)
    assert.deepStrictEqual(
      rows,
      texts.map((name) => ({ name, tags: [name] }))
    )
  })

  it.each([
    ["2026-01-01T00:00:00Z", "2026-01-01 00:00:00+00"],
    ["2026-01-01T00:00Z", "2026-01-01 00:00:00+00"],
    ["2026-01-01T00:00:00.123456Z", "2026-01-01 00:00:00.123456+00"],
    ["2026-01-01T00:00:00.1234560Z", "2026-01-01 00:00:00.123456+00"],
    ["2026-01-01T20:00:00+23:00", "2025-12-31 21:00:00+00"],
    ["9999-12-31T23:59:59-01:00", "10000-01-01 00:59:59+00"],
    ["+012345-01-01T00:00:00Z", "12345-01-01 00:00:00+00"],
    ["0001-01-01T00:00:00+01:00", "0001-12-31 23:00:00+00 BC"],
    ["0000-01-01T00:00:00Z", "0001-01-01 00:00:00+00 BC"],
    ["-000043-03-15T12:00:00.000001Z", "0044-03-15 12:00:00.000001+00 BC"],
    ["-004712-01-01T00:00:00Z", "4713-01-01 00:00:00+00 BC"]
  ])("hold the time %s", async (at, text) => {
    const schema = await written([track({ at })], { pool, url: undefined })
    assert.deepStrictEqual(await query(`SELECT (at AT TIME ZONE 'UTC')::text AS text FROM ${schema}.invoice_paid`), [
      { text: text.replace("+00", "") }
    ])
  })

  it("hold the largest and the smallest numbers", async () => {
    const numbers = [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 0.1 + 0.2, 1e21, 2 ** 53]
    const schema = await written([
      ...numbers.map((price) => track({ price })),
      track({ qty: Number.MAX_SAFE_INTEGER, tags: numbers as never })
    ])
    const rows = await query(
      `SELECT price FROM ${schema}.invoice_paid WHERE price IS NOT NULL ORDER BY substr(message_id, 2)::int`
    )
    assert.deepStrictEqual(
      rows.map(({ price }) => price),
      numbers
    )
    assert.deepStrictEqual(await query(`SELECT qty, tags FROM ${schema}.invoice_paid WHERE qty IS NOT NULL`), [
      { qty: String(Number.MAX_SAFE_INTEGER), tags: numbers }
    ])
  })
})

describe.skipIf(unavailable !== undefined)("misfits", () => {
  it("are what PostgreSQL or the plan does not have, with the reason", async () => {
    const schema = await written([
      track({ qty: 2.5, name: "a\0b", tags: ["\ud800"], other: 1 }, { messageId: "1" }),
      track({ at: "-004713-12-31T00:00:00Z", tags: ["\\u0000", "\\\\ud800"] }, { messageId: "2" }),
      track({}, { messageId: "3", event: "unknown" }),
      track({ tags: ["\\\0"] }, { messageId: "4\0" })
    ])
    const rows = await query(`SELECT message_id, key, value, reason FROM ${schema}.misfits ORDER BY message_id, key`)
    assert.deepStrictEqual(
      rows.map(({ key, message_id, reason, value }) => [message_id, key, value.slice(0, 20), reason]),
      [
        ['"4\\u0000"', "", '{"type":"track","eve', "message_id: PostgreSQL cannot hold this value"],
        ["1", "name", '"a\\u0000b"', "PostgreSQL cannot hold this value"],
        ["1", "other", "1", "the plan has no such key"],
        ["1", "qty", "2.5", "expected an integer, got a fraction"],
        ["1", "tags", '["\\ud800"]', "PostgreSQL cannot hold this value"],
        ["2", "at", '"-004713-12-31T00:00', "PostgreSQL cannot hold this value"],
        ["3", "", '{"type":"track","eve', "the plan has no such event"]
      ]
    )
    assert.deepStrictEqual(await query(`SELECT message_id, qty, tags FROM ${schema}.invoice_paid ORDER BY 1`), [
      { message_id: "1", qty: null, tags: null },
      { message_id: "2", qty: null, tags: ["\\u0000", "\\\\ud800"] }
    ])
  })

  it("are kept once, also under keys that are longer than an entry of an index", async () => {
    const schema = nextSchema()
    const [a, b] = ["x".repeat(5_000), `${"x".repeat(5_000)}y`]
    const message = track({ [a]: 1, [b]: 2 })
    for (let time = 0; time < 2; time++) await deliver(Postgres.sink({ pool, schema }), [message], plan)
    assert.deepStrictEqual(await query(`SELECT key, value FROM ${schema}.misfits ORDER BY length(key)`), [
      { key: a, value: "1" },
      { key: b, value: "2" }
    ])
  })
})

describe.skipIf(unavailable !== undefined)("a message", () => {
  it("is there once, in one batch and in several", async () => {
    const schema = nextSchema()
    const [one, two] = [track({ qty: 1 }), track({ qty: 2 })]
    for (const batch of [[one, one, two], [two, one], [one]]) {
      await deliver(Postgres.sink({ pool, schema }), batch, plan)
    }
    assert.deepStrictEqual(await query(`SELECT qty FROM ${schema}.invoice_paid ORDER BY qty`), [
      { qty: "1" },
      { qty: "2" }
    ])
  })

  it("without an id, or with one that is too long for an index, is rejected", async () => {
    const outcomes = await deliver(
      Postgres.sink({ pool, schema: nextSchema() }),
      [
        track({}, { messageId: "" }),
        track({}, { messageId: "x".repeat(999) }),
        track({}, { messageId: "\0".repeat(200) }),
        track({})
      ],
      plan
    )
    assert.deepStrictEqual(
      outcomes.map((outcome) => ("reason" in outcome ? outcome.reason : outcome._tag)),
      [
        "the message has no id",
        "the message's id has more than 1000 bytes",
        "the message's id has more than 1000 bytes",
        "Delivered"
      ]
    )
  })
})

describe("the options", () => {
  const cases: ReadonlyArray<readonly [any, RegExp]> = [
    [{}, /^pass either url or pool$/],
    [{ url, pool }, /^pass either url or pool$/],
    [{ pool: {} }, /^pool must be a Pool of pg$/],
    [{ url: "postgres://u:secret@h/d" }, /^the url is not Redacted/],
    [{ url: Redacted.make("") }, /^the url is empty$/],
    [{ url: Redacted.make("mysql://u:secret@h/d") }, /^the url is not an address such as/],
    [{ url: Redacted.make("postgres://u:secret@h:port/d") }, /^the url is not an address such as/],
    [
      { url: Redacted.make("postgres://u:secret@h/d?sslmode=always") },
      /^the url has an unknown sslmode: pass one of disable/
    ],
    [{ url, schema: "" }, /^schema must be a name of at most 63 bytes$/],
    [{ url, schema: "ä".repeat(32) }, /^schema must be a name of at most 63 bytes$/],
    [{ url, schema: "pg_events" }, /^schema begins with pg_/],
    [{ url, timeout: "soon" }, /^timeout must be a duration/],
    [{ url, timeout: 0 }, /^timeout must be a duration/]
  ]
  it.each(cases.map(([options, reason], at) => ({ at, options, reason })))(
    "of case $at are refused when the sink opens: $reason",
    async ({ options, reason }) => {
      const refused = await refusal(Postgres.sink(options))
      assert.match(refused, reason)
      assert.notInclude(refused, "secret")
    }
  )

  it("have no unknown names", () => {
    assert.throws(
      () => Postgres.sink({ url, schemas: "x" } as never),
      'it has no option "schemas": did you mean schema?'
    )
  })

  it("name tables and columns", async () => {
    const schema = nextSchema()
    const keys = Plan.make(
      TrackedEvent.make("pages", { properties: { xmin: Schema.Int, Name: Schema.Int, name: Schema.Int } })
    )
    const sink = (options: Partial<Postgres.Options> = {}) => Postgres.sink({ pool, schema, ...options })
    assert.strictEqual(
      await refusal(sink({ tables: { pages: "pages_sold" } }), keys),
      'the column "xmin" of the table "pages_sold" has the name of a column of PostgreSQL\'s own: rename the key, or pass columns: { "xmin": "another_name" }'
    )
    await deliver(
      sink({ tables: { pages: "pages_sold" }, columns: { xmin: "x min" } }),
      [track({ xmin: 1, Name: 2, name: 3 }, { event: "pages" })],
      keys
    )
    assert.deepStrictEqual(await query(`SELECT "x min", "Name", name FROM ${schema}.pages_sold`), [
      { "x min": "1", Name: "2", name: "3" }
    ])
  })

  it("come from the environment", async () => {
    const env = { POSTGRES_URL: "postgres://u:secret@h/d", POSTGRES_SCHEMA: "pg_x" }
    const sink = await Effect.runPromise(
      Effect.provideService(Postgres.config, ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))
    )
    assert.isTrue(EventSink.isEventSink(sink))
    assert.match(await refusal(sink), /^schema begins with pg_/)
  })
})
