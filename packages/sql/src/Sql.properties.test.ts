import { Aggregate, Attribute, Entity } from "@trackmap/core"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { nextSchema, pool, run, sqlite, unavailable } from "../test/database.ts"
import { Column, Sql, Table } from "./index.ts"

const runs = { numRuns: 40 * Number(process.env["RUNS"] ?? 1) }

interface Kind {
  readonly name: string
  readonly column: Column.Column<string | number | bigint, "int" | "bigint" | "text" | "uuid">
  readonly schema: Schema.Codec<any, any>
  readonly key: fc.Arbitrary<string | number | bigint>
  readonly sqlite: string
  readonly postgres: string
}

const texts = fc.oneof(
  fc.constantFrom(
    "1",
    "01",
    "1.0",
    "a",
    "A",
    "a ",
    "",
    "NULL",
    "{}",
    `"`,
    "\\",
    `\\"`,
    "'",
    "$1",
    "é",
    "e\u0301",
    "🦆"
  ),
  fc.string({ unit: "grapheme", maxLength: 5 }).map((text) => text.replaceAll("\0", ""))
)

const kinds: ReadonlyArray<Kind> = [
  {
    name: "int",
    column: Column.int,
    schema: Schema.Int,
    key: fc.oneof(fc.integer({ min: -3, max: 9 }), fc.maxSafeInteger()),
    sqlite: "INTEGER",
    postgres: "int8"
  },
  {
    name: "bigint",
    column: Column.bigint,
    schema: Schema.BigInt,
    key: fc.oneof(fc.bigInt({ min: -3n, max: 9n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    sqlite: "INTEGER",
    postgres: "int8"
  },
  { name: "text", column: Column.text, schema: Schema.String, key: texts, sqlite: "TEXT", postgres: "text" },
  { name: "uuid", column: Column.uuid, schema: Schema.String, key: fc.uuid(), sqlite: "TEXT", postgres: "uuid" }
]

interface Node {
  readonly id: any
  readonly parentId: any
  readonly size: number
  readonly label: string | null
  readonly yes: boolean
  readonly at: Date
  readonly meta: Attribute.JsonValue
}

/** Rows with distinct ids, whose parents are each other, themselves, missing or none. */
const nodesOf = (key: Kind["key"]): fc.Arbitrary<ReadonlyArray<Node>> =>
  fc.uniqueArray(key, { maxLength: 12 }).chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc.record({
          id: fc.constant(id),
          parentId: fc.oneof(fc.constant(null), key, fc.constantFrom(...ids)),
          size: fc.integer({ min: -1000, max: 1000 }),
          label: fc.option(texts),
          yes: fc.boolean(),
          at: fc.date({ min: new Date(-62135596800000), max: new Date("9999-12-31"), noInvalidDate: true }),
          meta: fc
            .jsonValue({ maxDepth: 2 })
            .map((value) => JSON.parse(JSON.stringify(value).replaceAll("\\u0000", "")))
        })
      )
    )
  )

type Relate = (kind: "parent" | "children") => any

const entityOf = ({ schema }: Kind, relate: Relate): Entity.Any => {
  const Plain = Entity.make("Node", {
    key: "id",
    attributes: {
      id: schema,
      size: Schema.Int,
      label: Schema.NullOr(Schema.String),
      yes: Schema.Boolean,
      at: Schema.Date,
      meta: Attribute.json
    }
  })
  const Child = Entity.make("Child", { key: "id", attributes: { id: schema, size: Schema.Int } })
  const Parent: any = (Entity.one as any)(Plain, "parent", Plain, relate("parent"), { prefix: "Grandparent" })
  const Root = (Entity.one as any)(Plain, "parent", Parent, relate("parent"), { prefix: "Parent" })
  const aggregates = [Aggregate.count, Aggregate.sum("size"), Aggregate.keys, Aggregate.list({ max: 2 })]
  return (Entity.many as any)(Root, "children", Child, relate("children"), ...aggregates)
}

/** What hand-written lookups over all rows say. */
const byHand = (nodes: ReadonlyArray<Node>): Relate => {
  // A sort keeps the places of rows of the same size.
  const ordered = nodes.toSorted((a, b) => a.size - b.size)
  return (kind) =>
    kind === "parent"
      ? (node: Node) => nodes.find(({ id }) => id === node.parentId) ?? null
      : (node: Node) => ordered.filter(({ parentId }) => parentId === node.id)
}

const derived =
  ({ column }: Kind, db: Sql.Database, schema?: string): Relate =>
  (kind) => {
    const nodes = Table.make("nodes", {
      schema,
      key: "id",
      columns: {
        id: column,
        parentId: Column.named("parent_id", Column.nullable(column)),
        place: Column.int,
        size: Column.int,
        label: Column.nullable(Column.text),
        yes: Column.boolean,
        at: Column.timestamptz,
        meta: Column.json
      }
    })
    return kind === "parent"
      ? db.one(nodes, "parentId")
      : db.many(nodes, "parentId", "id", { orderBy: ["size", "place"] })
  }

const columns = (type: string, boolean: string, time: string) =>
  `(id ${type} PRIMARY KEY, parent_id ${type}, place INTEGER, size INTEGER, label TEXT, yes ${boolean}, at ${time}, meta TEXT)`

const cells = (nodes: ReadonlyArray<Node>) =>
  nodes.map(({ at, id, label, meta, parentId, size, yes }, place) => ({
    at,
    id,
    label,
    meta,
    parentId,
    place,
    size,
    yes
  }))

const check = async (kind: Kind, nodes: ReadonlyArray<Node>, relate: Relate) => {
  const rows = nodes as ReadonlyArray<never>
  const expected = await run(Entity.valuesAll(entityOf(kind, byHand(nodes)), rows) as never)
  const values = await run(Entity.valuesAll(entityOf(kind, relate), rows) as never)
  assert.deepStrictEqual(values, expected)
}

describe.each(kinds)("relations by keys of the kind $name", (kind) => {
  it("are in SQLite what lookups over all rows say", async () => {
    const property = fc.asyncProperty(nodesOf(kind.key), async (nodes) => {
      const { database, db } = sqlite(`CREATE TABLE nodes ${columns(kind.sqlite, "INTEGER", "TEXT")}`)
      const insert = database.prepare("INSERT INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      // The id of a row that it returns can be a bigint.
      insert.setReadBigInts(true)
      for (const { at, id, label, meta, parentId, place, size, yes } of cells(nodes)) {
        insert.run(id, parentId, place, size, label, yes ? 1 : 0, at.toISOString(), JSON.stringify(meta))
      }
      await check(kind, nodes, derived(kind, db))
      database.close()
    })
    await fc.assert(property, runs)
  })

  it.skipIf(unavailable !== undefined)("are in PostgreSQL what lookups over all rows say", async () => {
    const schema = nextSchema()
    await pool.query(
      `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.nodes ${columns(kind.postgres, "boolean", "timestamptz")}`
    )
    const property = fc.asyncProperty(nodesOf(kind.key), async (nodes) => {
      await pool.query(`TRUNCATE ${schema}.nodes`)
      for (const { at, id, label, meta, parentId, place, size, yes } of cells(nodes)) {
        const values = [id, parentId, place, size, label, yes, at, JSON.stringify(meta)]
        await pool.query(`INSERT INTO ${schema}.nodes VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, values)
      }
      await check(kind, nodes, derived(kind, Sql.pg(pool), schema))
    })
    await fc.assert(property, runs)
    await pool.query(`DROP SCHEMA ${schema} CASCADE`)
  })
})
