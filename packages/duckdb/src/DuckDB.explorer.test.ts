import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { EventSink, Message, Plan, TrackedEvent } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll } from "vitest"
import { folder, keepOpen, otherProcess, query } from "../test/reading.ts"
import { DuckDB, type Explorer } from "./index.ts"

const Updated = TrackedEvent.make("Line Updated", {
  properties: {
    qty: Schema.Int,
    price: Schema.optionalKey(Schema.Finite),
    maker: Schema.optionalKey(Schema.String),
    email: Schema.optionalKey(Schema.String),
    gift: Schema.optionalKey(Schema.Boolean),
    due: Schema.optionalKey(Schema.Date),
    tags: Schema.optionalKey(Schema.Array(Schema.String))
  }
})
const plan = Plan.make(Updated)

const line = (at: string, properties: object, userId?: string): Message.Track => ({
  type: "track",
  event: "Line Updated",
  properties: properties as Message.Track["properties"],
  messageId: Message.nextId(Date.parse(at)),
  timestamp: new Date(at).toISOString(),
  ...(userId === undefined ? { anonymousId: "a-1" } : { userId })
})
/** In Berlin, the first is of the 28th, and clocks go from two to three on the 29th of March and back on the 25th of October. */
const messages = [
  line("2026-03-28T22:59:59Z", { qty: 1, maker: "Mario", email: "a@b.c", price: 2.5, tags: ["x"] }, "u-1"),
  line("2026-03-28T23:00:00Z", { qty: 2, maker: "Luigi's", gift: true, due: "2026-05-01T00:00:00Z" }, "u-1"),
  line("2026-03-29T21:59:59Z", { qty: 4, maker: "Mario" }, "u-2"),
  line("2026-03-29T22:00:00Z", { qty: 8 }),
  line("2026-10-25T00:30:00Z", { qty: 16 }, "u-3"),
  line("2026-10-25T01:30:00Z", { qty: 32 }, "u-3")
]

const path = mkdtempSync(join(tmpdir(), "trackmap-duckdb-"))
const file = join(path, "events.duckdb")
let close = () => {}
const warehouse = DuckDB.explorer({ file })

beforeAll(async () => {
  await Effect.runPromise(Effect.scoped(EventSink.deliver(DuckDB.sink({ file }), messages, { plan })))
  close = await keepOpen(file)
})
afterAll(() => {
  close()
  rmSync(path, { recursive: true })
})

const question: Explorer.Question = {
  table: "line_updated",
  measure: { of: "sum", key: "qty" },
  groupBy: [],
  timeZone: "Europe/Berlin",
  filters: [],
  limit: 100
}
/** The instance of a file that is open in this process answers. A sink of this process has it open. */
const here = <A, E>(use: (explorer: Explorer.Explorer) => Effect.Effect<A, E>) =>
  Effect.scoped(
    Effect.andThen(
      EventSink.deliver(DuckDB.sink({ file, keepOpen: true }), [], { plan }),
      Effect.suspend(() => use(warehouse))
    )
  )
const rowsOf = (more: Partial<Explorer.Question>) =>
  here(({ ask }) => Effect.map(ask({ ...question, ...more }), ({ rows }) => rows))
const reasonOf = <A>(effect: Effect.Effect<A, { readonly _tag: string; readonly message: string }>) =>
  Effect.map(Effect.flip(effect), (error) => `${error._tag}: ${error.message}`)

