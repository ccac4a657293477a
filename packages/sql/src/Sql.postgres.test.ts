import { AsyncLocalStorage } from "node:async_hooks"
import { PgClient } from "@effect/sql-pg"
import { Aggregate, Attribute, Entity, type RowError } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { types } from "pg"
import { assert, beforeAll, describe, it } from "vitest"
import { address, nextSchema, pool, run, unavailable } from "../test/database.ts"
import { Column, Sql, Table, TableError } from "./index.ts"

const schema = nextSchema()

const postgresJs = Sql.postgresJs({
  // postgres.js returns the rows themselves.
  unsafe: async (text, parameters) => (await pool.query(text, parameters)).rows
})

const things = Table.make("things", {
  schema,
  key: "id",
  columns: {
    id: Column.uuid,
    small: Column.int,
    big: Column.bigint,
    amount: Column.numeric,
    ratio: Column.float,
    yes: Column.boolean,
    at: Column.timestamptz,
    local: Column.timestamp,
    day: Column.date,
    meta: Column.json,
    status: Column.literals(["draft", "placed"]),
    tags: Column.array(Column.text),
    bigs: Column.array(Column.bigint),
    times: Column.array(Column.timestamptz),
    states: Column.array(Column.nullable(Column.literals(["draft", "placed"])))
  }
})
const Thing = Entity.make("Thing", {
  key: "id",
  attributes: {
    id: Schema.String,
    small: Schema.Int,
    big: Schema.BigInt,
    amount: Schema.String,
    ratio: Schema.Finite,
    yes: Schema.Boolean,
    at: Schema.Date,
    local: Schema.Date,
    day: Schema.String,
    meta: Attribute.json,
    status: Schema.Literals(["draft", "placed"]),
    tags: Schema.Array(Schema.String),
    bigs: Schema.Array(Schema.BigInt),
    times: Schema.Array(Schema.Date),
    states: Schema.Array(Schema.NullOr(Schema.Literals(["draft", "placed"])))
  }
})
const Root = Entity.make("Root", { key: "id", attributes: { id: Schema.Int } })
const id = "2500b32e-9d29-4a5c-8b6f-3d1c1b5a7e4f"
const expected = {
  Root_id: 1,
  Thing_id: id,
  Thing_small: 7,
  Thing_big: "9007199254740993",
  Thing_amount: "12.500",
  Thing_ratio: 0.5,
  Thing_yes: true,
  Thing_at: "2026-11-29T12:30:15.123Z",
  Thing_local: "2026-11-29T23:30:15.000Z",
  Thing_day: "2026-11-29",
  Thing_meta: "a text, not an object",
  Thing_status: "placed" as const,
  Thing_tags: ["a,b", `"quoted"`],
  Thing_bigs: ["9007199254740993"],
  Thing_times: ["2026-11-29T12:30:15.123Z"],
  Thing_states: ["draft", null] as ReadonlyArray<"draft" | null>
}

beforeAll(async () => {
  if (unavailable !== undefined) return
  await pool.query(`
    CREATE SCHEMA ${schema};
    CREATE TYPE ${schema}.status AS ENUM ('draft', 'placed');
    CREATE TABLE ${schema}.things (
      id uuid PRIMARY KEY, small int4, big int8, amount numeric(10, 3), ratio float8, yes boolean, at timestamptz,
      local timestamp, day date, meta jsonb, status ${schema}.status, tags text[], bigs int8[], times timestamptz[],
      states ${schema}.status[]
    );
    INSERT INTO ${schema}.things VALUES (
      '${id}', 7, 9007199254740993, 12.5, 0.5, true, '2026-11-29 14:30:15.123456+02', '2026-11-29 23:30:15', '2026-11-29',
      '"a text, not an object"', 'placed', ARRAY['a,b', '"quoted"'], ARRAY[9007199254740993],
      ARRAY['2026-11-29 14:30:15.123456+02'::timestamptz], ARRAY['draft', NULL]::${schema}.status[]
    );
    CREATE TABLE ${schema}.products (id int4 PRIMARY KEY, name text NOT NULL, status ${schema}.status);
    INSERT INTO ${schema}.products VALUES (123, 'Duck Tape', 'draft'), (124, 'Hammer', 'placed'), (125, 'Nail', 'draft');
    CREATE TABLE ${schema}.twins (code text, name text);
    INSERT INTO ${schema}.twins VALUES ('a"b\\c,d', 'hostile'), ('{}', 'empty'), ('NULL', 'text');
  `)
})

