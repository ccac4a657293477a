import { EventSink, type Message, Plan, TrackedEvent, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Pool } from "pg"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { address, deliver, nextSchema, pool, query, refusal, unavailable, url } from "../test/database.ts"
import { type Proxy, proxyTo } from "../test/proxy.ts"
import { Postgres } from "./index.ts"

const plan = Plan.make(TrackedEvent.make("paid", { properties: { name: Schema.String, qty: Schema.Int } }))
let ids = 0
const track = (properties: Message.Track["properties"]): Message.Track => ({
  type: "track",
  event: "paid",
  properties,
  messageId: `m${++ids}`,
  timestamp: "2026-01-01T00:00:00.000Z"
})
const count = async (schema: string): Promise<number> => (await query(`SELECT FROM ${schema}.paid`)).length

const once = EventSink.retried({ limit: 0 })
const soon = EventSink.retried({ schedule: Schedule.spaced("20 millis"), limit: "30 seconds" })
/** What a receipt says: the outcome, and its reason. */
const said = async (sink: ReturnType<typeof Postgres.sink>, messages: ReadonlyArray<Message.Message>) =>
  (await deliver(sink, messages, plan)).map((outcome) =>
    "reason" in outcome ? `${outcome._tag}: ${outcome.reason}` : outcome._tag
  )

/** Makes a role that can log in, and returns its address. */
const roleOf = async (schema: string, settings = ""): Promise<string> => {
  await query(`CREATE ROLE ${schema} LOGIN PASSWORD 'secret'`)
  if (settings !== "") await query(`ALTER ROLE ${schema} SET ${settings}`)
  const own = new URL(address)
  own.username = schema
  own.password = "secret"
  return own.href
}