describe("a question", () => {
  it.live("is answered by day and by hour of a time zone, as instants", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* rowsOf({ every: "day" }), [
        ["2026-03-27T23:00:00.000Z", 1],
        ["2026-03-28T23:00:00.000Z", 6],
        ["2026-03-29T22:00:00.000Z", 8],
        ["2026-10-24T22:00:00.000Z", 48]
      ])
      assert.deepStrictEqual(yield* rowsOf({ every: "hour", from: "2026-10-01T00:00:00Z" }), [
        ["2026-10-25T00:00:00.000Z", 16],
        ["2026-10-25T01:00:00.000Z", 32]
      ])
      assert.deepStrictEqual(yield* rowsOf({ every: "hour", timeZone: "Asia/Kolkata", to: "2026-03-29T00:00:00Z" }), [
        ["2026-03-28T22:30:00.000Z", 3]
      ])
      assert.deepStrictEqual(
        yield* rowsOf({ every: "hour", timeZone: "Australia/Lord_Howe", from: "2026-10-25T01:00:00Z" }),
        [["2026-10-25T01:00:00.000Z", 32]]
      )
    })
  )

  it.live("is the same as DuckDB's own arithmetic of time zones", () =>
    Effect.gen(function* () {
      for (const zone of ["UTC", "America/New_York", "Asia/Kathmandu", "Europe/Berlin", "Pacific/Apia"]) {
        const expected = yield* query(
          file,
          `SELECT epoch_ms(date_trunc('day', "timestamp" AT TIME ZONE '${zone}') AT TIME ZONE '${zone}')::DOUBLE AS day, sum(qty)::INT AS qty
           FROM line_updated GROUP BY 1 ORDER BY 1`
        )
        assert.deepStrictEqual(
          (yield* rowsOf({ every: "day", timeZone: zone })).map(([day, qty]) => ({
            day: Date.parse(String(day)),
            qty
          })),
          expected as ReadonlyArray<any>,
          zone
        )
      }
    })
  )

  it.live("groups, filters and measures", () =>
    Effect.gen(function* () {
      const filtered = (...filters: ReadonlyArray<Explorer.Filter>) =>
        Effect.map(rowsOf({ measure: { of: "count" }, filters }), ([row]) => row![0])
      assert.deepStrictEqual(yield* rowsOf({ groupBy: ["maker"] }), [
        [null, 56],
        ["Mario", 5],
        ["Luigi's", 2]
      ])
      assert.deepStrictEqual(yield* rowsOf({ every: "day", groupBy: ["maker", "gift"], to: "2026-03-29T22:00:00Z" }), [
        ["2026-03-27T23:00:00.000Z", "Mario", null, 1],
        ["2026-03-28T23:00:00.000Z", "Mario", null, 4],
        ["2026-03-28T23:00:00.000Z", "Luigi's", true, 2]
      ])
      assert.deepStrictEqual(yield* rowsOf({ measure: { of: "users" } }), [[4]])
      assert.deepStrictEqual(yield* rowsOf({ measure: { of: "average", key: "price" } }), [[2.5]])
      assert.strictEqual(yield* filtered({ key: "maker", is: "=", value: "Luigi's" }), 1)
      assert.strictEqual(yield* filtered({ key: "maker", is: "!=", value: "Mario" }), 4)
      assert.strictEqual(yield* filtered({ key: "maker", is: "contains", value: "GI'" }), 1)
      assert.strictEqual(yield* filtered({ key: "maker", is: "null" }), 3)
      assert.strictEqual(yield* filtered({ key: "maker", is: "not null" }, { key: "qty", is: ">=", value: 2 }), 2)
      assert.strictEqual(yield* filtered({ key: "gift", is: "=", value: true }), 1)
      assert.strictEqual(yield* filtered({ key: "due", is: "<", value: "2026-06-01T00:00:00Z" }), 1)
      assert.strictEqual(yield* filtered({ key: "tags", is: "contains", value: "x" }), 1)
    })
  )

  it.live("comes with its SQL, its columns, and whether there is more", () =>
    Effect.gen(function* () {
      const { columns, rows, sql, truncated } = yield* here(({ ask }) =>
        ask({ ...question, groupBy: ["maker"], limit: 2 })
      )
      assert.strictEqual(
        sql,
        `SELECT "maker", sum("qty") AS "sum"\nFROM "line_updated"\nGROUP BY 1\nORDER BY 2 DESC NULLS LAST, 1`
      )
      assert.deepStrictEqual(columns, [
        { name: "maker", kind: "string" },
        { name: "sum", kind: "integer" }
      ])
      assert.deepStrictEqual([rows.length, truncated], [2, true])
      const daily = yield* here(({ ask }) => ask({ ...question, every: "day", groupBy: ["maker"] }))
      assert.deepStrictEqual(daily.columns, [
        { name: "day", kind: "timestamp" },
        { name: "maker", kind: "string" },
        { name: "sum", kind: "integer" }
      ])
      assert.isFalse(daily.truncated)
    })
  )

  it.live("that makes no sense is refused with the reason", () =>
    Effect.gen(function* () {
      const refusals: ReadonlyArray<readonly [object, string]> = [
        [{ table: "x" }, 'there is no table "x"'],
        [{ groupBy: ["x"] }, 'the table "line_updated" has no column "x"'],
        [{ groupBy: ['qty" FROM misfits --'] }, "has no column"],
        [{ measure: { of: "sum", key: "maker" } }, '"maker" is not a number'],
        [{ measure: { of: "median" } }, "there is no such measure"],
        [{ every: "week" }, "by hour or by day"],
        [{ every: "day", timeZone: "Mars/Olympus" }, 'there is no time zone "Mars/Olympus"'],
        [{ from: "yesterday" }, "from is not a time in ISO 8601"],
        [{ filters: [{ key: "qty", is: "=", value: "1" }] }, 'the filter of "qty" needs a number'],
        [{ filters: [{ key: "gift", is: "=", value: 1 }] }, "needs true or false"],
        [{ filters: [{ key: "maker", is: "=", value: 1 }] }, "needs a text"],
        [{ filters: [{ key: "qty", is: "contains", value: 1 }] }, "it contains nothing"],
        [{ filters: [{ key: "qty", is: "LIKE", value: 1 }] }, 'there is no comparison "LIKE"']
      ]
      for (const [more, reason] of refusals) {
        assert.include(yield* here(({ ask }) => reasonOf(ask({ ...question, ...more }))), reason)
      }
    })
  )
})

