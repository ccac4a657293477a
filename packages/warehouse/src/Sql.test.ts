import { assert, describe, it } from "vitest"
import { dialect } from "../test/dialect.ts"
import { Sql, Table } from "./index.ts"

const existing = (name: string, comment?: string): Table.Existing => ({
  name,
  comment,
  columns: Table.messageColumns.map(({ kind, name }) => ({ name, type: dialect.types[kind] }))
})

describe("SQL", () => {
  it("quotes names and texts", () => {
    assert.strictEqual(Sql.quote('a"b'), '"a""b"')
    assert.strictEqual(Sql.literal("it's"), "'it''s'")
  })

  it("has the columns of a table with their types", () => {
    assert.strictEqual(
      Sql.columns(Table.misfits, dialect),
      '"message_id" TEXT NOT NULL, "timestamp" TIMESTAMPTZ, "type" TEXT NOT NULL, "event" TEXT, "key" TEXT NOT NULL, "value" TEXT, "reason" TEXT NOT NULL, "loaded_at" TIMESTAMPTZ NOT NULL'
    )
  })

  it("shows all events, pages and screens, also of events that left the plan, and no other table", () => {
    const query = Sql.events(
      [
        existing("paid", "it's paid"),
        existing("untitled", ""),
        existing("pages"),
        existing("screens"),
        existing("identifies"),
        { name: "users", columns: [{ name: "id", type: "BIGINT" }] }
      ],
      (name) => `s.${Sql.quote(name)}`
    )
    assert.deepStrictEqual(
      query.split(" UNION ALL ").map((part) => part.slice(part.indexOf('"loaded_at", ') + 13)),
      [
        `'track' AS type, 'it''s paid' AS event FROM s."paid"`,
        `'track' AS type, 'untitled' AS event FROM s."untitled"`,
        `'page' AS type, "name" AS event FROM s."pages"`,
        `'screen' AS type, "name" AS event FROM s."screens"`
      ]
    )
  })
  it("writes the names of events as an engine needs it", () => {
    const query = Sql.events([existing("paid", "a\\b")], Sql.quote, (text) =>
      Sql.literal(text.replaceAll("\\", "\\\\"))
    )
    assert.include(query, "'a\\\\b' AS event")
  })
})
