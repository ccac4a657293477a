import { AsyncLocalStorage } from "node:async_hooks"
import { Aggregate, Entity, RowError } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { Column, Sql, Table, TableError } from "./index.ts"
import { run, sqlite } from "../test/database.ts"

const statements = [
  `CREATE TABLE manufacturers (id INTEGER PRIMARY KEY, name TEXT NOT NULL)`,
  `CREATE TABLE products (id INTEGER PRIMARY KEY, price INTEGER NOT NULL, cost INTEGER NOT NULL, manufacturer_id INTEGER)`,
  `CREATE TABLE order_lines (id INTEGER PRIMARY KEY, qty INTEGER NOT NULL, order_id INTEGER NOT NULL, note TEXT)`,
  `INSERT INTO manufacturers VALUES (789, 'Mario Bros')`,
  `INSERT INTO products VALUES (123, 100, 60, 789), (124, 200, 90, NULL), (125, 300, 90, 1)`,
  `INSERT INTO order_lines VALUES (1002, 4, 357, NULL), (1001, 3, 357, 'b'), (1003, 1, 358, 'a'), (1004, 9, 357, 'a')`
]

const manufacturers = Table.make("manufacturers", { key: "id", columns: { id: Column.int, name: Column.text } })
const products = Table.make("products", {
  key: "id",
  columns: {
    id: Column.int,
    price: Column.int,
    cost: Column.int,
    manufacturerId: Column.nullable(Column.named("manufacturer_id", Column.int))
  }
})
const orderLines = Table.make("order_lines", {
  key: "id",
  columns: {
    id: Column.int,
    qty: Column.int,
    orderId: Column.named("order_id", Column.int),
    note: Column.nullable(Column.text)
  }
})

const Manufacturer = Entity.make("Manufacturer", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, price: Schema.Int } })
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })

const shop = () => {
  const opened = sqlite(...statements)
  const { db } = opened
  const OrderLine = Line.pipe(
    Entity.one(
      "product",
      Product.pipe(Entity.one("manufacturer", Manufacturer, db.one(manufacturers, "manufacturerId"))),
      db.one(products, "productId")
    )
  )
  return { ...opened, OrderLine }
}

const line = (id: number, productId: number | null) => ({ id, qty: 1, productId })