describe.skipIf(unavailable !== undefined)("an error of PostgreSQL", () => {
  const schema = nextSchema()
  beforeAll(async () => {
    if (unavailable !== undefined) return
    await deliver(Postgres.sink({ pool, schema }), [], plan)
    await query(
      `CREATE FUNCTION ${schema}.raise() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN IF NEW.name IS NOT NULL THEN RAISE EXCEPTION 'a secret value' USING ERRCODE = NEW.name; END IF; RETURN NEW; END $$`
    )
    await query(`CREATE TRIGGER raise BEFORE INSERT ON ${schema}.paid FOR EACH ROW EXECUTE FUNCTION ${schema}.raise()`)
  })

  it.each([
    ["53100", "Expired: the disk of PostgreSQL is full (53100): free space on it"],
    ["53300", "Expired: PostgreSQL has too many connections (53300): lower those of each process"],
    ["53200", "Expired: PostgreSQL lacks resources, or fails (53200): look at its own log"],
    ["XX000", "Expired: PostgreSQL lacks resources, or fails (XX000): look at its own log"],
    ["25006", "Expired: PostgreSQL is read-only, such as a standby (25006): connect to the server that accepts writes"],
    ["57P01", "Expired: PostgreSQL is starting or shutting down (57P01): wait until it accepts connections"],
    [
      "57014",
      "Expired: PostgreSQL took too long (57014): look for locks, or raise statement_timeout and the sink's timeout"
    ],
    ["55P03", "Expired: another transaction holds a lock for too long (55P03): look for it in pg_stat_activity"],
    ["40001", "Expired: the transaction conflicts with another (40001): run it again"],
    ["40P01", "Expired: the transaction conflicts with another (40P01): run it again"],
    ["08006", "Expired: PostgreSQL does not respond (08006): check that it runs and accepts connections"],
    ["22003", "Rejected: a column cannot hold the value (22003): give the column the type that the README lists"],
    [
      "23514",
      "Rejected: a constraint of the table refuses the row (23514): drop the constraint, or resend the dead letter"
    ],
    ["54000", "Rejected: the row is beyond a limit of PostgreSQL (54000): track fewer or smaller values"],
    ["P0001", "Rejected: a trigger of the table refuses the row (P0001): look at the trigger, or drop it"],
    ["42501", "Rejected: the role lacks a right (42501): grant the role the rights that the README lists"],
    [
      "0A000",
      "Rejected: PostgreSQL cannot make this change of a table (0A000): drop the view or the rule that uses the column"
    ]
  ])("%s has the outcome %s", async (code, outcome) => {
    for (const from of [{ pool }, { url }]) {
      const [receipt] = await said(once(Postgres.sink({ ...from, schema })), [track({ name: code })])
      assert.isTrue(receipt!.startsWith(outcome), receipt)
    }
  })

  it("that it has no TLS is told", async () => {
    const required = Redacted.make(`${address}?sslmode=require`)
    const failed = await Effect.runPromise(Effect.flip(Postgres.prune({ url: required, olderThan: "1 day" })))
    assert.strictEqual(
      failed.message,
      "prune: PostgreSQL has no TLS, which the connection requires (ERR_TLS_UNSUPPORTED): turn on ssl in PostgreSQL, or pass another sslmode"
    )
  })

  it("of its certificate is told", async () => {
    for (const code of ["SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "CERT_HAS_EXPIRED"]) {
      const untrusted = { connect: () => Promise.reject(Object.assign(new Error("self-signed certificate"), { code })) }
      const { message, transient } = await Effect.runPromise(
        Effect.flip(Postgres.prune({ pool: untrusted, olderThan: "1 day" }))
      )
      assert.include(message, `PostgreSQL's certificate is not trusted (${code}): let Node.js trust its authority`)
      assert.isTrue(transient)
    }
  })

  it("of one message lets the others through", async () => {
    const before = await count(schema)
    const outcomes = await said(Postgres.sink({ pool, schema }), [
      ...Array.from({ length: 5 }, () => track({ qty: 1 })),
      track({ name: "23514" }),
      ...Array.from({ length: 5 }, () => track({ qty: 1 }))
    ])
    assert.deepStrictEqual(
      outcomes.map((outcome) => outcome.slice(0, 8)),
      Array.from({ length: 11 }, (_, at) => (at === 5 ? "Rejected" : "Delivere"))
    )
    assert.strictEqual((await count(schema)) - before, 10)
  })
})

describe.skipIf(unavailable !== undefined)("a table that someone changes while the sink is open", () => {
  const changes: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["is made again if it was dropped", "DROP TABLE $.paid CASCADE", /^Delivered$/],
    ["is made again with its schema", "DROP SCHEMA $ CASCADE", /^Delivered$/],
    ["gets a column again", "ALTER TABLE $.paid DROP COLUMN qty", /^Delivered$/],
    [
      "is reported if a column has another type",
      "ALTER TABLE $.paid ALTER COLUMN qty TYPE jsonb USING NULL",
      /^Rejected: the column "qty" of the table "paid" is jsonb in PostgreSQL, and the plan needs bigint: rename the key/
    ],
    [
      "is reported if another column demands a value",
      "ALTER TABLE $.paid ADD COLUMN other int NOT NULL",
      /^Rejected: a column that is not Trackmap's demands a value \(23502, table "paid", column "other"\): drop its NOT NULL/
    ],
    [
      "is reported if a constraint refuses the row",
      "ALTER TABLE $.paid ADD CONSTRAINT few CHECK (qty < 1)",
      /^Rejected: a constraint of the table refuses the row \(23514, table "paid", constraint "few"\)/
    ]
  ]
  it.each(changes)("%s", async (_, change, outcome) => {
    const schema = nextSchema()
    const program = Effect.gen(function* () {
      const tracker = yield* Tracker.make(Postgres.sink({ pool, schema }), { plan })
      yield* Effect.promise(() => query(change.replaceAll("$", schema)))
      const { receipts } = yield* tracker.send(track({ qty: 1 }))
      yield* tracker.flushWithin(Infinity)
      return (yield* receipts)[0]!.outcome
    })
    const found = await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(Logger.layer([]))))
    assert.match("reason" in found ? `${found._tag}: ${found.reason}` : found._tag, outcome)
  })
})

