import { ClickHouse } from "@trackmap/clickhouse"
import { EventSink, HttpTransport, type Message, Plan, type Receipt, TrackedEvent } from "@trackmap/core"
import { Fault } from "@trackmap/testing"
import * as SinkConformance from "@trackmap/testing/SinkConformance"
import { Instant } from "@trackmap/warehouse"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import * as engine from "./engine.ts"

type Properties = Message.Track["properties"]

const timestamp = "2026-01-01T00:00:00.000Z"
const track = (
  event: string,
  messageId: string,
  properties: Properties,
  more?: Partial<Message.Track>
): Message.Track => ({
  type: "track",
  event,
  properties,
  userId: "user-1",
  messageId,
  timestamp,
  ...more
})
const planOf = (event: string, properties: Readonly<Record<string, Schema.Codec<any, any>>>) =>
  Plan.make(TrackedEvent.make(event, { properties }))
const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)

/** A database, and a server in front of it. */
const start = Effect.gen(function* () {
  const server = yield* engine.server
  const database = yield* engine.database
  const quoted = engine.quote(database)
  const connection = { url: server.url, database, user: engine.user, password: Redacted.make(engine.password) }
  return {
    server,
    connection,
    table: (name: string) => `${quoted}.${engine.quote(name)}`,
    sink: ClickHouse.sink(connection),
    deliver: (messages: ReadonlyArray<Message.Message>, plan?: Plan.Plan, more?: Partial<ClickHouse.Options>) =>
      EventSink.deliver(ClickHouse.sink({ ...connection, ...more }), messages, { plan })
  }
})
const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | HttpTransport.HttpTransport>): Promise<A> =>
  Effect.runPromise(Effect.provide(Effect.scoped(effect), [HttpTransport.layerFetch, Logger.layer([])]))

SinkConformance.suite(`ClickHouse's sink, on ClickHouse ${engine.version}`, {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  make: Effect.map(start, ({ sink, table }) => ({
    sink: sink as unknown as EventSink.EventSink<never, HttpTransport.HttpTransport>,
    received: Effect.sync(() => {
      const tables = ["misfits", "identifies", "groups", "aliases", "pages", "screens"]
      const ids = tables.flatMap((name) => engine.rows(`SELECT DISTINCT message_id FROM ${table(name)} FINAL`))
      return [...new Set(ids.map(([id]) => String(id)))]
    })
  }))
})

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", "\u0000", "null", "\\N", "a\tb\nc", "'\"\\", "🦆", "\ud83e", "0", "2026-01-01T00:00:00Z")
)
const integer = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 3 }))
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
const time = fc.oneof(
  fc
    .date({ min: new Date("1890-01-01"), max: new Date("2310-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc
    .tuple(fc.integer({ min: -2_208_988_800, max: 10_413_791_999 }), fc.integer({ min: 0, max: 999_999 }))
    .map(([seconds, micros]) =>
      new Date(seconds * 1_000).toISOString().replace(".000Z", `.${String(micros).padStart(6, "0")}+00:00`)
    ),
  fc.constantFrom(
    "1900-01-01T00:00:00.000001Z",
    "1969-12-31T23:59:59.999999Z",
    "2299-12-31T23:59:59.999999Z",
    "2026-01-01T02:00:00+02:00"
  )
)
const json = fc.jsonValue({ stringUnit: "binary", maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)))

const first = BigInt(Date.UTC(1900, 0)) * 1000n
const last = BigInt(Date.UTC(2300, 0)) * 1000n
/** The instant of a time in ClickHouse's own form. */
const instant = (stored: unknown): bigint | undefined =>
  typeof stored === "string" ? Instant.micros(`${stored.replace(" ", "T")}Z`) : undefined

/** Kinds of keys: their schema, values that mostly fit, whether a value fits, and a stored value as it was tracked. */
const kinds = {
  string: {
    schema: Schema.String,
    values: text,
    fits: (value: unknown) => typeof value === "string" && value.isWellFormed()
  },
  integer: { schema: Schema.Int, values: integer, fits: (value: unknown) => Number.isSafeInteger(value) },
  number: { schema: Schema.Finite, values: number, fits: (value: unknown) => typeof value === "number" },
  boolean: { schema: Schema.Boolean, values: fc.boolean(), fits: (value: unknown) => typeof value === "boolean" },
  timestamp: {
    schema: Schema.Date,
    values: time,
    fits: (value: unknown) => {
      const micros = typeof value === "string" ? Instant.micros(value) : undefined
      return micros !== undefined && micros >= first && micros < last
    }
  },
  json: { schema: Schema.Json, values: json, fits: () => true }
} as const
type Kind = keyof typeof kinds

const names = ["a", "A", "Order Line", "a.b", "it's", 'a "quote"', "back\\slash", "é", "select", "message id"]
const keys = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...names), fc.constantFrom(...(Object.keys(kinds) as Array<Kind>))),
  {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 5
  }
)
const cases = keys.chain((keys) =>
  fc.record({
    keys: fc.constant(keys),
    rows: fc.array(
      fc.record({
        at: time,
        values: fc.tuple(
          ...keys.map(([, kind]) =>
            fc.oneof(
              { weight: 8, arbitrary: kinds[kind].values },
              { weight: 1, arbitrary: json },
              fc.constant(undefined)
            )
          )
        )
      }),
      { minLength: 1, maxLength: 8 }
    )
  })
)