describe("a relation by a word", () => {
  it("has the values of the related rows, and of those of theirs", async () => {
    const { OrderLine } = shop()
    assert.deepStrictEqual(await run(Entity.values(OrderLine, line(1001, 123))), {
      Line_id: 1001,
      Line_qty: 1,
      Product_id: 123,
      Product_price: 100,
      Manufacturer_id: 789,
      Manufacturer_name: "Mario Bros"
    })
  })

  it("leaves out rows whose key is null or has no row", async () => {
    const { OrderLine } = shop()
    const values = await run(Entity.valuesAll(OrderLine, [line(1, null), line(2, 999), line(3, 124), line(4, 125)]))
    assert.deepStrictEqual(values, [
      { Line_id: 1, Line_qty: 1 },
      { Line_id: 2, Line_qty: 1 },
      { Line_id: 3, Line_qty: 1, Product_id: 124, Product_price: 200 },
      { Line_id: 4, Line_qty: 1, Product_id: 125, Product_price: 300 }
    ])
  })

  it("fails for a missing row that must exist", async () => {
    const { db } = shop()
    const Required = Line.pipe(Entity.one("product", Product, db.one(products, "productId"), { required: true }))
    const failure = await run(Effect.flip(Entity.values(Required, line(1, 999))))
    assert.instanceOf(failure, RowError.MissingRow)
  })

  it("asks once for all rows, with each key once, as one parameter", async () => {
    const { OrderLine, queries } = shop()
    const lines = Array.from({ length: 100 }, (_, id) => line(id, 123 + (id % 3)))
    await run(Entity.valuesAll(OrderLine, lines))
    assert.deepStrictEqual(
      queries.map(({ parameters }) => parameters),
      [["[123,124,125]"], ["[789,1]"]]
    )
  })

  it("reads the columns that the entities read, and no other", async () => {
    const { OrderLine, queries } = shop()
    await run(Entity.values(OrderLine, line(1001, 123)))
    assert.deepStrictEqual(
      queries.map(({ text }) => text),
      [
        `SELECT t."id" AS c0, t."price" AS c1, t."manufacturer_id" AS c2 FROM "products" AS t WHERE t."id" IN (SELECT value FROM json_each(?))`,
        `SELECT t."id" AS c0, t."name" AS c1 FROM "manufacturers" AS t WHERE t."id" IN (SELECT value FROM json_each(?))`
      ]
    )
  })

  it("reads every described column for a function of the row", async () => {
    const { db, queries } = shop()
    const Computed = Product.pipe(
      Entity.computed("margin", Schema.Int, (row: { price: number; cost: number }) => row.price - row.cost)
    )
    const WithMargin = Line.pipe(Entity.one("product", Computed, db.one(products, "productId")))
    const values = await run(Entity.values(WithMargin, line(1, 123)))
    assert.strictEqual(values.Product_margin, 40)
    assert.include(queries[0]!.text, `t."cost"`)
  })

  it("shares queries between relations to the same rows", async () => {
    const { db, queries } = shop()
    const Both = Line.pipe(
      Entity.one("product", Product, db.one(products, "productId")),
      Entity.one("gift", Product, db.one(products, "giftId"), { prefix: "Gift" })
    )
    const values = await run(Entity.values(Both, { ...line(1, 123), giftId: 124 }))
    assert.deepStrictEqual([values.Product_id, values.Gift_id], [123, 124])
    assert.deepStrictEqual(
      queries.map(({ parameters }) => parameters),
      [["[123,124]"]]
    )
  })

  it("takes integers as drivers return them", async () => {
    const { db } = shop()
    const wide = Table.make("products", { key: "id", columns: { id: Column.bigint, price: Column.int } })
    const Wide = Entity.make("Product", { key: "id", attributes: { id: Schema.BigInt, price: Schema.Int } })
    const OfWide = Line.pipe(Entity.one("product", Wide, db.one(wide, "productId")))
    const ids = [123, 123n, "123", "0123", "12 3", 2n ** 70n]
    const rows = ids.map((productId) => ({ id: 1, qty: 1, productId }))
    const values = await run(Entity.valuesAll(OfWide, rows))
    assert.deepStrictEqual(
      values.map((one) => one.Product_id),
      ["123", "123", "123", undefined, undefined, undefined]
    )
  })

  it("does not ask where no row can have the key", async () => {
    const { OrderLine, queries } = shop()
    await run(Entity.values(OrderLine, line(1, 1.5)))
    assert.deepStrictEqual(queries, [])
  })
})

describe("a relation to many rows", () => {
  it("aggregates them in their order", async () => {
    const { db, queries } = shop()
    const OfLines = (orderBy: Sql.OrderBy<typeof orderLines>) =>
      Order.pipe(Entity.many("lines", Line, db.many(orderLines, "orderId", "id", { orderBy }), Aggregate.keys))
    const keys = async (orderBy: Sql.OrderBy<typeof orderLines>) =>
      (await run(Entity.values(OfLines(orderBy), { id: 357 }))).Order_lines_keys
    assert.deepStrictEqual(await keys([]), [1001, 1002, 1004])
    assert.deepStrictEqual(await keys([["qty", "desc"]]), [1004, 1002, 1001])
    assert.deepStrictEqual(await keys(["note"]), [1004, 1001, 1002], "nulls come last")
    assert.deepStrictEqual(await keys([["note", "desc"], "id"]), [1001, 1004, 1002], "and so they do backwards")
    assert.include(queries[0]!.text, `SELECT t."id" AS c0, t."order_id" AS c1 FROM`, "of the attributes only the key")
  })

  it("reads what its aggregates read", async () => {
    const { db, queries } = shop()
    const Summed = Order.pipe(
      Entity.many("lines", Line, db.many(orderLines, "orderId", "id"), Aggregate.count, Aggregate.sum("qty"))
    )
    assert.deepStrictEqual(await run(Entity.valuesAll(Summed, [{ id: 357 }, { id: 1 }])), [
      { Order_id: 357, Order_lines_count: 3, Order_lines_qty_sum: 16 },
      { Order_id: 1, Order_lines_count: 0, Order_lines_qty_sum: 0 }
    ])
    assert.notInclude(queries[0]!.text, "note")
  })

  it("reads all of an entity that a list has", async () => {
    const { db, queries } = shop()
    const Listed = Order.pipe(
      Entity.many("lines", Line, db.many(orderLines, "orderId", "id"), Aggregate.list({ max: 1 }))
    )
    const values = await run(Entity.values(Listed, { id: 357 }))
    assert.deepStrictEqual(values.Order_lines, [{ Line_id: 1001, Line_qty: 3 }])
    assert.strictEqual(queries.length, 1)
  })
})