describe.skipIf(unavailable !== undefined)("a role", () => {
  it("that may not create a schema is told so when the sink opens", async () => {
    const schema = nextSchema()
    const own = Redacted.make(await roleOf(schema))
    assert.strictEqual(
      await refusal(Postgres.sink({ url: own, schema }), plan),
      `the role lacks a right (42501): run CREATE SCHEMA "${schema}" AUTHORIZATION "${schema}"`
    )
  })

  it("that may only insert works while the tables are as the plan needs them, and is told so if they are not", async () => {
    const schema = nextSchema()
    const own = Redacted.make(await roleOf(schema))
    await deliver(Postgres.sink({ pool, schema }), [], plan)
    await query(`GRANT USAGE ON SCHEMA ${schema} TO ${schema}`)
    await query(`GRANT INSERT ON ALL TABLES IN SCHEMA ${schema} TO ${schema}`)
    const sink = Postgres.sink({ url: own, schema })
    assert.deepStrictEqual(await said(sink, [track({ qty: 1 })]), ["Delivered"])
    assert.strictEqual(
      await refusal(sink, Plan.make(TrackedEvent.make("paid", { properties: { more: Schema.Int } }))),
      `the role lacks a right (42501): open the sink once as the owner of the tables, or run GRANT USAGE, CREATE ON SCHEMA "${schema}" TO "${schema}" ` +
        "(only a table's owner can change it)"
    )
  })

  it("with a wrong password, or a database that does not exist, is refused without a word of the address", async () => {
    const schema = nextSchema()
    const own = new URL(await roleOf(schema))
    own.password = "wrongsecret"
    const other = new URL(address)
    other.pathname = "/absentsecret"
    for (const [wrong, code] of [
      [own, "28P01"],
      [other, "3D000"]
    ] as const) {
      for (const from of [{ url: Redacted.make(wrong.href) }, { pool: new Pool({ connectionString: wrong.href }) }]) {
        assert.strictEqual(
          await refusal(Postgres.sink({ ...from, schema }), plan),
          `PostgreSQL refuses the login (${code}): check the database, the role and its password in the URL`
        )
      }
    }
  })

  it.each([
    ["default_transaction_read_only = on", "25006"],
    ["statement_timeout = '50ms'", "57014"],
    ["lock_timeout = '50ms'", "55P03"]
  ])("with %s delivers later", async (setting, code) => {
    const schema = nextSchema()
    const own = Redacted.make(await roleOf(schema, setting))
    await deliver(Postgres.sink({ pool, schema }), [], plan)
    await query(`GRANT USAGE ON SCHEMA ${schema} TO ${schema}`)
    await query(`GRANT INSERT ON ALL TABLES IN SCHEMA ${schema} TO ${schema}`)
    const holder = await pool.connect()
    try {
      // A statement waits for the lock before it fails because the transaction only reads.
      await holder.query(`BEGIN; LOCK TABLE ${schema}.${code === "25006" ? "misfits" : "paid"}`)
      const [outcome] = await said(once(Postgres.sink({ url: own, schema })), [track({ qty: 1 })])
      assert.match(outcome!, /^Expired/)
      assert.include(outcome, code)
    } finally {
      await holder.query("ROLLBACK")
      holder.release()
    }
    await query(`ALTER ROLE ${schema} RESET ALL`)
    assert.deepStrictEqual(await said(Postgres.sink({ url: own, schema }), [track({ qty: 1 })]), ["Delivered"])
  })
})

