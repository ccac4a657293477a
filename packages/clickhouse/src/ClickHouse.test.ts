import { assert, describe, it } from "@effect/vitest"
import { EventSink, HttpTransport, type Message, Plan, type Receipt, TrackedEvent } from "@trackmap/core"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { ClickHouseServer, Fault, type VendorServer } from "../../testing/src/index.ts"
import * as SinkConformance from "../../testing/src/SinkConformance.ts"
import { ClickHouse } from "./index.ts"

const timestamp = "2026-01-01T00:00:00.000Z"
const stored = "2026-01-01 00:00:00.000000"
const Paid = TrackedEvent.make("Order Paid", {
  properties: { qty: Schema.Int, price: Schema.Finite, tags: Schema.Array(Schema.String), at: Schema.Date }
})
const Shipped = TrackedEvent.make("orderShipped", { properties: { qty: Schema.Int } })
const plan = Plan.make(Paid, Shipped)

const paid = (messageId: string, properties: Message.Track["properties"] = { qty: 1 }): Message.Track => ({
  type: "track",
  event: "Order Paid",
  properties,
  userId: "user-1",
  messageId,
  timestamp
})
const shipped = (messageId: string, properties: Message.Track["properties"] = { qty: 1 }): Message.Track => ({
  ...paid(messageId, properties),
  event: "orderShipped"
})

const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
const reasonsOf = (receipts: ReadonlyArray<Receipt.Receipt>) =>
  receipts.map(({ outcome }) => ("reason" in outcome ? outcome.reason : ""))
const idsOf = (rows: ReadonlyArray<ClickHouseServer.Row>) => rows.map((row) => row["message_id"])
const fetched = Effect.provide(HttpTransport.layerFetch)

const sinkOf = (server: ClickHouseServer.ClickHouseServer, more?: Partial<ClickHouse.Options>) =>
  ClickHouse.sink({ url: server.url, password: Redacted.make(server.password), ...more })
const deliver = (
  server: ClickHouseServer.ClickHouseServer,
  messages: ReadonlyArray<Message.Message>,
  given: Plan.Plan = plan,
  more?: Partial<ClickHouse.Options>
) => EventSink.deliver(sinkOf(server, more), messages, { plan: given })
/** The error of opening a sink, behind its name. */
const refused = (...args: Parameters<typeof deliver>) =>
  Effect.map(Effect.flip(deliver(...args)), ({ reason }) => reason.replace(/^clickhouse: /, ""))

const inserts = (requests: ReadonlyArray<VendorServer.Request>) =>
  requests.flatMap(({ text }) => /^INSERT INTO "default"\."(\w+)"/.exec(text)?.[1] ?? [])
/** Opens the tables, and delivers messages while the server misbehaves: `fault` gets the number of the insert. */
const onceOpen = Effect.fnUntraced(function* (
  fault: (index: number, server: ClickHouseServer.ClickHouseServer) => Fault.Common | undefined,
  messages: ReadonlyArray<Message.Message>
) {
  const server = yield* ClickHouseServer.make()
  yield* deliver(server, [])
  const before = (yield* server.requests).length
  // A service whose tables are there asks twice for the catalogue.
  yield* server.misbehave(({ index }) => (index < 2 ? undefined : fault(index - 2, server)))
  const receipts = yield* deliver(server, messages)
  return { receipts, requests: (yield* server.requests).slice(before), server }
})

const exception = (status: number, code: number, text: string): Fault.Common =>
  Fault.status(status, {
    headers: { "x-clickhouse-exception-code": String(code) },
    body: `Code: ${code}. DB::Exception: ${text}.`
  })

SinkConformance.suite("ClickHouse's sink", {
  runner: { describe, it },
  layer: HttpTransport.layerFetch,
  make: Effect.map(ClickHouseServer.make(), (server) => ({
    sink: sinkOf(server) as unknown as EventSink.EventSink<never, HttpTransport.HttpTransport>,
    received: Effect.map(server.tables, (tables) => [
      ...new Set(tables.flatMap(({ rows }) => idsOf(rows) as ReadonlyArray<string>))
    ])
  }))
})