const decoded = (kind: Kind, stored: unknown): unknown =>
  stored === null
    ? null
    : kind === "json"
      ? JSON.parse(String(stored))
      : kind === "timestamp"
        ? instant(stored)
        : stored
const tracked = (kind: Kind, value: unknown): unknown =>
  kind === "timestamp" ? Instant.micros(String(value)) : value === 0 ? 0 : value

describe("what was tracked", () => {
  it("comes back from its columns, and what does not fit from misfits", async () => {
    await fc.assert(
      fc.asyncProperty(cases, ({ keys, rows }) =>
        run(
          Effect.gen(function* () {
            const { deliver, table } = yield* start
            const event = `it's "an event" \\ 🦆`
            const plan = planOf(
              event,
              Object.fromEntries(keys.map(([, kind], key) => [`key${key}`, kinds[kind].schema]))
            )
            const messages = rows.map(({ at, values }, index) => {
              const given = keys.flatMap((_, key) => (values[key] === undefined ? [] : [[`key${key}`, values[key]]]))
              return track(event, `m${index}`, Object.fromEntries(given), { timestamp: at })
            })
            const receipts = yield* deliver(messages, plan, {
              tables: { [event]: "events \\ of 'mine'" },
              columns: Object.fromEntries(keys.map(([name], key) => [`key${key}`, name]))
            })
            assert.deepStrictEqual(new Set(outcomesOf(receipts)), new Set(["Delivered"]))
            const columns = keys.map(([name]) => engine.quote(name)).join(", ")
            const stored = new Map(
              engine
                .rows(`SELECT message_id, timestamp, ${columns} FROM ${table("events \\ of 'mine'")} FINAL`)
                .map(([id, ...rest]) => [id, rest])
            )
            const misfits = engine
              .rows(`SELECT message_id, key, value FROM ${table("misfits")} FINAL`)
              .map(([id, key, value]) => [`${id} ${key}`, JSON.parse(String(value))] as const)
            const expected = messages.flatMap((message): ReadonlyArray<readonly [string, unknown]> => {
              const { messageId, properties, timestamp } = message
              if (!kinds.timestamp.fits(timestamp)) return [[`${messageId} `, message]]
              const row = stored.get(messageId)!
              assert.strictEqual(instant(row[0]), Instant.micros(timestamp))
              return keys.flatMap(([, kind], key) => {
                const value = properties[`key${key}`] ?? null
                const fits = value === null || kinds[kind].fits(value)
                assert.deepStrictEqual(
                  decoded(kind, row[key + 1]),
                  fits && value !== null ? tracked(kind, value) : null
                )
                return fits ? [] : [[`${messageId} key${key}`, value]]
              })
            })
            assert.sameDeepMembers(misfits as Array<unknown>, JSON.parse(JSON.stringify(expected)))
          })
        )
      ),
      { numRuns: Number(process.env["RUNS"] ?? 40) }
    )
  })

  it("is there for each of the six calls, and in the view", () =>
    run(
      Effect.gen(function* () {
        const { deliver, table } = yield* start
        const common = { userId: "user-1", timestamp }
        const receipts = yield* deliver(
          [
            track("It's paid", "m1", { qty: 1 }),
            { type: "identify", traits: { plan: "pro" }, messageId: "m2", ...common },
            { type: "group", groupId: "group-1", traits: { seats: 3 }, messageId: "m3", ...common },
            { type: "alias", previousId: "user-0", messageId: "m4", ...common },
            { type: "page", name: "Home", properties: { a: [1] }, messageId: "m5", ...common },
            { type: "screen", name: "Cart", properties: {}, messageId: "m6", ...common }
          ],
          planOf("It's paid", { qty: Schema.Int })
        )
        assert.deepStrictEqual(new Set(outcomesOf(receipts)), new Set(["Delivered"]))
        assert.deepStrictEqual(engine.rows(`SELECT type, event FROM ${table("events")} ORDER BY message_id`), [
          ["track", "It's paid"],
          ["page", "Home"],
          ["screen", "Cart"]
        ])
        assert.deepStrictEqual(engine.rows(`SELECT traits, group_id FROM ${table("groups")}`), [
          ['{"seats":3}', "group-1"]
        ])
      })
    ))

  it("is rounded in no digit", () =>
    run(
      Effect.gen(function* () {
        const { deliver, table } = yield* start
        const values = fc.sample(number, { numRuns: 2_000, seed: 1 }).map((value) => (value === 0 ? 0 : value))
        yield* deliver(
          values.map((value, index) => track("measured", `m${index}`, { value, index })),
          planOf("measured", { value: Schema.Finite, index: Schema.Int })
        )
        const stored = engine.rows(`SELECT value FROM ${table("measured")} ORDER BY index`)
        assert.deepStrictEqual(
          stored.map(([value]) => value),
          values
        )
      })
    ))
})