const visible = { line_updated: ["message_id", "timestamp", "qty", "maker", "tags", "no such column"], nothing: ["a"] }

describe("a statement", () => {
  const select = (sql: string, limit = 100) => here((explorer) => explorer.select(sql, { limit, visible }))

  it.live("reads what is visible", () =>
    Effect.gen(function* () {
      const { columns, rows } = yield* select("SELECT * FROM line_updated WHERE qty = 1")
      assert.deepStrictEqual(columns, [
        { name: "message_id", kind: "string" },
        { name: "timestamp", kind: "timestamp" },
        { name: "qty", kind: "integer" },
        { name: "maker", kind: "string" },
        { name: "tags", kind: "json" }
      ])
      assert.deepStrictEqual(rows, [[messages[0]!.messageId, "2026-03-28T22:59:59.000Z", 1, "Mario", ["x"]]])
      const several = yield* select(
        "WITH large AS (SELECT maker, sum(qty) AS n FROM Line_Updated GROUP BY 1) SELECT l.maker, n::DECIMAL(9, 2), 2::HUGEINT ** 70, DATE '2026-01-01', [1], NULL FROM large l, range(1) WHERE n > 10"
      )
      assert.deepStrictEqual(several.rows, [[null, 56, 2 ** 70, "2026-01-01", [1], null]])
      const exact = yield* select(
        "SELECT 9007199254740993::BIGINT, 'NaN'::DOUBLE, TIMESTAMP '2026-01-01', TIMESTAMPTZ '290000-01-01 00:00:00Z'"
      )
      assert.deepStrictEqual(exact.rows, [
        ["9007199254740993", "NaN", "2026-01-01T00:00:00.000Z", "290000-01-01 00:00:00+00"]
      ])
      assert.deepStrictEqual((yield* select("FROM range(10)", 3)).rows, [[0], [1], [2]])
      const long = yield* select("SELECT repeat('x', 1000000) FROM range(20)")
      assert.isTrue(long.truncated)
      assert.strictEqual(long.rows.length, 7)
      assert.include(yield* reasonOf(select("SELECT repeat('x', 9000000)")), "a single row has more than 8 MB")
    })
  )

  it.live("reads all events together, of tables of which it reads some columns, and while others ask too", () =>
    Effect.gen(function* () {
      const options = { limit: 100, visible: { ...visible, events: ["event", "message_id"] } }
      const asking = (sql: string) =>
        here((explorer) =>
          Effect.all(
            Array.from({ length: 3 }, () => explorer.select(sql, options)),
            { concurrency: 3 }
          )
        )
      for (const { columns, rows } of yield* asking("SELECT * FROM events JOIN line_updated USING (message_id)")) {
        assert.deepStrictEqual(
          columns.map(({ name }) => name),
          ["message_id", "event", "timestamp", "qty", "maker", "tags"]
        )
        assert.strictEqual(rows.length, messages.length)
      }
      assert.include(yield* reasonOf(asking("SELECT context FROM events")), "context")
    })
  )

  it.live("reads nothing else, by no way", () =>
    Effect.gen(function* () {
      const refused: ReadonlyArray<readonly [string, string]> = [
        ["SELECT email FROM line_updated", 'Referenced column "email" not found'],
        ["SELECT line_updated.email FROM line_updated", "email"],
        ["SELECT * FROM misfits", 'there is no table "misfits"'],
        ["SELECT * FROM events.main.line_updated", 'write "line_updated" without a schema'],
        ["SELECT * FROM main.line_updated", "without a schema"],
        ["SELECT * FROM (WITH misfits AS (SELECT 1) FROM misfits) a, misfits", 'the name "misfits" is taken'],
        ["SELECT (SELECT max(key) FROM MISFITS)", "there is no table"],
        ["FROM query('FROM misfits')", 'the table function "query" is not allowed here'],
        ["FROM query_table('misfits')", "query_table"],
        ["FROM histogram('main.line_updated', 'email')", "histogram"],
        ["FROM pragma_storage_info('line_updated')", "pragma_storage_info"],
        ["FROM duckdb_settings()", "duckdb_settings"],
        ["FROM duckdb_columns", "there is no table"],
        ["FROM sqlite_master", "there is no table"],
        ["FROM information_schema.columns", "without a schema"],
        ["FROM read_text('/etc/passwd')", "read_text"],
        ["FROM '/etc/passwd'", "there is no table"],
        ["SUMMARIZE line_updated", "SUMMARIZE"],
        ["DESCRIBE misfits", "DESCRIBE"],
        ["SHOW TABLES", "SHOW"],
        ["SELECT 1; SELECT 2", "only one SELECT"],
        ["", "only one SELECT"],
        ["SELECT $1", "cannot have parameters"],
        ["DROP TABLE line_updated", "only one SELECT"],
        ["INSERT INTO line_updated (message_id) VALUES ('x')", "only one SELECT"],
        ["COPY line_updated TO '/tmp/x.csv'", "only one SELECT"],
        ["ATTACH '/tmp/x.duckdb'", "only one SELECT"],
        ["SET threads = 8", "only one SELECT"],
        ["INSTALL httpfs", "only one SELECT"],
        ["EXPLAIN ANALYZE SELECT 1", "only one SELECT"],
        ["PIVOT misfits ON key", "only one SELECT"],
        ["UNPIVOT misfits ON key, value", "there is no table"],
        [
          "SELECT json_serialize_plan('FROM events.main.misfits')",
          'the function "json_serialize_plan" is not allowed here'
        ],
        ["SELECT ('FROM misfits').JSON_Serialize_Plan()", "json_serialize_plan"],
        ["SELECT current_setting('temp_directory')", "current_setting"],
        ["SELECT pg_get_viewdef(1)", "pg_get_viewdef"],
        ["SELECT nextval('x')", "nextval"],
        ["SELECT events.main.macro_of_the_file()", 'write "macro_of_the_file" without a schema'],
        ["SELECT events.macro_of_the_file()", "without a schema"],
        ["SELEC 1", "syntax error"]
      ]
      yield* here((explorer) =>
        Effect.forEach(
          refused,
          ([sql, reason]) =>
            Effect.map(reasonOf(explorer.select(sql, { limit: 10, visible })), (said) => {
              assert.include(said, reason, sql)
              assert.isTrue(said.startsWith("QueryError: "), said)
            }),
          { discard: true }
        )
      )
    })
  )
})