describe.skipIf(unavailable !== undefined)("a connection", () => {
  let proxy: Proxy
  beforeAll(async () => {
    if (unavailable === undefined) proxy = await proxyTo(address)
  })
  afterAll(() => proxy?.close())

  const kinds: ReadonlyArray<readonly [string, () => Postgres.Connection]> = [
    ["of a URL", () => ({ url: Redacted.make(proxy.url) })],
    [
      "of a pool",
      () => {
        const own = new Pool({ connectionString: proxy.url })
        own.on("error", () => {})
        return { pool: own }
      }
    ]
  ]

  it.each(kinds)("%s that is not there when the sink opens is made later, and nothing is lost", async (_, from) => {
    const schema = nextSchema()
    proxy.cut()
    const lines: Array<string> = []
    const logged = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
    const program = Effect.gen(function* () {
      const tracker = yield* Tracker.make(soon(Postgres.sink({ ...from(), schema })), { plan })
      const tracked = yield* tracker.send(track({ qty: 1 }))
      yield* tracker.flushWithin("100 millis")
      proxy.mend()
      yield* tracker.flushWithin(Infinity)
      return (yield* tracked.receipts)[0]!.outcome._tag
    })
    assert.strictEqual(await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(logged))), "Delivered")
    assert.strictEqual(await count(schema), 1)
    assert.match(lines[0]!, /^postgres: PostgreSQL does not respond.*The sink makes its tables with the first batch/)
    assert.notInclude(lines.join(), "password@")
  })

  it.each(kinds)("%s that breaks again and again loses nothing, and writes nothing twice", async (_, from) => {
    const schema = nextSchema()
    proxy.mend()
    const program = Effect.gen(function* () {
      const sink = Postgres.sink({ ...from(), schema }).pipe(soon, EventSink.batched({ messages: 50, age: "5 millis" }))
      const tracker = yield* Tracker.make(sink, { plan })
      const breaking = Effect.sync(() => proxy.cut()).pipe(
        Effect.andThen(Effect.sleep("5 millis")),
        Effect.andThen(Effect.sync(() => proxy.mend())),
        Effect.andThen(Effect.sleep("30 millis")),
        Effect.repeat({ times: 10 })
      )
      const tracking = Effect.forEach(
        Array.from({ length: 2_000 }, (_, qty) => track({ qty })),
        (message, at) => Effect.andThen(at % 50 === 0 ? Effect.sleep("5 millis") : Effect.void, tracker.send(message))
      )
      const [tracked] = yield* Effect.all([tracking, breaking], { concurrency: 2 })
      yield* tracker.flushWithin(Infinity)
      const receipts = yield* Effect.forEach(tracked, (one) => one.receipts)
      return new Set(receipts.flat().map(({ outcome }) => outcome._tag))
    })
    const outcomes = await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(Logger.layer([]))))
    assert.deepStrictEqual(outcomes, new Set(["Delivered"]))
    assert.strictEqual(await count(schema), 2_000)
  })

  it.each(kinds)("%s that hangs is given up after the timeout", async (_, from) => {
    const schema = nextSchema()
    proxy.mend()
    const options = { ...from(), schema, timeout: 200 }
    await deliver(Postgres.sink({ ...options, timeout: 10_000 }), [], plan)
    const program = Effect.gen(function* () {
      const tracker = yield* Tracker.make(soon(Postgres.sink(options)), { plan })
      proxy.freeze()
      const tracked = yield* tracker.send(track({ qty: 1 }))
      yield* tracker.flushWithin("500 millis")
      proxy.cut()
      proxy.mend()
      yield* tracker.flushWithin(Infinity)
      return (yield* tracked.receipts)[0]!.outcome._tag
    })
    assert.strictEqual(
      await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(Logger.layer([])))),
      "Delivered"
    )
  })

  it("of a pool goes back to it, whatever happened", async () => {
    const own = new Pool({ connectionString: address, max: 1 })
    const schema = nextSchema()
    const sink = once(Postgres.sink({ pool: own, schema, timeout: 300 }))
    await deliver(Postgres.sink({ pool: own, schema }), [], plan)
    const held = await own.connect()
    assert.match((await said(sink, [track({ qty: 1 })]))[0]!, /^Expired: PostgreSQL took too long/)
    held.release()
    const holder = await pool.connect()
    await holder.query(`BEGIN; LOCK TABLE ${schema}.paid`)
    assert.match((await said(sink, [track({ qty: 1 })]))[0]!, /^Expired: PostgreSQL took too long/)
    await holder.query("ROLLBACK")
    holder.release()
    assert.deepStrictEqual(await said(Postgres.sink({ pool: own, schema }), [track({ qty: 1 })]), ["Delivered"])
    assert.deepStrictEqual([own.totalCount, own.idleCount, own.waitingCount], [1, 1, 0])
    await own.end()
  })
})
