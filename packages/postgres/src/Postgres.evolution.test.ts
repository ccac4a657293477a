import { EventSink, type Message, Plan, TrackedEvent, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { deliver, nextSchema, pool, query, refusal, unavailable, url } from "../test/database.ts"
import { Postgres } from "./index.ts"

let ids = 0
const track = (event: string, properties: Message.Track["properties"], messageId = `m${++ids}`): Message.Track => ({
  type: "track",
  event,
  properties,
  messageId,
  timestamp: "2026-01-01T00:00:00.000Z"
})
const planOf = (properties: Readonly<Record<string, Schema.Codec<any, any>>>, event = "paid") =>
  Plan.make(TrackedEvent.make(event, { properties }))

describe.skipIf(unavailable !== undefined)("a plan that changes", () => {
  it("keeps every value over ten releases that grow and shrink, while instances of the release before write on", async () => {
    const schema = nextSchema()
    const plans = Array.from({ length: 10 }, (_, release) =>
      Plan.make(
        TrackedEvent.make("paid", {
          properties: {
            // Three keys at a time: one comes, one goes.
            ...Object.fromEntries([0, 1, 2].map((at) => [`key${release + at}`, Schema.String])),
            // Integers until the sixth release, then numbers, and integers again in the last.
            qty: release < 5 || release === 9 ? Schema.Int : Schema.Finite
          }
        }),
        // An event of the even releases.
        ...(release % 2 === 0 ? [TrackedEvent.make("sometimes", { properties: { at: Schema.Int } })] : [])
      )
    )
    const sent: Array<Message.Track> = []
    const program = Effect.gen(function* () {
      let before: ((messages: ReadonlyArray<Message.Message>) => Effect.Effect<void>) | undefined
      for (const [release, plan] of plans.entries()) {
        const values = Object.fromEntries([0, 1, 2].map((at) => [`key${release + at}`, `${release}`]))
        const current = (messages: ReadonlyArray<Message.Message>) =>
          Effect.map(
            Effect.scoped(EventSink.deliver(Postgres.sink({ pool, schema }), messages, { plan })),
            (receipts) => assert.isTrue(receipts.every(({ outcome }) => outcome._tag === "Delivered"))
          ).pipe(Effect.orDie)
        const own = track("paid", { ...values, qty: release })
        const other = track("sometimes", { at: release })
        yield* current([own, other])
        sent.push(own, other)
        if (before !== undefined) {
          const late = track("paid", { [`key${release - 1}`]: "late", qty: 100 + release })
          yield* before([late])
          sent.push(late)
        }
        before = current
      }
    })
    await Effect.runPromise(Effect.provide(program, Logger.layer([])))
    const rows = await query(`SELECT * FROM ${schema}.paid`)
    const byId = new Map(rows.map((row) => [row.message_id, row]))
    for (const { event, messageId, properties } of sent.filter(({ event }) => event === "paid")) {
      for (const [key, value] of Object.entries(properties)) assert.deepEqual(byId.get(messageId)[key], value, event)
    }
    assert.lengthOf(Object.keys(rows[0]), 8 + 12 + 1)
    assert.lengthOf(await query(`SELECT FROM ${schema}.sometimes`), 5)
    // What the event of the even releases sent in the odd ones, and what nobody planned.
    assert.lengthOf(await query(`SELECT FROM ${schema}.misfits WHERE event = 'sometimes'`), 5)
    assert.deepStrictEqual(await query(`SELECT event, count(*)::int FROM ${schema}.events GROUP BY 1 ORDER BY 1`), [
      { event: "paid", count: 19 },
      { event: "sometimes", count: 5 }
    ])
  })

  it("widens integers to numbers while a sink of the older plan is open, which then writes on", async () => {
    const schema = nextSchema()
    const program = Effect.gen(function* () {
      const older = yield* opened(Postgres.sink({ url, schema }), planOf({ qty: Schema.Int }))
      yield* older([track("paid", { qty: 1 })])
      const newer = yield* opened(Postgres.sink({ url, schema }), planOf({ qty: Schema.Finite, note: Schema.String }))
      yield* newer([track("paid", { qty: 2.5, note: "a" })])
      yield* older([track("paid", { qty: 3 })])
    })
    await Effect.runPromise(Effect.scoped(program))
    assert.deepStrictEqual(await query(`SELECT qty, note FROM ${schema}.paid ORDER BY qty`), [
      { qty: 1, note: null },
      { qty: 2.5, note: "a" },
      { qty: 3, note: null }
    ])
  })

  it("is refused with every column of another type", async () => {
    const schema = nextSchema()
    const sink = Postgres.sink({ pool, schema })
    await deliver(sink, [], planOf({ qty: Schema.String, at: Schema.Date, same: Schema.Int }))
    assert.strictEqual(
      await refusal(sink, planOf({ qty: Schema.Int, at: Schema.Boolean, same: Schema.Int })),
      'the column "qty" of the table "paid" is text in PostgreSQL, and the plan needs bigint: rename the key, change the column\'s type yourself, ' +
        'or give the event another table (tables: { "paid": "another_name" }); ' +
        'the column "at" of the table "paid" is timestamp with time zone in PostgreSQL, and the plan needs boolean: rename the key, ' +
        'change the column\'s type yourself, or give the event another table (tables: { "paid": "another_name" })'
    )
  })

  const made: ReadonlyArray<readonly [string, string, string]> = [
    ["a table without an id", "CREATE TABLE paid (a int)", 'the table "paid" exists and is not one of Trackmap\'s'],
    [
      "a table in which a message could be twice",
      "CREATE TABLE paid (message_id text NOT NULL, timestamp timestamptz, UNIQUE (message_id, timestamp, user_id), user_id text)",
      'the table "paid" would have a message twice: run CREATE UNIQUE INDEX ON "SCHEMA"."paid" ("message_id")'
    ],
    [
      "a view",
      "CREATE VIEW paid AS SELECT 1 AS a",
      '"paid" is a view in the schema "SCHEMA", and the plan needs a table'
    ],
    ["an index", "CREATE TABLE a (b int); CREATE INDEX paid ON a (b)", '"paid" is an index in the schema "SCHEMA"'],
    [
      "a table named events",
      "CREATE TABLE events (a int)",
      '"events" is not the sink\'s view in the schema "SCHEMA": use another schema'
    ]
  ]
  it.each(made)("is refused where the schema has %s", async (_, statement, reason) => {
    const schema = nextSchema()
    const client = await pool.connect()
    try {
      await client.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}; ${statement}; RESET search_path`)
    } finally {
      client.release()
    }
    assert.include(
      await refusal(Postgres.sink({ pool, schema }), planOf({ a: Schema.Int })),
      reason.replaceAll("SCHEMA", schema)
    )
  })

  it("takes a table that you have partitioned by time", async () => {
    const schema = nextSchema()
    await query(`CREATE SCHEMA ${schema}`)
    await query(
      `CREATE TABLE ${schema}.paid (message_id text, timestamp timestamptz, PRIMARY KEY (message_id, timestamp)) PARTITION BY RANGE (timestamp)`
    )
    await query(
      `CREATE TABLE ${schema}.paid_2026 PARTITION OF ${schema}.paid FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`
    )
    const message = track("paid", { a: 1 })
    for (let time = 0; time < 2; time++) {
      await deliver(Postgres.sink({ pool, schema }), [message], planOf({ a: Schema.Int }))
    }
    assert.deepStrictEqual(await query(`SELECT a FROM ${schema}.paid_2026`), [{ a: "1" }])
    assert.lengthOf(await query(`SELECT FROM ${schema}.events`), 1)
  })
})

const opened = Effect.fnUntraced(function* (sink: ReturnType<typeof Postgres.sink>, plan: Plan.Plan) {
  const tracker = yield* Tracker.make(sink, { plan })
  return Effect.fnUntraced(function* (messages: ReadonlyArray<Message.Message>) {
    const tracked = yield* Effect.forEach(messages, (message) => tracker.send(message))
    yield* tracker.flushWithin(Infinity)
    for (const { receipts } of tracked) {
      for (const { outcome } of yield* receipts) assert.strictEqual(outcome._tag, "Delivered")
    }
  })
})

describe.skipIf(unavailable !== undefined)("several instances", () => {
  it("make the tables at once", async () => {
    const schema = nextSchema()
    const plan = planOf({ qty: Schema.Int })
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, instance) =>
        deliver(Postgres.sink({ url, schema }), [track("paid", { qty: instance })], plan)
      )
    )
    assert.isTrue(outcomes.flat().every(({ _tag }) => _tag === "Delivered"))
    assert.lengthOf(await query(`SELECT FROM ${schema}.paid`), 8)
  })

  it("write the same messages at once, in any order, without a deadlock and once", async () => {
    const schema = nextSchema()
    const plan = Plan.make(
      ...["a", "b", "c"].map((event) => TrackedEvent.make(event, { properties: { at: Schema.Int } }))
    )
    const messages = Array.from({ length: 3_000 }, (_, at) => track("abc".charAt(at % 3), { at }))
    const sink = EventSink.retried(Postgres.sink({ url, schema }), { limit: 0 })
    await deliver(sink, [], plan)
    const orders = [
      messages,
      messages.toReversed(),
      messages.toSorted((a, b) => (a.event < b.event ? 1 : -1)),
      messages
    ]
    const outcomes = await Promise.all(orders.map((order) => deliver(sink, order, plan)))
    assert.deepStrictEqual(new Set(outcomes.flat().map(({ _tag }) => _tag)), new Set(["Delivered"]))
    assert.lengthOf(await query(`SELECT FROM ${schema}.events`), 3_000)
  })
})