describe("an explorer", () => {
  it.live("knows the tables and the view, with their events and the kinds of their columns", () =>
    Effect.gen(function* () {
      const tables = yield* here(({ catalog }) => catalog())
      assert.deepStrictEqual(
        tables.map(({ event, name, rows }) => [name, event, rows]),
        [
          ...["aliases", "groups", "identifies"].map((name) => [name, undefined, 0]),
          ["line_updated", "Line Updated", 6],
          ...["misfits", "pages", "screens"].map((name) => [name, undefined, 0]),
          ["events", undefined, undefined]
        ]
      )
      assert.deepStrictEqual(tables[3]!.columns.slice(-3), [
        { name: "gift", kind: "boolean" },
        { name: "due", kind: "timestamp" },
        { name: "tags", kind: "json" }
      ])
      assert.deepStrictEqual(tables.at(-1)!.columns.at(-1), { name: "event", kind: "string" })
      assert.strictEqual(warehouse.name, "events.duckdb")
    })
  )

  it.live("stops a query that takes too long, or that nobody waits for", () =>
    Effect.gen(function* () {
      const endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = b.range % 11"
      const brief = DuckDB.explorer({ file, timeout: "300 millis" })
      const options = { limit: 1, visible: {} }
      assert.include(
        yield* here(() => reasonOf(brief.select(endless, options))),
        "the query took longer than 300ms: narrow it down"
      )
      yield* here(
        Effect.fnUntraced(function* (explorer) {
          const asking = yield* Effect.forkChild(explorer.select(endless, options))
          yield* Effect.sleep("100 millis")
          yield* Fiber.interrupt(asking)
          assert.deepStrictEqual((yield* explorer.select("SELECT 1", options)).rows, [[1]])
        })
      )
    })
  )

  it.live("asks in a process of its own while the file is closed, and waits for other processes", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const own = join(yield* folder, "events.duckdb")
        const explorer = DuckDB.explorer({ file: own, timeout: "20 seconds" })
        assert.deepStrictEqual(yield* explorer.catalog(), [])
        yield* EventSink.deliver(DuckDB.sink({ file: own }), messages, { plan })
        const ask = explorer.ask({ ...question, every: "day", groupBy: ["maker"], limit: 1 })
        assert.deepStrictEqual((yield* ask).rows, [["2026-03-27T23:00:00.000Z", "Mario", 1]])
        assert.include(
          yield* reasonOf(explorer.select("SELECT email FROM line_updated", { limit: 1, visible })),
          'QueryError: Binder Error: Referenced column "email" not found'
        )
        // An answer that was cut has let go of the file, too.
        const other = yield* otherProcess(own)
        assert.strictEqual(other.said, "open")
        const asking = yield* Effect.forkChild(ask)
        yield* Effect.sleep("300 millis")
        yield* other.release
        assert.strictEqual((yield* Fiber.join(asking)).rows.length, 1)

        const brief = DuckDB.explorer({ file: own, timeout: "2 seconds" })
        const endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range % 7 = b.range % 11"
        assert.include(yield* reasonOf(brief.select(endless, { limit: 1, visible: {} })), "took longer than 2s")
        yield* EventSink.deliver(DuckDB.sink({ file: own }), messages, { plan })
      })
    )
  )

  it("refuses options that are none", () => {
    assert.throws(() => DuckDB.explorer({ file: "" }), /file must be a path/)
    assert.throws(() => DuckDB.explorer({ file, timeout: "soon" as any }), /timeout must be a number/)
    assert.throws(() => DuckDB.explorer({ file, threads: 1.5 }), /threads must be a whole number/)
  })
})