describe("a message that is sent again", () => {
  const plan = planOf("paid", { qty: Schema.Int })
  const messages = ["m1", "m2", "m3"].map((id) => track("paid", id, { qty: 1, unknown: id }))

  it("is stored once, if its batch is the same", () =>
    run(
      Effect.gen(function* () {
        const { deliver, server, table } = yield* start
        const count = (name: string) => engine.rows(`SELECT count() FROM ${table(name)}`)[0]![0]
        yield* deliver([], plan)
        // The engine has the rows, and the sink never hears of it.
        yield* server.misbehave(({ index }) => (index === 2 ? Fault.reset("after") : undefined))
        const receipts = yield* deliver(messages, plan)
        assert.deepStrictEqual(
          receipts.map(({ attempts, outcome }) => [attempts, outcome._tag]),
          messages.map(() => [2, "Delivered"])
        )
        assert.deepStrictEqual([count("paid"), count("misfits")], [3, 3])
      })
    ))

  it("counts once in the view, and with FINAL, if its batch is another", () =>
    run(
      Effect.gen(function* () {
        const { deliver, table } = yield* start
        yield* deliver(messages.slice(0, 2), plan)
        yield* deliver(messages.slice(1), plan)
        for (const name of ["paid", "misfits"]) {
          assert.deepStrictEqual(engine.rows(`SELECT count() FROM ${table(name)}`), [[4]])
          assert.deepStrictEqual(engine.rows(`SELECT count() FROM ${table(name)} FINAL`), [[3]])
        }
        assert.deepStrictEqual(engine.rows(`SELECT count() FROM ${table("events")}`), [[3]])
        engine.session.query(`OPTIMIZE TABLE ${table("paid")} FINAL`, "TabSeparated")
        assert.deepStrictEqual(engine.rows(`SELECT count() FROM ${table("paid")}`), [[3]])
      })
    ))

  it("may have any time from 1900 to 2299, in one batch", () =>
    run(
      Effect.gen(function* () {
        const { deliver, table } = yield* start
        const years = Array.from({ length: 200 }, (_, index) => 1900 + index * 2)
        const old = years.map((year) => track("paid", `m${year}`, { qty: 1 }, { timestamp: `${year}-06-01T00:00:00Z` }))
        yield* deliver(old, plan)
        yield* deliver(old, plan)
        assert.deepStrictEqual(engine.rows(`SELECT count(), uniq(_partition_id) FROM ${table("paid")}`), [[200, 200]])
      })
    ))
})