const clientLayer = PgClient.layer({ url: Redacted.make(address), maxConnections: 4 })
const withClient = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, [clientLayer, Logger.layer([])]))

const products = Table.make("products", { schema, key: "id", columns: { id: Column.int, name: Column.text } })
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
const productOf = <R>(db: Sql.Database<R>) => Root.pipe(Entity.one("product", Product, db.one(products, "productId")))

describe.skipIf(unavailable !== undefined)("on PostgreSQL", () => {
  const thingOf = <R>(db: Sql.Database<R>) => Root.pipe(Entity.one("thing", Thing, db.one(things, "thingId")))
  const row = { id: 1, thingId: id.toUpperCase() }

  it("every kind of column has the same value through every driver", async () => {
    assert.deepStrictEqual(await run(Entity.values(thingOf(Sql.pg(pool)), row)), expected)
    assert.deepStrictEqual(await run(Entity.values(thingOf(postgresJs), row)), expected)
    assert.deepStrictEqual(await withClient(Entity.values(thingOf(Sql.client), row)), expected)
  })

  it("and whatever the settings of the connection are", async () => {
    const client = await pool.connect()
    const numbers = { getTypeParser: (oid: number) => (oid === 20 || oid === 1700 ? Number : types.getTypeParser(oid)) }
    const db = Sql.pg({ query: (text, values) => client.query({ text, values, types: numbers as never }) })
    try {
      await client.query(
        "SET DateStyle TO 'German'; SET TimeZone TO 'Asia/Kolkata'; SET IntervalStyle TO 'sql_standard'"
      )
      assert.deepStrictEqual(await run(Entity.values(thingOf(db), row)), expected)
    } finally {
      client.release(true)
    }
  })

  it("keys are sent as one parameter, whatever they contain", async () => {
    const codes = Table.make("twins", { schema, key: "code", columns: { code: Column.text, name: Column.text } })
    const Code = Entity.make("Code", { key: "code", attributes: { code: Schema.String, name: Schema.String } })
    const Coded = Root.pipe(Entity.one("code", Code, Sql.pg(pool).one(codes, "code")))
    const keys = [`a"b\\c,d`, "{}", "NULL", `'); DROP TABLE x`, "a\0b", "", "\ud800"]
    const values = await run(
      Entity.valuesAll(
        Coded,
        keys.map((code, at) => ({ id: at, code }))
      )
    )
    assert.deepStrictEqual(
      values.map((one) => one.Code_name),
      ["hostile", "empty", "text", undefined, undefined, undefined, undefined]
    )
  })

  it("rows are found by an enum, and by integers that no column can hold there are none", async () => {
    const byStatus = Table.make("products", {
      schema,
      key: "id",
      columns: { id: Column.int, status: Column.nullable(Column.literals(["draft", "placed"])) }
    })
    const Only = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
    const ByStatus = Root.pipe(
      Entity.many("products", Only, Sql.pg(pool).many(byStatus, "status", "status"), Aggregate.keys)
    )
    const values = await run(Entity.values(ByStatus, { id: 1, status: "draft" }))
    assert.deepStrictEqual(Object.values(values), [1, [123, 125]])
    const beyond = await run(Entity.values(productOf(Sql.pg(pool)), { id: 1, productId: 2n ** 40n }))
    assert.deepStrictEqual(beyond, { Root_id: 1 })
  })

  it("a transaction of Effect's client reads its own rows, and others share no query with it", async () => {
    const program = Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const Line of [productOf(Sql.client), productOf(Sql.over(sql))]) {
        const name = Effect.map(Entity.values(Line, { id: 1, productId: 123 }), (values) => values.Product_name)
        const renamed = sql.withTransaction(
          Effect.gen(function* () {
            yield* sql.unsafe(`UPDATE ${schema}.products SET name = 'Renamed' WHERE id = 123`)
            const inside = yield* name
            return yield* Effect.fail(inside)
          })
        )
        const [inside, outside] = yield* Effect.all([Effect.flip(renamed), name], { concurrency: "unbounded" })
        assert.deepStrictEqual([inside, outside], ["Renamed", "Duck Tape"])
        const together = sql.withTransaction(Effect.all([name, name], { concurrency: "unbounded" }))
        assert.deepStrictEqual(yield* together, ["Duck Tape", "Duck Tape"])
      }
    })
    await withClient(program)
  })

  it("a transaction of a pool reads its own rows, where a function returns its client", async () => {
    const transaction = new AsyncLocalStorage<Sql.PgQueryable>()
    const Line = productOf(Sql.pg(() => transaction.getStore() ?? pool))
    const name = async () => (await run(Entity.values(Line, { id: 1, productId: 123 }))).Product_name
    const client = await pool.connect()
    try {
      await client.query("BEGIN")
      await client.query(`UPDATE ${schema}.products SET name = 'Renamed' WHERE id = 123`)
      const [inside, outside] = await Promise.all([transaction.run(client, name), name()])
      assert.deepStrictEqual([inside, outside], ["Renamed", "Duck Tape"])
    } finally {
      await client.query("ROLLBACK")
      client.release()
    }
  })

  it("a client gets one query at a time, as pg wants it", async () => {
    const client = await pool.connect()
    const warnings: Array<string> = []
    const hear = ({ message }: Error): void => void warnings.push(message)
    process.on("warning", hear)
    try {
      const db = Sql.pg(client)
      const others = Table.make("products", { schema, key: "id", columns: { id: Column.int } })
      const Both = Root.pipe(
        Entity.one("product", Product, db.one(products, "productId")),
        Entity.one("thing", Thing, db.one(things, "thingId")),
        Entity.one("other", Root, db.one(others, "otherId"), { prefix: "Other" }),
        Entity.many("others", Root, db.many(others, "id", "id"), Aggregate.count)
      )
      const values = await run(Entity.values(Both, { id: 1, productId: 124, thingId: id, otherId: 125 }))
      assert.deepStrictEqual([values.Product_name, values.Thing_small], ["Hammer", 7])
      assert.deepStrictEqual([values.Other_id, values.Root_others_count], [125, 0])
      await new Promise((resolve) => setImmediate(resolve))
      assert.deepStrictEqual(warnings, [])
    } finally {
      process.off("warning", hear)
      client.release()
    }
  })

  const failed = async (table: typeof products): Promise<TableError.TableError> => {
    const Line = Root.pipe(Entity.one("product", Product, Sql.pg(pool).one(table, "productId")))
    const failure: unknown = await run(Effect.flip(Entity.values(Line, { id: 1, productId: 123 })))
    return (failure as RowError.ResolveFailed).cause as TableError.TableError
  }

  it("a description that does not fit says which table and which column", async () => {
    const columns = { id: Column.int, name: Column.text }
    const missing = await failed(Table.make("product", { schema, key: "id", columns }))
    assert.include(missing.message, `${schema}.product does not exist in the database (42P01).`)
    const noSchema = await failed(Table.make("products", { schema: "none", key: "id", columns }))
    assert.include(noSchema.message, "none.products does not exist in the database (42P01).")
    const named = { ...columns, name: Column.named(`full "name"`, Column.text) }
    const noColumn = await failed(Table.make("products", { schema, key: "id", columns: named }))
    assert.include(noColumn.message, "has no column")
    const otherKind = { id: Column.named("name", Column.int), name: Column.named("id", Column.text) }
    const unlike = await failed(Table.make("products", { schema, key: "id", columns: otherKind }))
    assert.include(unlike.message, "of the kind that its description says (42883).")
  })

  it("a table that the role may not read says so", async () => {
    const role = nextSchema()
    await pool.query(`CREATE ROLE ${role}; GRANT USAGE ON SCHEMA ${schema} TO ${role}`)
    const client = await pool.connect()
    try {
      await client.query(`SET ROLE ${role}`)
      const failure: unknown = await run(
        Effect.flip(Entity.values(productOf(Sql.pg(client)), { id: 1, productId: 123 }))
      )
      assert.include((failure as Error).message, "cannot be read with the role's rights (42501). Grant it SELECT")
    } finally {
      client.release(true)
      await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    }
  })
})
