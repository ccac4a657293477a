import { globSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { EventSink, Message, Plan, TrackedEvent } from "@trackmap/core"
import * as SinkConformance from "@trackmap/testing/SinkConformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as vitest from "vitest"
import { folder, queryFiles as query } from "../test/reading.ts"
import { type DuckDBError, Parquet } from "./index.ts"

const filesIn = (directory: string) => globSync("**/*.parquet", { cwd: directory }).toSorted()

SinkConformance.suite("the sink of Parquet", {
  runner: { describe: vitest.describe, it: vitest.it },
  layer: Layer.empty,
  make: Effect.map(folder, (directory) => ({
    sink: Parquet.sink({ directory }),
    // Without a plan, all tracked events are misfits.
    received: Effect.suspend(() => {
      const tables = new Set(filesIn(directory).map((file) => file.split("/")[0]!))
      const ids = [...tables].map((name) => `SELECT message_id FROM ${name}`).join(" UNION ALL ")
      return ids === "" ? Effect.succeed([]) : query(directory, ids)
    }).pipe(Effect.map((rows) => rows.map((row) => String(row["message_id"]))))
  }))
})

const start = Date.parse("2026-01-01T12:00:00Z")
const day = 86_400_000
const track = (event: string, properties: object, at = 0): Message.Track => ({
  type: "track",
  event,
  properties: properties as Message.Track["properties"],
  userId: "u-1",
  messageId: Message.nextId(start + at),
  timestamp: new Date(start + at).toISOString()
})
const Paid = TrackedEvent.make("Paid", {
  properties: {
    qty: Schema.Int,
    price: Schema.optionalKey(Schema.Finite),
    gift: Schema.optionalKey(Schema.Boolean),
    due: Schema.optionalKey(Schema.Date),
    tags: Schema.optionalKey(Schema.Array(Schema.String))
  }
})
const plan = Plan.make(Paid)
const deliver = (directory: string, messages: ReadonlyArray<Message.Message>, of: Plan.Plan = plan) =>
  Effect.scoped(EventSink.deliver(Parquet.sink({ directory }), messages, { plan: of }))

describe("a directory of Parquet files", () => {
  it.live("has a file for each table and day, which come back as one table and one view", () =>
    Effect.scoped(
      Effect.gen(function* () {
        // A path that DuckDB could take for a pattern.
        const directory = join(yield* folder, "it's [all] *")
        const full = { qty: 1, price: 2.5, gift: true, due: "2026-05-01T00:00:00.000Z", tags: ["a", '"'] }
        yield* deliver(directory, [track("Paid", full), track("Paid", { qty: 2.5 }, day), track("Paid", { qty: 3 }, 1)])
        yield* deliver(directory, [{ ...track("Paid", { qty: 4 }, 2), timestamp: "yesterday" }])
        assert.lengthOf(yield* query(directory, "FROM misfits WHERE timestamp IS NULL"), 1)
        assert.deepStrictEqual(
          filesIn(directory).map((file) => file.replace(/\w+\.parquet/, "*")),
          [
            `misfits/day=${new Date().toISOString().slice(0, 10)}/*`,
            "misfits/day=2026-01-02/*",
            "paid/day=2026-01-01/*",
            "paid/day=2026-01-02/*"
          ].toSorted()
        )
        const rows = yield* query(
          directory,
          "SELECT qty::INT AS qty, price, gift, epoch_ms(due)::DOUBLE AS due, tags->>1 AS tag, typeof(tags) AS json FROM paid ORDER BY timestamp"
        )
        assert.deepStrictEqual(rows[0], {
          qty: 1,
          price: 2.5,
          gift: true,
          due: Date.parse(full.due),
          tag: '"',
          json: "JSON"
        })
        assert.deepStrictEqual(
          rows.map((row) => row["qty"]),
          [1, 3, null]
        )
        assert.deepStrictEqual(yield* query(directory, "SELECT event, count(*)::INT AS n FROM events GROUP BY 1"), [
          { event: "Paid", n: 3 }
        ])
        assert.deepStrictEqual(yield* query(directory, "SELECT key, value FROM misfits WHERE timestamp IS NOT NULL"), [
          { key: "qty", value: "2.5" }
        ])
      })
    )
  )

  it.live("has a message once when a batch is sent again, whole or in parts, and after it is compacted", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* folder
        const messages = Array.from({ length: 10 }, (_, at) => track("Paid", { qty: at, more: at }, at))
        yield* deliver(directory, messages)
        yield* deliver(directory, messages)
        assert.lengthOf(filesIn(directory), 2)
        yield* deliver(directory, messages.slice(0, 5))
        yield* deliver(directory, messages.slice(3))
        const sums = "SELECT sum(qty)::INT AS qty, (SELECT count(*)::INT FROM misfits) AS misfits FROM paid"
        assert.deepStrictEqual(yield* query(directory, sums), [{ qty: 45, misfits: 10 }])

        const left = join(directory, "paid", "day=2026-01-01", "left.writing")
        writeFileSync(left, "torn")
        utimesSync(left, 0, 0)
        assert.deepStrictEqual(yield* Parquet.compact({ directory }), { files: 6, into: 2 })
        assert.deepStrictEqual(yield* query(directory, sums), [{ qty: 45, misfits: 10 }])
        assert.lengthOf(globSync("**/*.*", { cwd: directory }), 2)
        assert.deepStrictEqual(yield* Parquet.compact({ directory }), { files: 0, into: 0 })
        yield* deliver(directory, messages)
        assert.deepStrictEqual(yield* query(directory, sums), [{ qty: 45, misfits: 10 }])
      })
    )
  )

  it.live("opens while a file that it has listed is deleted, as a compaction does", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* folder
        yield* deliver(directory, [track("Paid", { qty: 1 })])
        const gone = join(directory, "paid", "day=2026-01-01", "gone.parquet")
        symlinkSync(join(directory, "nowhere"), gone)
        const deleted = Effect.delay(
          Effect.sync(() => unlinkSync(gone)),
          "150 millis"
        )
        const [receipts] = yield* Effect.all([deliver(directory, [track("Paid", { qty: 2 }, 1)]), deleted], {
          concurrency: 2
        })
        assert.strictEqual(receipts[0]!.outcome._tag, "Delivered")
        assert.deepStrictEqual(yield* query(directory, "SELECT sum(qty)::INT AS qty FROM paid"), [{ qty: 3 }])
      })
    )
  )

  it.live("keeps all rows while it is compacted several times at once", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* folder
        const batches = Array.from({ length: 20 }, (_, at) => deliver(directory, [track("Paid", { qty: 1 }, at)]))
        // A compaction fails if another has deleted the files that it reads.
        const compacting = Effect.repeat(Effect.ignore(Parquet.compact({ directory })), { times: 10 })
        yield* Effect.all([Effect.all(batches), compacting, compacting, compacting], { concurrency: 4 })
        assert.deepStrictEqual(yield* query(directory, "SELECT sum(qty)::INT AS qty FROM paid"), [{ qty: 20 }])
      })
    )
  )

  it.live("takes the same batch from several sinks at the same time", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* folder
        const messages = Array.from({ length: 2_000 }, (_, at) => track("Paid", { qty: 1 }, at))
        yield* deliver(directory, messages.slice(0, 1))
        const receipts = yield* Effect.all(
          Array.from({ length: 4 }, () => deliver(directory, messages)),
          { concurrency: 4 }
        )
        for (const { attempts, outcome } of receipts.flat()) {
          assert.deepStrictEqual([attempts, outcome._tag], [1, "Delivered"])
        }
        assert.lengthOf(filesIn(directory), 2)
        assert.deepStrictEqual(yield* query(directory, "SELECT sum(qty)::INT AS qty FROM paid"), [{ qty: 2_000 }])
        assert.deepStrictEqual(globSync("**/*.writing", { cwd: directory }), [])
      })
    )
  )

  it.live("names an event as it was tracked, after it is compacted, too, and as it was called last", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* folder
        const named = (event: string) => Plan.make(TrackedEvent.make(event))
        const events = query(directory, "SELECT event, count(*)::INT AS n FROM events GROUP BY 1 ORDER BY 1")
        const [before, after] = ["It's Paid", "it's paid"]
        yield* deliver(directory, [track(before, {}, 1)], named(before))
        yield* deliver(directory, [track(before, {}, 2)], named(before))
        yield* deliver(directory, [track("Späť", {}, 1)], named("Späť"))
        const identify: Message.Message = {
          type: "identify",
          traits: {},
          userId: "u-1",
          messageId: Message.nextId(start),
          timestamp: new Date(start).toISOString()
        }
        yield* deliver(directory, [identify, { ...identify, messageId: Message.nextId(start + 1) }], named(before))
        const expected = [
          { event: before, n: 2 },
          { event: "Späť", n: 1 }
        ]
        assert.deepStrictEqual(yield* events, expected)
        yield* Parquet.compact({ directory })
        assert.deepStrictEqual(yield* events, expected)
        yield* deliver(directory, [track(after, {}, day)], named(after))
        assert.deepStrictEqual(yield* events, [
          { event: "Späť", n: 1 },
          { event: after, n: 3 }
        ])
      })
    )
  )

  it.live("has only the folders of tables: those of other programs are left alone", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* folder
        yield* deliver(directory, [track("Paid", { qty: 1 })])
        for (const name of ["100%", "lost+found", "a.b", "empty", "refunded"]) mkdirSync(join(directory, name))
        // What another program has written there, which no table of ours has.
        writeFileSync(join(directory, "refunded", "x.parquet"), "")
        for (const name of ["100%", "a.b"]) {
          mkdirSync(join(directory, name, "day=1"))
          writeFileSync(join(directory, name, "day=1", "x.parquet"), "")
        }
        yield* deliver(directory, [track("Paid", { qty: 2 }, 1)])
        assert.deepStrictEqual(yield* Parquet.compact({ directory }), { files: 2, into: 1 })
        assert.deepStrictEqual(yield* query(directory, "SELECT sum(qty)::INT AS qty FROM paid"), [{ qty: 3 }])
        assert.lengthOf((yield* Parquet.views({ directory })).match(/VIEW "/g)!, 2)
      })
    )
  )

  it.live("follows the plan: new columns, integers that become numbers, and no other type", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const directory = yield* folder
        const release = (properties: Record<string, Schema.Codec<any, any>>) =>
          Plan.make(TrackedEvent.make("Paid", { properties }))
        yield* deliver(directory, [track("Paid", { qty: 1 }, 1)], release({ qty: Schema.Int }))
        yield* deliver(
          directory,
          [track("Paid", { qty: 1.5, more: "x" }, 2)],
          release({ qty: Schema.Finite, more: Schema.String })
        )
        yield* deliver(directory, [track("Paid", { qty: 2 }, 3)], release({ qty: Schema.Int }))
        assert.deepStrictEqual(yield* query(directory, "SELECT qty, more FROM paid ORDER BY timestamp"), [
          { qty: 1, more: null },
          { qty: 1.5, more: "x" },
          { qty: 2, more: null }
        ])
        yield* Parquet.compact({ directory })
        assert.lengthOf(yield* query(directory, "SELECT more FROM paid WHERE qty = 1.5"), 1)
        const refused = yield* Effect.flip(deliver(directory, [], release({ more: Schema.Int })))
        assert.include((refused as Error).message, 'the column "more" of the table "paid" is VARCHAR in DuckDB')
      })
    )
  )

  it.live("has folders for any name of a table, within the directory", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const path = yield* folder
        const directory = join(path, "events")
        const sink = Parquet.sink({ directory, tables: { Paid: "../a/b" } })
        yield* Effect.scoped(EventSink.deliver(sink, [track("Paid", { qty: 1 })], { plan }))
        assert.deepStrictEqual(yield* query(directory, 'SELECT qty::INT AS qty FROM "../a/b"'), [{ qty: 1 }])
        assert.deepStrictEqual(globSync("*", { cwd: path }), ["events"])
      })
    )
  )

  it.live("that cannot be written is refused when the sink opens, and makes messages wait later", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const path = yield* folder
        const file = join(path, "file")
        writeFileSync(file, "")
        const cases: ReadonlyArray<readonly [unknown, string]> = [
          [file, "a folder in this path is a file: correct the path"],
          [join(file, "x"), "a folder in this path is a file: correct the path"],
          [join(path, "none", "x"), "the file or its folder does not exist: create the folder, or correct the path"],
          ["/proc/x", "the file or its folder does not exist: create the folder, or correct the path"],
          [join(path, "x".repeat(300)), "a name in this path is too long: give it a shorter one"],
          ["x".repeat(5_000), "directory has 5000 characters, and a path has at most 4096"],
          [" ", 'directory must be a path, not " "'],
          ["a\0b", 'directory must be a path, not "a\\u0000b"'],
          [undefined, "directory must be a path, not undefined"],
          [3n, "directory must be a path, not 3n"],
          [{ path }, "directory must be a path, not {"]
        ]
        for (const [directory, reason] of cases) {
          const refused = yield* Effect.flip(deliver(directory as string, []))
          assert.strictEqual((refused as { readonly _tag: string })._tag, "Misconfigured")
          assert.include((refused as Error).message, reason)
        }
        const none = join(path, "none")
        for (const command of [Parquet.compact, Parquet.views] as ReadonlyArray<
          (options: Parquet.DirectoryOptions) => Effect.Effect<unknown, DuckDBError.DuckDBError>
        >) {
          const missing = yield* Effect.flip(command({ directory: none }))
          assert.strictEqual(
            missing.message,
            `${none}: the file or its folder does not exist: create the folder, or correct the path`
          )
          const wrong = yield* Effect.flip(command({} as any))
          assert.strictEqual(wrong.message, "directory must be a path, not undefined: correct the options")
        }
        const long = Plan.make(TrackedEvent.make("é".repeat(50)))
        assert.include(((yield* Effect.flip(deliver(path, [], long))) as Error).message, "more than 255 bytes")
        assert.throws(() => Parquet.sink({ folder: path } as any), /it has no option "folder"/)

        // A file where the folder of the table should be.
        const directory = join(path, "events")
        mkdirSync(directory)
        writeFileSync(join(directory, "paid"), "")
        const sink = EventSink.retried(Parquet.sink({ directory }), { limit: 0 })
        const [receipt] = yield* Effect.scoped(EventSink.deliver(sink, [track("Paid", { qty: 1 })], { plan }))
        assert.strictEqual(receipt!.outcome._tag, "Expired")
        assert.strictEqual(readFileSync(join(directory, "paid"), "utf8"), "")
      })
    )
  )
})