describe("ClickHouse's sink", () => {
  it.live("makes the tables of the plan, and keeps each message in its own", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      const receipts = yield* deliver(server, [
        paid("m1", { qty: 3, price: 0.1, tags: ["a"], at: "2026-01-01T02:00:00.000001+02:00" }),
        paid("m2"),
        { type: "identify", traits: { plan: "pro" }, userId: "user-1", messageId: "m3", timestamp },
        { type: "alias", previousId: "user-0", userId: "user-1", messageId: "m4", timestamp }
      ])
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered", "Delivered", "Delivered", "Delivered"])
      const [first, second] = yield* server.rows("order_paid")
      const { loaded_at, ...row } = first!
      assert.match(String(loaded_at), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/)
      assert.deepStrictEqual(row, {
        message_id: "m1",
        timestamp: stored,
        user_id: "user-1",
        anonymous_id: null,
        group_id: null,
        context: null,
        integrations: null,
        qty: 3,
        price: 0.1,
        tags: '["a"]',
        at: "2026-01-01 00:00:00.000001"
      })
      assert.deepStrictEqual([second!["qty"], second!["price"], second!["at"]], [1, null, null])
      assert.deepStrictEqual((yield* server.rows("identifies"))[0]!["traits"], '{"plan":"pro"}')
      assert.deepStrictEqual((yield* server.rows("aliases"))[0]!["previous_id"], "user-0")
      const tables = yield* server.tables
      assert.sameDeepMembers(
        tables.map(({ comment, engine, name }) => [name, engine, comment]),
        [
          ["order_paid", "ReplacingMergeTree", "Order Paid"],
          ["order_shipped", "ReplacingMergeTree", "orderShipped"],
          ["identifies", "ReplacingMergeTree", ""],
          ["groups", "ReplacingMergeTree", ""],
          ["aliases", "ReplacingMergeTree", ""],
          ["pages", "ReplacingMergeTree", ""],
          ["screens", "ReplacingMergeTree", ""],
          ["misfits", "ReplacingMergeTree", ""],
          ["events", "View", "All tracked events, pages and screens (75fda0f6-ae1f-8b6c-bfa5-75a9e82b3226)"]
        ]
      )
    }).pipe(fetched)
  )

  it.live("keeps what does not fit in a table of its own, with the reason, and rejects a message without an id", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      const receipts = yield* deliver(server, [
        paid("m1", { qty: 2.5, colour: "red", at: "1899-12-31T23:59:59.999999Z" }),
        { ...paid("m2"), event: "unplanned" },
        paid("")
      ])
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered", "Delivered", "Rejected"])
      assert.deepStrictEqual(
        (yield* server.rows("misfits")).map(({ key, message_id, value }) => [message_id, key, value]),
        [
          ["m1", "qty", "2.5"],
          ["m1", "at", '"1899-12-31T23:59:59.999999Z"'],
          ["m1", "colour", '"red"'],
          ["m2", "", JSON.stringify({ ...paid("m2"), event: "unplanned" })]
        ]
      )
      const [row] = yield* server.rows("order_paid")
      assert.deepStrictEqual([row!["qty"], row!["at"]], [null, null])
    }).pipe(fetched, Effect.provide(Logger.layer([])))
  )

  it.effect("waits for an hour while ClickHouse is away", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      let isAway = true
      yield* server.misbehave(() => (isAway ? exception(503, 209, "away") : undefined))
      const delivering = yield* Effect.forkChild(deliver(server, [paid("m1")]))
      /** Lets the clock run, and the requests take their time. */
      const pass = (seconds: number) =>
        Effect.andThen(TestClock.adjust(seconds * 1_000), TestClock.withLive(Effect.sleep(5)))
      yield* Effect.repeat(pass(30), { times: 99 })
      isAway = false
      const ticking = yield* Effect.forkChild(Effect.forever(pass(1)))
      assert.deepStrictEqual(outcomesOf(yield* Fiber.join(delivering)), ["Delivered"])
      yield* Fiber.interrupt(ticking)
    }).pipe(fetched)
  )

  it.live("stores a batch that is sent again once, and a message that is sent again with others too", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      yield* deliver(server, [paid("m1"), paid("m2")])
      yield* deliver(server, [paid("m1"), paid("m2")])
      const [table] = yield* server.tables
      assert.deepStrictEqual(idsOf(table!.rows), ["m1", "m2"])
      yield* deliver(server, [paid("m2"), paid("m3")])
      const [again] = yield* server.tables
      assert.deepStrictEqual(idsOf(again!.rows), ["m1", "m2", "m2", "m3"])
      assert.deepStrictEqual(idsOf(yield* server.rows("order_paid")), ["m1", "m2", "m3"])
    }).pipe(fetched)
  )

  it.live("sends only the rows of the table that failed again", () =>
    Effect.gen(function* () {
      const { receipts, requests } = yield* onceOpen(
        (index) => (index === 1 ? Fault.status(500) : undefined),
        [paid("m1"), shipped("m2"), paid("m3")]
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered", "Delivered", "Delivered"])
      assert.deepStrictEqual(
        receipts.map(({ attempts }) => attempts),
        [1, 2, 1]
      )
      assert.deepStrictEqual(inserts(requests), ["order_paid", "order_shipped", "order_shipped"])
    }).pipe(fetched)
  )

  it.live("delivers to the other tables if the user may not write to one", () =>
    Effect.gen(function* () {
      const denied = exception(500, 497, "Not enough privileges: m1 is a secret")
      const { receipts, requests } = yield* onceOpen(
        (index) => (index === 0 ? denied : undefined),
        [paid("m1"), shipped("m2")]
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Rejected", "Delivered"])
      assert.deepStrictEqual(reasonsOf(receipts), ["ClickHouse answered ACCESS_DENIED (code 497, status 500)", ""])
      assert.deepStrictEqual(inserts(requests), ["order_paid", "order_shipped"])
    }).pipe(fetched)
  )

  it.live("halves a batch until the row that ClickHouse cannot read stands alone", () =>
    Effect.gen(function* () {
      const { receipts, server } = yield* onceOpen(
        () => Fault.poison((row) => row["message_id"] === "m2"),
        ["m1", "m2", "m3"].map((id) => paid(id))
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered", "Rejected", "Delivered"])
      assert.deepStrictEqual(idsOf(yield* server.rows("order_paid")), ["m1", "m3"])
    }).pipe(fetched)
  )

  it.live("makes a table again that somebody has dropped, and sends only its rows again", () =>
    Effect.gen(function* () {
      const { receipts, requests, server } = yield* onceOpen(
        (index, server) => {
          if (index === 0) Effect.runSync(server.drop("order_paid"))
          return undefined
        },
        [paid("m1"), shipped("m2")]
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered", "Delivered"])
      assert.deepStrictEqual(
        receipts.map(({ attempts }) => attempts),
        [1, 1]
      )
      assert.deepStrictEqual(idsOf(yield* server.rows("order_paid")), ["m1"])
      assert.deepStrictEqual(inserts(requests), ["order_paid", "order_shipped", "order_paid"])
    }).pipe(fetched)
  )

  it.live("rejects what it cannot insert although the tables are as they should be", () =>
    Effect.gen(function* () {
      const { receipts } = yield* onceOpen(
        () => exception(404, 60, "Table default.order_paid does not exist"),
        [paid("m1")]
      )
      assert.deepStrictEqual(outcomesOf(receipts), ["Rejected"])
    }).pipe(fetched)
  )

  it.live("claims no message that was not inserted, also if its id is one that ClickHouse cannot hold", () =>
    Effect.gen(function* () {
      const { receipts, server } = yield* onceOpen(() => exception(400, 27, "Cannot parse input"), [paid("\ud800")])
      assert.deepStrictEqual(outcomesOf(receipts), ["Rejected"])
      assert.deepStrictEqual(yield* server.rows("misfits"), [])
    }).pipe(fetched)
  )

  it.live("opens while ClickHouse is away, and makes the tables with the first batch", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      yield* server.misbehave([[Fault.status(503), 1]])
      const logged: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void logged.push(String(message)))])
      const receipts = yield* Effect.provide(deliver(server, [paid("m1")]), logger)
      assert.deepStrictEqual(outcomesOf(receipts), ["Delivered"])
      assert.deepStrictEqual(logged, [
        "clickhouse: the tables will be made with the first batch, since ClickHouse is not available: ClickHouse answered SOCKET_TIMEOUT (code 209, status 503)"
      ])
    }).pipe(fetched)
  )
})