describe("the tables", () => {
  it("follow a plan that grows and shrinks over ten releases", () =>
    run(
      Effect.gen(function* () {
        const { deliver, table } = yield* start
        const releases: ReadonlyArray<Readonly<Record<string, Schema.Codec<any, any>>>> = [
          { qty: Schema.Int },
          { qty: Schema.Int, name: Schema.String },
          { qty: Schema.Finite, name: Schema.String },
          { qty: Schema.Int, tags: Schema.Array(Schema.String) },
          { tags: Schema.Array(Schema.String) },
          { qty: Schema.Finite, at: Schema.Date },
          {},
          { gift: Schema.Boolean },
          { gift: Schema.Boolean, qty: Schema.Int },
          {
            qty: Schema.Int,
            name: Schema.String,
            tags: Schema.Array(Schema.String),
            at: Schema.Date,
            gift: Schema.Boolean
          }
        ]
        const values = { qty: 2 ** 53 - 1, name: "n", tags: ["t"], at: timestamp, gift: true }
        for (const [release, properties] of releases.entries()) {
          const given = Object.fromEntries(Object.entries(values).filter(([key]) => key in properties))
          yield* deliver([track("paid", `m${release}`, given)], planOf("paid", properties))
        }
        const rows = engine.rows(`SELECT message_id, qty, name, tags, gift FROM ${table("paid")} ORDER BY message_id`)
        const big = 2 ** 53 - 1
        assert.deepStrictEqual(rows, [
          ["m0", big, null, null, null],
          ["m1", big, "n", null, null],
          ["m2", big, "n", null, null],
          ["m3", big, null, '["t"]', null],
          ["m4", null, null, '["t"]', null],
          ["m5", big, null, null, null],
          ["m6", null, null, null, null],
          ["m7", null, null, null, true],
          ["m8", big, null, null, true],
          ["m9", big, "n", '["t"]', true]
        ])
        assert.deepStrictEqual(engine.rows(`SELECT count() FROM ${table("misfits")}`), [[0]])
      })
    ))

  it("are those of all plans, if several services open at once", () =>
    run(
      Effect.gen(function* () {
        const { deliver, table } = yield* start
        const plans = [
          planOf("paid", { a: Schema.Int }),
          planOf("paid", { b: Schema.String }),
          planOf("shipped", { a: Schema.Int }),
          planOf("returned", { a: Schema.Int })
        ]
        const all = yield* Effect.forEach(
          plans,
          (plan, index) => {
            const [{ name }] = Plan.describe(plan).events as unknown as readonly [{ readonly name: string }]
            return deliver([track(name, `m${index}`, index === 1 ? { b: "x" } : { a: 1 })], plan)
          },
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(new Set(all.flatMap(outcomesOf)), new Set(["Delivered"]))
        assert.deepStrictEqual(engine.rows(`SELECT event, count() FROM ${table("events")} GROUP BY 1 ORDER BY 1`), [
          ["paid", 2],
          ["returned", 1],
          ["shipped", 1]
        ])
      })
    ))

  it("are mended if somebody drops a table or a column while a service runs", () =>
    run(
      Effect.gen(function* () {
        const { deliver, server, table } = yield* start
        const plan = planOf("paid", { qty: Schema.Int })
        yield* deliver([], plan)
        for (const [index, statement] of [
          `DROP TABLE ${table("paid")}`,
          `ALTER TABLE ${table("paid")} DROP COLUMN qty`
        ].entries()) {
          // After the sink has read the catalogue.
          yield* server.misbehave(({ index }) => {
            if (index === 2) engine.session.query(statement, "TabSeparated")
            return undefined
          })
          const receipts = yield* deliver([track("paid", `m${index}`, { qty: 1 })], plan)
          assert.deepStrictEqual(
            receipts.map(({ attempts, outcome }) => [attempts, outcome._tag]),
            [[1, "Delivered"]]
          )
          assert.deepStrictEqual(engine.rows(`SELECT qty FROM ${table("paid")} WHERE message_id = 'm${index}'`), [[1]])
        }
      })
    ))

  it("may have columns of low cardinality, and are refused with other types", () =>
    run(
      Effect.gen(function* () {
        const { deliver, table } = yield* start
        const plan = planOf("paid", { name: Schema.String, qty: Schema.Int })
        yield* deliver([], plan)
        const alter = (change: string) => engine.session.query(`ALTER TABLE ${table("paid")} ${change}`, "TabSeparated")
        alter("MODIFY COLUMN name LowCardinality(Nullable(String))")
        assert.deepStrictEqual(outcomesOf(yield* deliver([track("paid", "m1", { name: "x" })], plan)), ["Delivered"])
        alter("MODIFY COLUMN qty Nullable(Int32)")
        const { reason } = yield* Effect.flip(deliver([], plan))
        assert.include(
          reason,
          `the column "qty" of the table "paid" is Nullable(Int32) in ClickHouse, and the plan needs Int64`
        )
      })
    ))

  it("keep what is not theirs", () =>
    run(
      Effect.gen(function* () {
        const { deliver, table } = yield* start
        engine.session.query(`CREATE VIEW ${table("events")} AS SELECT 1 AS one`, "TabSeparated")
        const { reason } = yield* Effect.flip(deliver([]))
        assert.include(reason, `"events" exists and is not the view of Trackmap`)
        assert.deepStrictEqual(engine.rows(`SELECT one FROM ${table("events")}`), [[1]])
      })
    ))

  it("lose old rows by a TTL", () =>
    run(
      Effect.gen(function* () {
        const { deliver, table } = yield* start
        const old = { timestamp: "2001-01-01T00:00:00Z" }
        const young = { timestamp: new Date().toISOString() }
        const messages = [track("paid", "m1", { qty: 1 }, old), track("paid", "m2", { qty: 1 }, young)]
        yield* deliver(messages, planOf("paid", { qty: Schema.Int }))
        for (const statement of [
          `ALTER TABLE ${table("paid")} MODIFY TTL toDateTime("timestamp") + INTERVAL 13 MONTH`,
          `OPTIMIZE TABLE ${table("paid")} FINAL`
        ]) {
          engine.session.query(statement, "TabSeparated")
        }
        assert.deepStrictEqual(engine.rows(`SELECT message_id FROM ${table("paid")}`), [["m2"]])
      })
    ))
})

describe("rows", () => {
  const plan = planOf("paid", { qty: Schema.Int })
  const left = (table: (name: string) => string) =>
    ["paid", "identifies", "aliases", "misfits"].map((name) =>
      engine.rows(`SELECT message_id FROM ${table(name)} ORDER BY ALL`).map(([id]) => id)
    )

  it("are deleted by age", () =>
    run(
      Effect.gen(function* () {
        const { connection, deliver, table } = yield* start
        const old = { timestamp: "2001-01-01T00:00:00Z" }
        const young = { timestamp: new Date().toISOString() }
        yield* deliver(
          [
            track("paid", "m1", { qty: 1, unknown: 1 }, old),
            track("paid", "m2", { qty: 1, unknown: 1 }, young),
            track("unplanned", "m3", {}, old),
            track("paid", "m4", { qty: 1 }, { timestamp: "no time" })
          ],
          plan
        )
        assert.strictEqual(yield* ClickHouse.prune({ ...connection, olderThan: "400 days" }), 3)
        assert.deepStrictEqual(left(table), [["m2"], [], [], ["m2", "m4"]])
        assert.strictEqual(yield* ClickHouse.prune({ ...connection, olderThan: "400 days" }), 0)
      })
    ))

  it("of a user are deleted with their misfits, and the sink goes on", () =>
    run(
      Effect.gen(function* () {
        const { connection, deliver, table } = yield* start
        const common = { timestamp, userId: "user-1" }
        yield* deliver(
          [
            track("paid", "m1", { qty: 1, unknown: 1 }, { anonymousId: "a1" }),
            track("unplanned", "m2", {}),
            { type: "identify", traits: {}, anonymousId: "a2", messageId: "m3", ...common },
            { type: "alias", previousId: "user-1", messageId: "m4", timestamp, userId: "user-2" },
            track("paid", "m5", { qty: 1, unknown: 1 }, { userId: "user-2" }),
            track("unplanned", "m6", { name: "user-1" }, { userId: "user-2" })
          ],
          plan
        )
        const { anonymousIds, rows } = yield* ClickHouse.forget({ ...connection, userId: "user-1" })
        assert.deepStrictEqual([rows, [...anonymousIds].sort()], [5, ["a1", "a2"]])
        assert.deepStrictEqual(left(table), [["m5"], [], [], ["m5", "m6"]])
        const receipts = yield* deliver([track("paid", "m7", { qty: 1 })], plan)
        assert.deepStrictEqual(outcomesOf(receipts), ["Delivered"])
        assert.deepStrictEqual(left(table)[0], ["m5", "m7"])
      })
    ))

  it("of any user are found, and no others", async () => {
    const ids = text.filter((id) => id !== "" && id !== "other")
    await fc.assert(
      fc.asyncProperty(ids, (userId) =>
        run(
          Effect.gen(function* () {
            const { connection, deliver, table } = yield* start
            const messages = [
              track("paid", "m1", { qty: 1 }, { userId }),
              track("unplanned", "m2", {}, { userId }),
              track("paid", "m3", { qty: 1 }, { userId: "other" }),
              track("unplanned", "m4", {}, { userId: "other" })
            ]
            yield* deliver(messages, plan)
            assert.strictEqual((yield* ClickHouse.forget({ ...connection, userId })).rows, 2)
            assert.deepStrictEqual(left(table), [["m3"], [], [], ["m4"]])
          })
        )
      ),
      { numRuns: Number(process.env["RUNS"] ?? 40) }
    )
  })
})

describe("the settings of a connection", () => {
  it("are named if they are wrong", () =>
    run(
      Effect.gen(function* () {
        const { deliver } = yield* start
        const password = Redacted.make("a wrong password")
        const failures = [{ database: "missing" }, { password }, { cluster: "main" }].map((options) =>
          deliver([], undefined, options)
        )
        const reasons = yield* Effect.forEach(failures, (failure) =>
          Effect.map(Effect.flip(failure), ({ reason }) => reason)
        )
        assert.include(reasons[0]!, "UNKNOWN_DATABASE")
        assert.include(reasons[1]!, "AUTHENTICATION_FAILED")
        assert.notInclude(reasons[1]!, "a wrong password")
        assert.include(reasons[2]!, "CLUSTER_DOESNT_EXIST")
      })
    ))
})
