import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ClickHouseServer, Fault } from "./index.ts"

const start = Effect.fnUntraced(function* (options?: ClickHouseServer.Options) {
  const server = yield* ClickHouseServer.make(options)
  const run = (body: string, headers?: Readonly<Record<string, string>>, query = "") =>
    Effect.promise(async () => {
      const authorization = `Basic ${btoa(`${server.user}:${server.password}`)}`
      const response = await fetch(`${server.url}/${query}`, {
        method: "POST",
        headers: headers ?? { authorization },
        body
      })
      const code = response.headers.get("x-clickhouse-exception-code")
      return { status: response.status, code: code === null ? undefined : Number(code), text: await response.text() }
    })
  return { run, server }
})

const columns = [
  '"id" String',
  `"at" DateTime64(6, 'UTC')`,
  '"n" Nullable(Int64)',
  '"f" Float64',
  '"b" Bool',
  `"j" Nullable(String) COMMENT 'it''s \\\\ "JSON"'`,
  '"version" Int64'
].join(", ")
const create = `CREATE TABLE IF NOT EXISTS "default"."a ""b\\\\" (${columns}) ENGINE = ReplacingMergeTree("version") PARTITION BY toYYYYMM("at") ORDER BY ("at", "id") SETTINGS x = 1 COMMENT 'Order Paid'`
const into = `INSERT INTO "default"."a ""b\\\\" ("id", "at", "n", "f", "b", "j", "version")`
const strict = "SETTINGS input_format_null_as_default = 0"
const at = "2026-01-01 00:00:00"
const insert = (row: ReadonlyArray<unknown>, settings = strict) =>
  `${into} ${settings} FORMAT JSONCompactEachRow\n${JSON.stringify(row)}\n`