describe("a connection", () => {
  it("to better-sqlite3 has the same statements", async () => {
    const { database } = shop()
    // better-sqlite3's Database has the same two methods.
    const db = Sql.betterSqlite3(() => database)
    const OrderLine = Line.pipe(Entity.one("product", Product, db.one(products, "productId")))
    assert.strictEqual((await run(Entity.values(OrderLine, line(1, 124)))).Product_price, 200)
  })

  it("that a function returns keeps the queries of each caller apart", async () => {
    const [first, second] = [shop().database, shop().database]
    second.exec("UPDATE products SET price = 1")
    const caller = new AsyncLocalStorage<Sql.SqliteDatabase>()
    const db = Sql.nodeSqlite(() => caller.getStore()!)
    const OrderLine = Line.pipe(Entity.one("product", Product, db.one(products, "productId")))
    const price = async () => (await run(Entity.values(OrderLine, line(1, 123)))).Product_price
    assert.deepStrictEqual(await Promise.all([caller.run(first, price), caller.run(second, price)]), [100, 1])
  })

  it("to a database of another kind says so", async () => {
    const client = { onDialectOrElse: (options: { readonly orElse: () => unknown }) => options.orElse() }
    const db = Sql.over(Object.assign(client, { transactionService: { key: "none" } }) as never)
    const OrderLine = Line.pipe(Entity.one("product", Product, db.one(products, "productId")))
    const failure = await run(Effect.flip(Entity.values(OrderLine, line(1, 123))))
    assert.strictEqual(
      failure.message,
      "products is in a database that is neither PostgreSQL nor SQLite. Write the loader by hand, with Loader.byKey."
    )
  })
})

describe("names", () => {
  it("are never part of the SQL, whatever they contain", async () => {
    const name = `we"ird'; DROP TABLE "x"; -- $1 ? \\`
    const quoted = `"${name.replaceAll('"', '""')}"`
    const { db } = sqlite(
      `CREATE TABLE ${quoted} (${quoted} INTEGER PRIMARY KEY, "select" TEXT)`,
      `INSERT INTO ${quoted} VALUES (1, 'one')`
    )
    const weird = Table.make(name, { key: "id", columns: { id: Column.named(name, Column.int), select: Column.text } })
    const Target = Entity.make("Target", { key: "id", attributes: { id: Schema.Int, select: Schema.String } })
    const Root = Order.pipe(Entity.one("target", Target, db.one(weird, "targetId")))
    const values = await run(Entity.values(Root, { id: 1, targetId: 1 }))
    assert.strictEqual(values.Target_select, "one")
  })

  it("can have a schema", async () => {
    const { database, db } = sqlite()
    database.exec(`ATTACH ':memory:' AS "my shop"; CREATE TABLE "my shop".products (id INTEGER PRIMARY KEY, price INT)`)
    database.exec(`INSERT INTO "my shop".products VALUES (5, 50)`)
    const inSchema = Table.make("products", {
      schema: "my shop",
      key: "id",
      columns: { id: Column.int, price: Column.int }
    })
    const Root = Order.pipe(Entity.one("product", Product, db.one(inSchema, "productId")))
    assert.strictEqual((await run(Entity.values(Root, { id: 1, productId: 5 }))).Product_price, 50)
  })
})

