import { symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { EventSink, Message, Plan, type Receipt, TrackedEvent, Tracker } from "@trackmap/core"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { folder, keepOpen, otherProcess, query } from "../test/reading.ts"
import { DuckDB } from "./index.ts"

const OrderLine = TrackedEvent.make("orderLineUpdated", {
  properties: {
    OrderLine_id: Schema.Int,
    order: Schema.optionalKey(Schema.String),
    Product_price: Schema.optionalKey(Schema.Finite),
    gift: Schema.optionalKey(Schema.Boolean),
    at: Schema.optionalKey(Schema.Date),
    tags: Schema.optionalKey(Schema.Array(Schema.String))
  }
})
const SignedIn = TrackedEvent.make("Signed In", { properties: { method: Schema.String } })
const plan = Plan.make(OrderLine, SignedIn)

const start = Date.parse("2026-01-01T00:00:00Z")
const track = (event: string, properties: object, at = 0): Message.Track => ({
  type: "track",
  event,
  properties: properties as Message.Track["properties"],
  userId: "u-1",
  messageId: Message.nextId(start + at),
  timestamp: new Date(start + at).toISOString()
})
const line = (id: number, more: object = {}, at = id) => track("orderLineUpdated", { OrderLine_id: id, ...more }, at)

const deliver = (
  sink: EventSink.EventSink<any>,
  messages: ReadonlyArray<Message.Message>,
  of: Plan.Plan | undefined = plan
) => Effect.scoped(EventSink.deliver(sink, messages, { plan: of }))
/** A sink that stays open, as behind a tracker. Sends messages, and returns their outcomes. */
const opened = (options: DuckDB.Options) =>
  Effect.map(Tracker.make(EventSink.batched(DuckDB.sink(options), { age: 1 }), { plan }), (tracker) =>
    Effect.fnUntraced(function* (...messages: ReadonlyArray<Message.Message>) {
      const sent = yield* Effect.forEach(messages, tracker.send)
      return yield* Effect.forEach(sent, ({ receipts }) => Effect.map(receipts, (all) => all[0]!.outcome._tag))
    })
  )
const outcomes = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
const count = (file: string, table: string) =>
  Effect.map(query(file, `SELECT count(*)::INT AS n FROM "${table}"`), ([row]) => row!["n"])

/** The file in a new folder, for a test that uses the real clock. */
const withFile = <A, E>(test: (file: string) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.flatMap(folder, (path) => test(join(path, "events.duckdb")))

/** The same for tests of what is in the file: it stays open in this process, so that opening it again costs little. */
const withOpenFile = <A, E>(test: (file: string) => Effect.Effect<A, E, Scope.Scope>) =>
  withFile((file) =>
    Effect.acquireUseRelease(
      Effect.promise(() => keepOpen(file)),
      () => test(file),
      (close) => Effect.sync(close)
    )
  )

describe("the file", () => {
  it.live("has a table for each event, with typed columns, and a view over all events", () =>
    withOpenFile((file) =>
      Effect.gen(function* () {
        const at = "2026-01-01T01:00:00.123+01:00"
        const page: Message.Page = {
          type: "page",
          name: "Home",
          properties: { path: "/" },
          anonymousId: "a-1",
          messageId: Message.nextId(start + 3),
          timestamp: new Date(start + 3).toISOString()
        }
        const full = { order: 'a "b"', Product_price: 2.5, gift: true, at, tags: ["x", "y"] }
        const receipts = yield* deliver(DuckDB.sink({ file }), [
          line(1, full),
          track("Signed In", { method: "link" }, 2),
          page
        ])
        assert.deepStrictEqual(outcomes(receipts), ["Delivered", "Delivered", "Delivered"])
        const [row] = yield* query(
          file,
          `SELECT "OrderLine_id", "order", "Product_price", gift, epoch_ms("at")::DOUBLE AS at, tags->>1 AS second, user_id, context FROM order_line_updated`
        )
        assert.deepStrictEqual(row, {
          OrderLine_id: "1",
          order: 'a "b"',
          Product_price: 2.5,
          gift: true,
          at: start + 123,
          second: "y",
          user_id: "u-1",
          context: null
        })
        assert.deepStrictEqual(
          yield* query(file, "SELECT event, type, user_id, anonymous_id FROM events ORDER BY timestamp"),
          [
            { event: "orderLineUpdated", type: "track", user_id: "u-1", anonymous_id: null },
            { event: "Signed In", type: "track", user_id: "u-1", anonymous_id: null },
            { event: "Home", type: "page", user_id: null, anonymous_id: "a-1" }
          ]
        )
      })
    )
  )

  it.live("keeps what does not fit the plan in a table of its own", () =>
    withOpenFile((file) =>
      Effect.gen(function* () {
        const receipts = yield* deliver(DuckDB.sink({ file }), [
          line(1.5, { more: "\0" }),
          track("unknown", { a: 1 }),
          { ...line(2, { gift: "?" }), timestamp: "yesterday" }
        ])
        assert.deepStrictEqual(outcomes(receipts), ["Delivered", "Delivered", "Delivered"])
        assert.strictEqual(yield* count(file, "order_line_updated"), 1)
        assert.deepStrictEqual(
          yield* query(file, "SELECT event, key, value FROM misfits WHERE key <> '' ORDER BY key"),
          [
            { event: "orderLineUpdated", key: "OrderLine_id", value: "1.5" },
            { event: "orderLineUpdated", key: "more", value: '"\\u0000"' }
          ]
        )
        const [whole] = yield* query(file, "SELECT value FROM misfits WHERE key = '' AND timestamp IS NOT NULL")
        assert.strictEqual(JSON.parse(String(whole!["value"])).event, "unknown")
      })
    )
  )

  it.live("has a message once, in a batch, in a later one, and after it is opened again", () =>
    withOpenFile((file) =>
      Effect.gen(function* () {
        const [one, two, three] = [line(1), line(2), line(3)]
        const misfit = line(4, { unknown: 1 })
        yield* deliver(DuckDB.sink({ file }), [one, one, two, misfit])
        const again = yield* deliver(DuckDB.sink({ file, keepOpen: true }), [two, three, one, misfit])
        assert.deepStrictEqual(outcomes(again), ["Delivered", "Delivered", "Delivered", "Delivered"])
        assert.strictEqual(yield* count(file, "order_line_updated"), 4)
        assert.strictEqual(yield* count(file, "misfits"), 1)
      })
    )
  )

  it.live("rejects a message without an id, and delivers the others", () =>
    withOpenFile((file) =>
      Effect.gen(function* () {
        const receipts = yield* deliver(DuckDB.sink({ file }), [{ ...line(1), messageId: "" }, line(2)])
        assert.deepStrictEqual(outcomes(receipts), ["Rejected", "Delivered"])
      })
    )
  )

  it.live("has the rows of batches that are larger than a chunk of DuckDB, in several tables", () =>
    withOpenFile((file) =>
      Effect.gen(function* () {
        const messages = Array.from({ length: 5_000 }, (_, at) =>
          at % 2 === 0 ? line(at) : track("Signed In", { method: `m${at}` }, at)
        )
        yield* deliver(DuckDB.sink({ file }), messages)
        const [sums] = yield* query(
          file,
          `SELECT (SELECT sum("OrderLine_id") FROM order_line_updated)::INT AS ids, (SELECT count(DISTINCT method) FROM signed_in)::INT AS methods`
        )
        assert.deepStrictEqual(sums, { ids: 6_247_500, methods: 2_500 })
      })
    )
  )
})

describe("a sink's file", () => {
  it.live("can be read by other processes between batches, and not while the sink keeps it open", () =>
    withFile((file) =>
      Effect.gen(function* () {
        const attempt = Effect.scoped(Effect.map(otherProcess(file, { access_mode: "READ_ONLY" }), ({ said }) => said))
        yield* Effect.scoped(
          Effect.gen(function* () {
            const closing = yield* opened({ file })
            yield* closing(line(1))
            assert.strictEqual(yield* attempt, "open")
            const keeping = yield* opened({ file, keepOpen: true })
            yield* keeping(line(2))
            assert.include(yield* attempt, "Could not set lock")
            yield* closing(line(3))
            assert.strictEqual(yield* count(file, "order_line_updated"), 3)
          })
        )
        assert.strictEqual(yield* attempt, "open")
      })
    )
  )

  it.live("is one instance for all sinks of a process, also through a symbolic link", () =>
    withFile((file) =>
      Effect.gen(function* () {
        const link = `${file}.link`
        symlinkSync(file, link)
        const sinks = yield* Effect.all([
          opened({ file }),
          opened({ file: link, keepOpen: true, name: "kept" }),
          opened({ file: link, name: "linked" })
        ])
        const messages = Array.from({ length: 5 }, (_, at) => at)
        yield* Effect.forEach(
          sinks,
          (send, sink) => Effect.forEach(messages, (at) => send(line(10 * at + sink)), { discard: true }),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(yield* count(file, "order_line_updated"), 15)
      })
    )
  )

  it.live("makes messages wait while another process has it open, also when the sink opens", () =>
    withFile((file) =>
      Effect.gen(function* () {
        const other = yield* otherProcess(file)
        assert.strictEqual(other.said, "open")
        const delivering = yield* Effect.forkChild(deliver(DuckDB.sink({ file }), [line(1)]))
        // The sink opens without its tables after a second.
        yield* Effect.sleep(Duration.millis(1_200))
        yield* other.release
        const [receipt] = yield* Fiber.join(delivering)
        assert.strictEqual(receipt!.outcome._tag, "Delivered")
        assert.strictEqual(yield* count(file, "order_line_updated"), 1)
      })
    )
  )

  it.live("that somebody changes while the sink is open gets its columns and tables again", () =>
    withFile((file) =>
      Effect.forEach([false, true], (keepOpen) =>
        Effect.scoped(
          Effect.gen(function* () {
            const at = keepOpen ? 100 : 0
            const send = yield* opened({ file, keepOpen })
            yield* send(line(at + 1))
            yield* query(
              file,
              "DROP VIEW events; ALTER TABLE order_line_updated DROP COLUMN gift; DROP TABLE signed_in"
            )
            const sent = yield* send(line(at + 2, { gift: true }), track("Signed In", { method: "link" }, at + 3))
            assert.deepStrictEqual(sent, ["Delivered", "Delivered"])
            const gift = yield* query(file, `SELECT gift FROM order_line_updated WHERE "OrderLine_id" = ${at + 2}`)
            assert.deepStrictEqual(gift, [{ gift: true }])
            assert.strictEqual(yield* count(file, "signed_in"), 1)
            assert.isAbove(Number(yield* count(file, "events")), 2)
          })
        )
      )
    )
  )

  it.live("with a column that somebody gives another type makes messages wait, and the log says why", () =>
    withFile((file) =>
      Effect.gen(function* () {
        const lines: Array<string> = []
        const logger = Logger.make(({ message }) => void lines.push(String(message)))
        const change = (type: string) =>
          query(file, `ALTER TABLE order_line_updated ALTER COLUMN "OrderLine_id" SET DATA TYPE ${type}`)
        yield* Effect.gen(function* () {
          const send = yield* opened({ file })
          yield* send(line(1))
          yield* change("VARCHAR")
          const waiting = yield* Effect.forkChild(send(line(2)))
          while (lines.length === 0) yield* Effect.sleep("20 millis")
          yield* change("BIGINT")
          assert.deepStrictEqual(yield* Fiber.join(waiting), ["Delivered"])
        }).pipe(Effect.provide(Logger.layer([logger])))
        assert.strictEqual(yield* count(file, "order_line_updated"), 2)
        assert.include(
          lines[0],
          'duckdb: messages wait: the column "OrderLine_id" of the table "order_line_updated" is VARCHAR'
        )
        assert.strictEqual(lines.at(-1), "duckdb: messages no longer wait")
      })
    )
  )
})

describe("opening", () => {
  const refusal = (options: DuckDB.Options, of: Plan.Plan = plan) =>
    Effect.map(Effect.flip(deliver(DuckDB.sink(options), [line(1)], of)), (error) => (error as Error).message)

  it.live("refuses paths and bounds that are none", () =>
    withFile((file) =>
      Effect.gen(function* () {
        assert.include(yield* refusal({ file: " " }), 'duckdb: file must be a path, not " "')
        assert.include(yield* refusal({ file: ":memory:" }), "file must be a path")
        assert.include(yield* refusal({ file: 3n as any }), "file must be a path, not 3n")
        assert.include(yield* refusal({ file: "x".repeat(5_000) }), "file has 5000 characters")
        assert.include(yield* refusal({ file, threads: 3n as any }), "threads must be a whole number")
        assert.include(
          yield* refusal({ file, memoryLimit: "much" }),
          'memoryLimit must be a size such as "256MB", not "much"'
        )
        assert.include(yield* refusal({ file, memoryLimit: 64 as any }), "memoryLimit must be a size")
        assert.include(yield* refusal({ file, threads: 0 }), "threads must be a whole number from 1 to 1,024, not 0")
        assert.throws(() => DuckDB.sink({ path: file } as any), /it has no option "path"/)
      })
    )
  )

  it.live("refuses a file that is no database, a folder, and a folder that does not exist", () =>
    withFile((file) =>
      Effect.gen(function* () {
        writeFileSync(`${file}.txt`, "no database, but a text")
        assert.include(
          yield* refusal({ file: `${file}.txt` }),
          "it is not a DuckDB database: give the path of a DuckDB file"
        )
        assert.include(yield* refusal({ file: join(file, "..") }), "it is not a DuckDB database")
        assert.include(
          yield* refusal({ file: join(file, "no", "x") }),
          "the file or its folder does not exist: create the folder"
        )
        assert.include(yield* refusal({ file: join(`${file}.txt`, "x") }), "a folder in this path is a file")
        assert.include(yield* refusal({ file: `${file}${"x".repeat(300)}` }), "a name in this path is too long")
      })
    )
  )

  it.live("lists every column of another type, and names that collide, with the remedy", () =>
    withOpenFile((file) =>
      Effect.gen(function* () {
        yield* deliver(DuckDB.sink({ file }), [line(1)])
        const changed = Plan.make(
          TrackedEvent.make("orderLineUpdated", { properties: { OrderLine_id: Schema.String, gift: Schema.Int } })
        )
        const reason = yield* refusal({ file }, changed)
        assert.include(
          reason,
          'the column "OrderLine_id" of the table "order_line_updated" is BIGINT in DuckDB, and the plan needs VARCHAR'
        )
        assert.include(
          reason,
          'the column "gift" of the table "order_line_updated" is BOOLEAN in DuckDB, and the plan needs BIGINT'
        )
        assert.include(
          yield* refusal({ file }, Plan.make(TrackedEvent.make("Pages"))),
          'pass tables: { "Pages": "another_name" }'
        )
        yield* query(file, "DROP VIEW events; CREATE TABLE events (a INT)")
        assert.include(yield* refusal({ file }), 'the file has a table "events"')
      })
    )
  )
})

it.live("the tables follow the plan over ten releases, and nothing is lost", () =>
  withOpenFile((file) =>
    Effect.gen(function* () {
      for (let release = 0; release < 10; release++) {
        // Each release has a new key and loses an old one; the number is an integer until the fifth.
        const keys = [release, release + 1, release + 2].map((key) => [`k${key}`, Schema.optionalKey(Schema.String)])
        const number = release < 5 ? Schema.Int : Schema.Finite
        const event = TrackedEvent.make("grown", { properties: { ...Object.fromEntries(keys), n: number } })
        const values = { [`k${release + 2}`]: `v${release}`, n: release < 5 ? release : release + 0.5 }
        const more = release % 3 === 0 ? [TrackedEvent.make(`extra${release}`)] : []
        yield* deliver(DuckDB.sink({ file }), [track("grown", values, release)], Plan.make(event, ...more))
      }
      const columns = Array.from({ length: 10 }, (_, release) => `k${release + 2}`)
      const rows = yield* query(file, `SELECT n, coalesce(${columns.join(", ")}) AS v FROM grown ORDER BY n`)
      assert.deepStrictEqual(
        rows,
        columns.map((_, release) => ({ n: release < 5 ? release : release + 0.5, v: `v${release}` }))
      )
      assert.strictEqual(yield* count(file, "misfits"), 0)
      assert.strictEqual(yield* count(file, "events"), 10)
      assert.strictEqual(yield* count(file, "extra0"), 0)
    })
  )
)
