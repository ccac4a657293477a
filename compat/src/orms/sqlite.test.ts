import { DatabaseSync } from "node:sqlite"
import { Entity, Loader } from "@trackmap/node"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { z } from "zod"
import { manufacturer, order, orderLine, product } from "../../../fixtures/wholesale/rows.ts"
import { bigint, meta, status } from "./columns.ts"
import { itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { details as columns } from "./tables.ts"
import { type LineRow, loadedLine, type Manufacturer, type Order, OrderLine, type Product } from "./wholesale.ts"

describe("node:sqlite", () => {
  const db = new DatabaseSync(":memory:")
  const insert = (table: string, row: object): unknown =>
    db
      .prepare(
        `INSERT INTO ${table} VALUES (${Object.keys(row)
          .map(() => "?")
          .join(", ")})`
      )
      .run(...Object.values(row))

  beforeAll(() => {
    db.exec(`
      CREATE TABLE manufacturers (id INTEGER PRIMARY KEY, uuid TEXT, name TEXT, externalID TEXT);
      CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, sku TEXT, manufacturerId INTEGER);
      CREATE TABLE orders (
        id INTEGER PRIMARY KEY, uuid TEXT, total INTEGER,
        reference INTEGER, weight TEXT, placedAt TEXT, dueOn TEXT, status TEXT, meta TEXT);
      CREATE TABLE orderLines (id INTEGER PRIMARY KEY, qty INTEGER, productId INTEGER, orderId INTEGER);`)
    insert("manufacturers", manufacturer)
    insert("products", product)
    insert("orders", {
      ...order,
      ...columns,
      reference: BigInt(columns.reference),
      meta: JSON.stringify(columns.meta)
    })
    insert("orderLines", orderLine)
  })
  afterAll(() => db.close())

  const all = <Row>(sql: string, ...values: ReadonlyArray<string>): ReadonlyArray<Row> =>
    db.prepare(sql).all(...values) as unknown as ReadonlyArray<Row>
  const rowsByIds =
    <Row>(table: string) =>
    async (ids: ReadonlyArray<number>) =>
      all<Row>(`SELECT * FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`, JSON.stringify(ids))

  const manufacturers = Loader.byKey({
    load: rowsByIds<Entity.Row<typeof Manufacturer>>("manufacturers"),
    keyOf: (row) => row.id
  })
  const products = Loader.byKey({
    load: rowsByIds<Entity.Row<typeof Product> & { manufacturerId: number }>("products"),
    keyOf: (row) => row.id
  })
  const orders = Loader.byKey({
    load: async (ids: ReadonlyArray<number>) =>
      all<Entity.Row<typeof Order>>(
        "SELECT id, uuid, total FROM orders WHERE id IN (SELECT value FROM json_each(?))",
        JSON.stringify(ids)
      ),
    keyOf: (row) => row.id
  })
  const LoadedLine = loadedLine({ manufacturers, products, orders })
  const line = async () => all<LineRow>("SELECT * FROM orderLines")[0]!
  itTracks("with loaders", LoadedLine, line)
  itNamesWhatIsMissing("and are not in the row", OrderLine, async () => (await line()) as never)

  // Reading an integer beyond a number's range throws, unless the statement reads bigints. Then all its integers are bigints.
  const details = async (): Promise<any> => {
    const statement = db.prepare("SELECT * FROM orders")
    statement.setReadBigInts(true)
    return statement.get()
  }
  itGives("JSON and times as text", details, { reference: "bigint", placedAt: "string", meta: "string" })
  it("gives every integer as a bigint once asked to, without which it throws for a large one", async () => {
    assert.strictEqual((await details()).id, BigInt(order.id))
    assert.throws(() => db.prepare("SELECT * FROM orders").get(), /too large/)
  })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: {
      id: z.bigint().transform(Number).pipe(z.int()),
      reference: bigint,
      weight: z.string(),
      placedAt: z.string(),
      dueOn: z.string(),
      status,
      meta: z.string().transform((text) => meta.parse(JSON.parse(text)))
    }
  })
  itValuesDetails(Details, details)
})