describe("keys that a database alone calls equal", () => {
  const codes = Table.make("codes", { key: "code", columns: { code: Column.text, name: Column.text } })
  const Code = Entity.make("Code", { key: "code", attributes: { code: Schema.String, name: Schema.String } })
  const Root = ({ db }: { readonly db: Sql.Database }) => Order.pipe(Entity.one("code", Code, db.one(codes, "code")))

  it("differ for a collation that ignores case", async () => {
    const opened = sqlite(
      `CREATE TABLE codes (code TEXT COLLATE NOCASE, name TEXT)`,
      `INSERT INTO codes VALUES ('abc', 'lower'), ('ABC', 'upper')`
    )
    const rows = ["abc", "ABC", "Abc"].map((code, id) => ({ id, code }))
    const values = await run(Entity.valuesAll(Root(opened), rows))
    assert.deepStrictEqual(
      values.map((one) => one.Code_name),
      ["lower", "upper", undefined]
    )
  })

  it("differ for an affinity that ignores zeros", async () => {
    const { db } = sqlite(
      `CREATE TABLE codes (code INTEGER PRIMARY KEY, name TEXT)`,
      `INSERT INTO codes VALUES (1, 'one')`
    )
    const numbers = Table.make("codes", { key: "code", columns: { code: Column.bigint, name: Column.text } })
    const Numbered = Entity.make("Code", { key: "code", attributes: { code: Schema.BigInt, name: Schema.String } })
    const Root = Order.pipe(Entity.one("code", Numbered, db.one(numbers, "code")))
    const rows = ["1", "01", "1.0"].map((code, id) => ({ id, code }))
    const values = await run(Entity.valuesAll(Root, rows))
    assert.deepStrictEqual(
      values.map((one) => one.Code_name),
      ["one", undefined, undefined]
    )
  })
})

describe("a description that does not fit the database", () => {
  const failed = async (
    table: Table.Table<{ readonly id: typeof Column.int; readonly price: typeof Column.int }, "id">
  ) => {
    const { db } = shop()
    const Root = Order.pipe(Entity.one("product", Product, db.one(table, "productId")))
    const failure = await run(Effect.flip(Entity.values(Root, { id: 1, productId: 123 })))
    assert.instanceOf(failure, RowError.ResolveFailed)
    assert.instanceOf(failure.cause, TableError.TableError)
    return failure.cause
  }
  const columns = { id: Column.int, price: Column.int }

  it("says which table is missing", async () => {
    const { message, table } = await failed(Table.make("product", { key: "id", columns }))
    assert.strictEqual(table, "product")
    assert.strictEqual(
      message,
      "product does not exist in the database (SQLite 1). Check its name, its schema and the connection. Describe the table as the database has it, or change the database."
    )
  })

  it("says which column is missing", async () => {
    const { column, message } = await failed(
      Table.make("products", { key: "id", columns: { ...columns, price: Column.named("price_eur", Column.int) } })
    )
    assert.strictEqual(column, "price_eur")
    assert.include(message, "products has no column price_eur, which its description has (SQLite 1).")
  })

  it("says which key has several rows", async () => {
    const { db } = sqlite(`CREATE TABLE twice (id INT, price INT)`, `INSERT INTO twice VALUES (1, 1), (1, 2)`)
    const twice = Table.make("twice", { key: "id", columns })
    const Root = Order.pipe(Entity.one("product", Product, db.one(twice, "productId")))
    const failure = await run(Effect.flip(Entity.values(Root, { id: 1, productId: 1 })))
    assert.strictEqual(
      failure.message,
      "twice has several rows with the same id, which its description calls the key. Use a column with a primary key or a unique constraint, or relate the rows with db.many."
    )
  })

  it("loses the attribute whose value is of another kind, and no other row's", async () => {
    const { db } = sqlite(
      `CREATE TABLE products (id INTEGER PRIMARY KEY, price)`,
      `INSERT INTO products VALUES (1, 10), (2, 'secret'), (3, NULL), (4, x'00'), (5, 2.5)`
    )
    const loose = Table.make("products", { key: "id", columns })
    const Root = Order.pipe(Entity.one("product", Product, db.one(loose, "productId")))
    const ofProduct = (productId: number) => Entity.values(Root, { id: 1, productId })
    assert.strictEqual((await run(ofProduct(1))).Product_price, 10)
    const cause = async (productId: number) => {
      const failure = await run(Effect.flip(ofProduct(productId)))
      assert.instanceOf(failure, RowError.InvalidRow)
      assert.strictEqual(failure.path, "Order.product.price")
      return (failure.cause as TableError.TableError | undefined)?.reason
    }
    assert.strictEqual(await cause(2), "has in its column price a text of length 6, which is not int")
    assert.strictEqual(await cause(3), undefined, "the schema of the attribute refuses null")
    assert.strictEqual(await cause(4), "has in its column price bytes, which is not int")
    assert.strictEqual(await cause(5), "has in its column price a number, which is not int")
  })

  it("fails where a key is of another kind", async () => {
    const { db } = sqlite(
      `CREATE TABLE products (id INTEGER PRIMARY KEY, price)`,
      `INSERT INTO products VALUES (1, 10)`
    )
    const texts = Table.make("products", { key: "id", columns: { id: Column.text, price: Column.int } })
    const Texts = Entity.make("Product", { key: "id", attributes: { id: Schema.String, price: Schema.Int } })
    const Root = Order.pipe(Entity.one("product", Texts, db.one(texts, "productId")))
    const failure = await run(Effect.flip(Entity.values(Root, { id: 1, productId: "1" })))
    assert.include(failure.message, "products has in its column id a number, which is not text.")
  })

  it("says that an integer is too great", async () => {
    const { database, db } = shop()
    database.exec(`INSERT INTO products VALUES (7, 9007199254740993, 0, NULL)`)
    const Root = Order.pipe(Entity.one("product", Product, db.one(products, "productId")))
    const failure = await run(Effect.flip(Entity.values(Root, { id: 1, productId: 7 })))
    assert.include(failure.message, "products has an integer above 2^53 - 1 (ERR_OUT_OF_RANGE). Describe the column as")
  })

  it("has nothing of the driver's own text for any other error", async () => {
    const db = Sql.pg({ query: () => Promise.reject(new Error("value 4711 is secret")) })
    const Root = Order.pipe(Entity.one("product", Product, db.one(products, "productId")))
    const failure = await run(Effect.flip(Entity.values(Root, { id: 1, productId: 7 })))
    assert.notInclude(JSON.stringify(failure) + String((failure as Error).stack), "4711")
    assert.strictEqual(
      failure.message,
      "products could not be queried. Look the code up, and check the database and the connection."
    )
  })
})