describe("the tables", () => {
  const planOf = (properties: Readonly<Record<string, Schema.Codec<any, any>>>) =>
    Plan.make(TrackedEvent.make("Order Paid", { properties }))
  const columnsOf = (server: ClickHouseServer.ClickHouseServer) =>
    Effect.map(server.tables, ([table]) =>
      table!.columns.slice(8).map(({ comment, name, type }) => [name, type, comment])
    )

  it.live("follow the plan over its releases", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      yield* deliver(server, [paid("m1")], planOf({ qty: Schema.Int }))
      yield* deliver(server, [paid("m2")], planOf({ qty: Schema.Finite, tags: Schema.Array(Schema.String) }))
      const after = [
        ["qty", "Nullable(Float64)", ""],
        ["tags", "Nullable(String)", "JSON"]
      ]
      assert.deepStrictEqual(yield* columnsOf(server), after)
      yield* deliver(server, [paid("m3")], planOf({ qty: Schema.Int }))
      assert.deepStrictEqual(yield* columnsOf(server), after)
      assert.deepStrictEqual(idsOf(yield* server.rows("order_paid")), ["m1", "m2", "m3"])
    }).pipe(fetched)
  )

  it.live("are not asked for again by a service whose tables are there", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      yield* deliver(server, [])
      const before = (yield* server.requests).length
      yield* deliver(server, [])
      assert.deepStrictEqual(
        (yield* server.requests).slice(before).map(({ text }) => text.slice(0, 6)),
        ["SELECT", "SELECT"]
      )
    }).pipe(fetched)
  )

  it.live("keep their JSON apart from other text", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      yield* deliver(server, [], planOf({ tags: Schema.Array(Schema.String) }))
      assert.include(
        yield* refused(server, [], planOf({ tags: Schema.String })),
        `the column "tags" of the table "order_paid" is Nullable(String) COMMENT 'JSON' in ClickHouse, and the plan needs String`
      )
    }).pipe(fetched)
  )

  it.live("are refused if they are not the sink's own", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      const authorization = `Basic ${btoa(`${server.user}:${server.password}`)}`
      const run = (body: string) =>
        Effect.promise(() => fetch(server.url, { method: "POST", headers: { authorization }, body }))
      yield* run(
        `CREATE TABLE IF NOT EXISTS "default"."order_paid" ("message_id" String) ENGINE = MergeTree() ORDER BY ("message_id")`
      )
      yield* run(`CREATE OR REPLACE VIEW "default"."events" AS SELECT 1`)
      assert.strictEqual(
        yield* refused(server, []),
        `"order_paid" exists and is a MergeTree, and the sink needs a ReplacingMergeTree: pass another database, or rename it; ` +
          `"events" exists and is not the view of Trackmap, which has this name: pass another database, or rename it`
      )
    }).pipe(fetched)
  )

  it.live("have the names and the cluster that the options say", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      yield* deliver(server, [paid("m1")], planOf({ qty: Schema.Int }), {
        tables: { "Order Paid": 'a "b\\' },
        columns: { qty: "quantity's" }
      })
      assert.deepStrictEqual((yield* server.rows('a "b\\'))[0]!["quantity's"], 1)
      const reason = yield* refused(server, [], plan, { cluster: "main" })
      assert.include(
        reason,
        "ClickHouse answered CLUSTER_DOESNT_EXIST (code 701, status 500): Code: 701. DB::Exception"
      )
      const created = (yield* server.requests).find(({ text }) => text.includes('"order_paid" ON CLUSTER "main" ('))
      assert.include(created?.text, 'ReplicatedReplacingMergeTree("loaded_at")')
    }).pipe(fetched)
  )

  it.live("have a view that does not miss a table that another service has added meanwhile", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      const other = Plan.make(Shipped)
      yield* Effect.all(
        [plan, other, plan, other].map((each) => deliver(server, [], each)),
        { concurrency: "unbounded" }
      )
      const views = (yield* server.requests).filter(({ text }) => text.startsWith("CREATE OR REPLACE VIEW"))
      assert.include(views.at(-1)!.text, "'Order Paid' AS event")
      assert.include(views.at(-1)!.text, "'orderShipped' AS event")
    }).pipe(fetched)
  )
})

