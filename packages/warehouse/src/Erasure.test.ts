import { DatabaseSync } from "node:sqlite"
import type { Message } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"
import { base, daysAgo, plan, track } from "../../../fixtures/warehouse/paid.ts"
import { dialect } from "../test/dialect.ts"
import { Erasure, Layout, Rows, Sql, type Table } from "./index.ts"

/** A database of SQLite with the tables of the plan and some messages, and a table that is not the sink's. */
const open = (messages: ReadonlyArray<Message.Message>) => {
  const database = new DatabaseSync(":memory:")
  const run = (sql: string, ...values: ReadonlyArray<any>) => database.prepare(sql).all(...values)
  const tables = Effect.runSync(Layout.make(plan, dialect))
  for (const table of tables) run(`CREATE TABLE ${Sql.quote(table.name)} (${Sql.columns(table, dialect)})`)
  for (const { columns, size, table } of Rows.make(tables, dialect)(messages, Date.now())) {
    for (let row = 0; row < size; row++) {
      const values = columns.map((column) => column[row] ?? null)
      run(`INSERT INTO ${Sql.quote(table.name)} VALUES (${values.map(() => "?")})`, ...values)
    }
  }
  run(`CREATE TABLE own ("timestamp" TEXT)`)
  run(`INSERT INTO own VALUES ('2000-01-01')`)
  const engine: Erasure.Engine<never, never> = {
    nameOf: Sql.quote,
    text: () => "?1",
    time: () => "?1",
    contains: (column, text) => `instr(${column}, ${text}) > 0`,
    remove: ({ table, value, where }) =>
      Effect.sync(() => Number(database.prepare(`DELETE FROM ${Sql.quote(table)} WHERE ${where}`).run(value).changes)),
    anonymousIds: ({ table, value, where }) =>
      Effect.sync(() =>
        run(
          `SELECT DISTINCT anonymous_id AS id FROM ${Sql.quote(table)} WHERE ${where} AND anonymous_id NOT NULL`,
          value
        ).map(({ id }) => String(id))
      )
  }
  const existing: ReadonlyArray<Table.Existing> = [
    ...tables.map(({ columns, name }) => ({ name, columns: columns.map(({ name }) => ({ name, type: "TEXT" })) })),
    { name: "own", columns: [{ name: "timestamp", type: "TEXT" }] }
  ]
  return {
    engine,
    tables: Erasure.own(existing),
    /** The number of rows by table, without empty ones. */
    counts: (): Readonly<Record<string, number>> =>
      Object.fromEntries(
        existing.flatMap(({ name }) => {
          const { length } = run(`SELECT 1 FROM ${Sql.quote(name)}`)
          return length === 0 ? [] : [[name, length]]
        })
      )
  }
}

describe("prune", () => {
  it("deletes what is older than an age from every table of the sink", () => {
    const messages = [1, 20, 40].flatMap((days): ReadonlyArray<Message.Message> => [
      track({ qty: 2.5 }, { timestamp: daysAgo(days) }),
      track({}, { timestamp: daysAgo(days), event: "unknown" })
    ])
    const { counts, engine, tables } = open([...messages, track({}, { timestamp: "no time" })])
    assert.strictEqual(Effect.runSync(Erasure.prune(engine, tables, 30 * 86_400_000)), 3)
    assert.deepStrictEqual(counts(), { paid: 2, misfits: 5, own: 1 })
  })

  it("takes an age that is a duration", () => {
    assert.deepStrictEqual(
      (["1 day", 5, "soon", -1, 0, Number.POSITIVE_INFINITY] as const).map((age) => typeof Erasure.ageOf(age as never)),
      ["number", "number", "string", "string", "string", "string"]
    )
  })
})

describe("forget", () => {
  const messages: ReadonlyArray<Message.Message> = [
    track({ qty: 1 }, { userId: "u1", anonymousId: "a1" }),
    track({ qty: 2.5 }, { userId: "u1" }),
    track({}, { userId: "u1", event: "unknown" }),
    { type: "alias", userId: "u2", previousId: "u1", ...base() },
    track({ qty: 2.5 }, { userId: "u2", anonymousId: "a1" })
  ]

  it("deletes the rows of a person with their misfits, and tells their other ids", () => {
    const { counts, engine, tables } = open(messages)
    const forget = (id: Erasure.Id) => Effect.runSync(Erasure.forget(engine, dialect, tables, id))
    assert.deepStrictEqual(forget({ field: "userId", id: "u1" }), { rows: 5, anonymousIds: ["a1"] })
    assert.deepStrictEqual(counts(), { paid: 1, misfits: 1, own: 1 })
    assert.deepStrictEqual(forget({ field: "anonymousId", id: "a1" }), { rows: 2, anonymousIds: [] })
    assert.deepStrictEqual(counts(), { own: 1 })
  })

  it("finds an id that the engine cannot hold in the misfits", () => {
    const { counts, engine, tables } = open([track({}, { userId: "u\ud83e" }), track({ qty: 1 }, { userId: "u" })])
    const { rows } = Effect.runSync(Erasure.forget(engine, dialect, tables, { field: "userId", id: "u\ud83e" }))
    assert.strictEqual(rows, 1)
    assert.deepStrictEqual(counts(), { paid: 1, own: 1 })
  })

  it("takes one id, which is not empty", () => {
    assert.deepStrictEqual(Erasure.idOf({ anonymousId: "a" }), { field: "anonymousId", id: "a" })
    for (const person of [{}, { userId: "" }, { userId: "u", anonymousId: "a" }]) {
      assert.strictEqual(Erasure.idOf(person), "pass either userId or anonymousId, which is not empty")
    }
  })
})