describe("the types of a relation", () => {
  const { db } = sqlite()

  it("refuse what the rows of the table do not have", () => {
    const Named = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
    // @ts-expect-error: the rows of this resolver have no fitting "name", which Product needs
    Line.pipe(Entity.one("product", Named, db.one(products, "productId")))
    const Priced = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, price: Schema.String } })
    // @ts-expect-error: the rows of this resolver have no fitting "price", which Product needs
    Line.pipe(Entity.one("product", Priced, db.one(products, "productId")))
    const Made = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, manufacturerId: Schema.Int } })
    // @ts-expect-error: the rows of this resolver have no fitting "manufacturerId", which Product needs
    Line.pipe(Entity.one("product", Made, db.one(products, "productId")))
    // @ts-expect-error: the rows of this resolver have no fitting "manufacturerId", which Product needs
    Order.pipe(Entity.many("products", Made, db.many(products, "price", "id"), Aggregate.count))
    assert.isFunction(Entity.one)
  })

  it("refuse a row without the key, or with a key of another kind", () => {
    const OrderLine = Line.pipe(Entity.one("product", Product, db.one(products, "productId")))
    // @ts-expect-error: there is no productId.
    void Entity.values(OrderLine, { id: 1, qty: 1 })
    // @ts-expect-error: the key is an integer.
    void Entity.values(OrderLine, { id: 1, qty: 1, productId: "123" })
    const Made = Product.pipe(Entity.one("manufacturer", Manufacturer, db.one(manufacturers, "makerId")))
    // @ts-expect-error: the rows of this resolver have no fitting "makerId", which Product needs
    Line.pipe(Entity.one("product", Made, db.one(products, "productId")))
    assert.isFunction(Entity.one)
  })

  it("say what a relation can fail with, and that its keys are optional", () => {
    const OrderLine = Line.pipe(Entity.one("product", Product, db.one(products, "productId")))
    const values: Effect.Effect<
      {
        readonly Line_id: number
        readonly Line_qty: number
        readonly Product_id?: number
        readonly Product_price?: number
      },
      RowError.InvalidRow | RowError.ResolveFailed
    > = Entity.values(OrderLine, line(1, 123))
    assert.isTrue(Effect.isEffect(values))
  })
})