describe("the options", () => {
  const open = (more: object) =>
    Effect.map(
      Effect.flip(EventSink.deliver(ClickHouse.sink({ url: "http://127.0.0.1:1", ...more }), [])),
      ({ reason }) => reason
    )

  it.effect("are checked when the sink is made, or opens", () =>
    Effect.gen(function* () {
      assert.throws(() => ClickHouse.sink({ url: "", pasword: "" } as never), 'no option "pasword"')
      const wrong: ReadonlyArray<readonly [options: object, reason: string]> = [
        [{ url: "not an address" }, "the endpoint is not an http or https address"],
        [{ password: "text" }, "the password is not Redacted"],
        [{ password: Redacted.make(undefined) }, "the password is not a string"],
        [{ user: "" }, "the user is empty"],
        [{ user: "a:b" }, "the user contains a colon"],
        [{ database: "" }, "the database is empty"],
        [{ cluster: "" }, "the cluster is empty"]
      ]
      for (const [options, reason] of wrong) assert.include(yield* open(options), reason)
    }).pipe(fetched)
  )

  it.live("of the connection are named if ClickHouse refuses them, without the password", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make()
      const secret = "a-wrong-password"
      assert.match(
        yield* refused(server, [], plan, { password: Redacted.make(secret) }),
        /^ClickHouse answered AUTHENTICATION_FAILED \(code 516, status 403\): Code: 516\. DB::Exception: default: Authentication failed/
      )
      assert.include(yield* refused(server, [], plan, { database: "missing" }), "UNKNOWN_DATABASE")
      yield* server.misbehave(() => exception(403, 516, `the password is ${secret}`))
      assert.strictEqual(
        yield* refused(server, [], plan, { password: Redacted.make(secret) }),
        "ClickHouse answered AUTHENTICATION_FAILED (code 516, status 403)"
      )
    }).pipe(fetched)
  )

  it.live("come from the environment", () =>
    Effect.gen(function* () {
      const server = yield* ClickHouseServer.make({ user: "trackmap", database: "analytics" })
      const env = {
        CLICKHOUSE_URL: server.url,
        CLICKHOUSE_DATABASE: "analytics",
        CLICKHOUSE_USER: "trackmap",
        CLICKHOUSE_PASSWORD: server.password
      }
      const sink = yield* Effect.provideService(
        ClickHouse.config,
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromUnknown(env)
      )
      assert.deepStrictEqual(outcomesOf(yield* EventSink.deliver(sink, [paid("m1")], { plan })), ["Delivered"])
    }).pipe(fetched)
  )
})