describe("the ClickHouse server", () => {
  it.live("makes tables, changes them, and shows them in its catalogue", () =>
    Effect.gen(function* () {
      const { run, server } = yield* start()
      assert.deepStrictEqual(yield* run(create), { status: 200, code: undefined, text: "" })
      yield* run(create)
      yield* run(`ALTER TABLE "default"."a ""b\\\\" ADD COLUMN IF NOT EXISTS "new" Nullable(String)`)
      yield* run(`ALTER TABLE "default"."a ""b\\\\" ADD COLUMN IF NOT EXISTS "new" Nullable(Bool)`)
      yield* run(`ALTER TABLE "default"."a ""b\\\\" MODIFY COLUMN "n" Nullable(Float64)`)
      yield* run(`CREATE OR REPLACE VIEW "default"."all" AS SELECT "id" FROM "default"."a" COMMENT 'a view'`)
      yield* run(`CREATE OR REPLACE VIEW "default"."plain" AS SELECT 1`)
      const tables = yield* run(`SELECT name, engine, comment FROM system.tables WHERE database = 'default' FORMAT X`)
      assert.strictEqual(
        tables.text,
        '["a \\"b\\\\","ReplacingMergeTree","Order Paid"]\n["all","View","a view"]\n["plain","View",""]\n'
      )
      const { text } = yield* run(`SELECT name, type, comment FROM system.columns WHERE database = 'default'`)
      assert.deepStrictEqual(
        text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
        [
          ["id", "String", ""],
          ["at", "DateTime64(6, 'UTC')", ""],
          ["n", "Nullable(Float64)", ""],
          ["f", "Float64", ""],
          ["b", "Bool", ""],
          ["j", "Nullable(String)", `it's \\ "JSON"`],
          ["version", "Int64", ""],
          ["new", "Nullable(String)", ""]
        ]
      )
      assert.strictEqual((yield* run(`SELECT name FROM system.tables WHERE database = 'other'`)).text, "")
      yield* server.drop("all")
      assert.lengthOf(yield* server.tables, 2)
    })
  )

  it.live("stores values as the engine does", () =>
    Effect.gen(function* () {
      const { run, server } = yield* start()
      const rows: ReadonlyArray<readonly [row: ReadonlyArray<unknown>, stored: unknown]> = [
        [
          ["a", at, 1, 0.5, true, "x", 1],
          ["a", `${at}.000000`, 1, 0.5, true, "x", 1]
        ],
        [
          ["a", `${at}.25`, null, 1, 0, null, 1],
          ["a", `${at}.250000`, null, 1, false, null, 1]
        ],
        [
          ["a", at, true, 1, 1, { a: 1 }, 1],
          ["a", `${at}.000000`, 1, 1, true, '{"a":1}', 1]
        ],
        [["a", "no time", 1, 1, true, "", 1], 41],
        [
          ["a", at, 2 ** 63, 1, true, "", 1],
          ["a", `${at}.000000`, -(2 ** 63), 1, true, "", 1]
        ],
        [["a", at, 1.5, 1, true, "", 1], 27],
        [["a", at, "1", 1, true, "", 1], 27],
        [["a", at, 1, "x", true, "", 1], 27],
        [["a", at, 1, 1, 2, "", 1], 467],
        [["a", 7, 1, 1, true, "", 1], 27],
        [["a", null, 1, 1, true, "", 1], 117],
        [["a", at, 1, 1, true, ""], 27],
        [["a", at, 1, 1, true, "", 1, 1], 27]
      ]
      for (const [row, stored] of rows) {
        yield* server.clear
        yield* run(create)
        const { code } = yield* run(insert(row))
        const [kept] = yield* server.rows('a "b\\')
        assert.deepStrictEqual(code ?? Object.values(kept!), stored, JSON.stringify(row))
      }
      yield* run(insert([null, null, null, null, null, null, 1], "SETTINGS x = 1"))
      assert.deepStrictEqual(Object.values((yield* server.rows('a "b\\'))[0]!), [
        "",
        "1970-01-01 00:00:00.000000",
        null,
        0,
        false,
        null,
        1
      ])
    })
  )

  it.live("keeps the last of the rows that it is sorted by, and nothing of a batch whose token it has seen", () =>
    Effect.gen(function* () {
      const { run, server } = yield* start()
      yield* run(create)
      const row = (id: string, version: number) => [id, at, 1, 1, true, "", version]
      yield* run(insert(row("a", 1), "SETTINGS insert_deduplication_token = 't1'"))
      yield* run(insert(row("a", 2), "SETTINGS insert_deduplication_token = 't1'"))
      const versions = Effect.map(server.rows('a "b\\'), (rows) => rows.map(({ version }) => version))
      assert.deepStrictEqual(yield* versions, [1])
      yield* run(insert(row("a", 3), "SETTINGS insert_deduplication_token = 't2'"))
      assert.deepStrictEqual(yield* versions, [3])
      const [table] = yield* server.tables
      assert.lengthOf(table!.rows, 2)
      assert.deepStrictEqual(yield* server.rows("missing"), [])
    })
  )

  it.live("selects and deletes the rows of a condition", () =>
    Effect.gen(function* () {
      const { run, server } = yield* start()
      const name = `"default"."a ""b\\\\"`
      yield* run(create)
      const lines = [
        ["a", at, 1, 1, true, "x", 1],
        ["b", "2026-02-01 00:00:00", 2, 1, true, null, 1],
        ["c", "2026-02-01 00:00:00", null, 1, true, "it's", 1]
      ]
      yield* run(`${into} FORMAT JSONCompactEachRow\n${lines.map((line) => JSON.stringify(line)).join("\n")}`)
      const select = (where: string) =>
        Effect.map(
          run(
            `SELECT "id" FROM ${name} WHERE ${where} FORMAT JSONCompactEachRow`,
            undefined,
            "?param_value=it%27s%5Ct"
          ),
          ({ code, text }) => code ?? text.replaceAll(/[\n"[\]]/g, "")
        )
      const found: ReadonlyArray<readonly [where: string, ids: string | number]> = [
        [`"n" = 1 OR "n" > 1 AND "j" IS NOT NULL`, "a"],
        [`("n" = 1 OR "n" > 1) AND "f" = 1`, "ab"],
        [`"n" < 2`, "a"],
        [`"at" < parseDateTime64BestEffort('2026-01-15T00:00:00Z', 6, 'UTC')`, "a"],
        [`coalesce("n", 9) = 9`, "c"],
        [`coalesce("j", "j") = 'x'`, "a"],
        [`position({value:String}, "j") > 0`, "c"],
        [`position("j", 's') > 3`, "c"],
        [`"id" IN (SELECT "id" FROM ${name} WHERE "f" = 1 AND "n" = 2)`, "b"],
        [`"x" = 1`, 47],
        [`"n" = {other:String}`, 456],
        [`reverse("j") = 'x'`, 46],
        [`"n"`, 62],
        [`"id" IN ("n" = 1)`, 62]
      ]
      for (const [where, ids] of found) assert.strictEqual(yield* select(where), ids, where)
      assert.strictEqual((yield* run(`SELECT count() FROM ${name} WHERE "n" > 0`)).text, "[2]\n")
      assert.strictEqual(
        (yield* run(`SELECT DISTINCT "at", "f" FROM ${name} WHERE "f" = 1`)).text.split("\n").length,
        3
      )
      yield* run(`ALTER TABLE ${name} DELETE WHERE "n" > 0 SETTINGS mutations_sync = 2`)
      assert.deepStrictEqual(
        (yield* server.rows('a "b\\')).map(({ id }) => id),
        ["c"]
      )
    })
  )

  it.live("fails as ClickHouse does", () =>
    Effect.gen(function* () {
      const { run } = yield* start({ user: "me", password: "secret", database: "default" })
      yield* run(create)
      const failing: ReadonlyArray<readonly [sql: string, status: number, code: number]> = [
        ["DROP DATABASE x", 400, 62],
        ["CREATE TABLE IF NOT EXISTS", 400, 62],
        [`CREATE TABLE IF NOT EXISTS "default"."x" ("a" String`, 400, 62],
        [`CREATE TABLE IF NOT EXISTS "other"."x" ("a" String) ENGINE = MergeTree() ORDER BY ("a")`, 404, 81],
        [`CREATE TABLE IF NOT EXISTS "default"."x" ON CLUSTER "c" ("a" String)`, 500, 701],
        [`ALTER TABLE "default"."x" ADD COLUMN IF NOT EXISTS "a" String`, 404, 60],
        [`ALTER TABLE "default"."a ""b\\\\" MODIFY COLUMN "x" String`, 500, 10],
        [`ALTER TABLE "default"."a ""b\\\\" DROP COLUMN "x"`, 400, 62],
        [`INSERT INTO "default"."a ""b\\\\" ("x") FORMAT JSONCompactEachRow`, 500, 16],
        [`INSERT INTO "default"."a ""b\\\\" ("id") FORMAT CSV`, 400, 62],
        [`INSERT INTO "default"."a ""b\\\\" ("id") FORMAT JSONCompactEachRow\n{"`, 400, 27]
      ]
      for (const [sql, status, code] of failing) {
        const failed = yield* run(sql)
        assert.deepStrictEqual([failed.status, failed.code], [status, code], sql)
        assert.match(failed.text, new RegExp(`^Code: ${code}\\. DB::Exception: .*\\(version `))
      }
      yield* run(`CREATE TABLE IF NOT EXISTS "default"."odd" ("a" Array) ENGINE = MergeTree() ORDER BY ("a")`)
      assert.strictEqual((yield* run(`INSERT INTO "default"."odd" ("a") FORMAT JSONCompactEachRow\n[1]`)).code, 50)
      assert.strictEqual((yield* run(create, {})).code, 516)
      assert.strictEqual((yield* run(create, { authorization: `Basic ${btoa("me:wrong")}` })).status, 403)
    })
  )

  it.live("answers with the exception of a status, or behind a 200", () =>
    Effect.gen(function* () {
      const { run, server } = yield* start()
      yield* server.misbehave([
        [Fault.status(500), 1],
        [Fault.status(502), 1],
        [Fault.errorBody(), 1]
      ])
      assert.deepStrictEqual((yield* run(create)).code, 241)
      assert.deepStrictEqual(yield* run(create), { status: 502, code: undefined, text: "<html></html>" })
      const late = yield* run(create)
      assert.deepStrictEqual([late.status, late.code], [200, undefined])
      assert.include(late.text, "\r\n__exception__\r\n")
      assert.deepStrictEqual(yield* server.tables, [])
    })
  )
})
