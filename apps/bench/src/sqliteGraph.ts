import { DatabaseSync } from "node:sqlite"
import { Entity, Loader } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { compete, type Contestants, slow } from "./Contest.ts"
import { compare, type Question } from "./Report.ts"
import * as Wholesale from "./wholesale.ts"

interface Line extends Wholesale.LineRow {
  readonly productId: number
  readonly orderId: number
}
interface Product extends Wholesale.ProductRow {
  readonly manufacturerId: number
}
const count = { lines: 1000, products: 300, manufacturers: 50, orders: 400 }

const open = (): DatabaseSync => {
  const db = new DatabaseSync(":memory:")
  db.exec(`
    CREATE TABLE manufacturers (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, name TEXT NOT NULL, externalID TEXT NOT NULL);
    CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL, sku TEXT NOT NULL, manufacturerId INTEGER NOT NULL);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, total REAL NOT NULL);
    CREATE TABLE lines (id INTEGER PRIMARY KEY, qty INTEGER NOT NULL, productId INTEGER NOT NULL, orderId INTEGER NOT NULL);
    BEGIN`)
  const insert = (table: string, length: number, row: (id: number) => object): void => {
    for (let id = 1; id <= length; id++) {
      const values = Object.values(row(id))
      db.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join(", ")})`).run(...values)
    }
  }
  insert("manufacturers", count.manufacturers, Wholesale.manufacturer)
  insert("products", count.products, (id) => ({
    ...Wholesale.product(id),
    manufacturerId: 1 + (id % count.manufacturers)
  }))
  insert("orders", count.orders, Wholesale.order)
  insert("lines", count.lines, (id) => ({
    id,
    qty: 1 + (id % 9),
    productId: 1 + ((id * 7) % count.products),
    orderId: 1 + ((id * 11) % count.orders)
  }))
  db.exec("COMMIT")
  return db
}

const selectLines = "SELECT id, qty, productId, orderId FROM lines ORDER BY id"
const selectProducts = "SELECT products.id, name, price, sku, manufacturerId FROM products"
const selectManufacturers = "SELECT manufacturers.id, uuid, name, externalID FROM manufacturers"
const selectOrders = "SELECT orders.id, uuid, total FROM orders"

const trackmap = (): (() => Promise<ReadonlyArray<unknown>>) => {
  const db = open()
  const loader = <A extends { readonly id: number }>(table: string, select: string) => {
    const statement = db.prepare(`${select} JOIN json_each(?) ON ${table}.id = value`)
    return Loader.byKey({
      load: (ids: ReadonlyArray<number>) =>
        Effect.sync(() => statement.all(JSON.stringify(ids)) as unknown as ReadonlyArray<A>),
      keyOf: (row) => row.id
    })
  }
  const products = loader<Product>("products", selectProducts)
  const manufacturers = loader<Wholesale.ManufacturerRow>("manufacturers", selectManufacturers)
  const orders = loader<Wholesale.OrderRow>("orders", selectOrders)
  const OrderLine = Wholesale.OrderLine.pipe(
    Entity.one(
      "product",
      Wholesale.Product.pipe(
        Entity.one(
          "manufacturer",
          Wholesale.Manufacturer,
          Loader.at(manufacturers, (product: Product) => product.manufacturerId)
        )
      ),
      Loader.at(products, (line: Line) => line.productId)
    ),
    Entity.one(
      "order",
      Wholesale.Order,
      Loader.at(orders, (line: Line) => line.orderId)
    )
  )
  const lines = db.prepare(selectLines)
  const program = Effect.suspend(() => Entity.valuesAll(OrderLine, lines.all() as unknown as ReadonlyArray<Line>))
  return () => Effect.runPromise(program)
}

const join = (): (() => Promise<ReadonlyArray<unknown>>) => {
  const statement = open().prepare(`
    SELECT l.id AS OrderLine_id, l.qty AS OrderLine_qty,
      p.id AS Product_id, p.name AS Product_name, p.price AS Product_price, p.sku AS Product_sku,
      o.id AS Order_id, o.uuid AS Order_uuid, o.total AS Order_total,
      m.id AS Manufacturer_id, m.uuid AS Manufacturer_uuid, m.name AS Manufacturer_name, m.externalID AS Manufacturer_externalID
    FROM lines l JOIN products p ON p.id = l.productId JOIN manufacturers m ON m.id = p.manufacturerId
      JOIN orders o ON o.id = l.orderId
    ORDER BY l.id`)
  return async () => statement.all()
}

const queries = (): (() => Promise<ReadonlyArray<unknown>>) => {
  const db = open()
  const lines = db.prepare(selectLines)
  const products = db.prepare(`${selectProducts} WHERE id = ?`)
  const manufacturers = db.prepare(`${selectManufacturers} WHERE id = ?`)
  const orders = db.prepare(`${selectOrders} WHERE id = ?`)
  return async () =>
    (lines.all() as unknown as ReadonlyArray<Line>).map((line) => {
      const product = products.get(line.productId) as unknown as Product
      const manufacturer = manufacturers.get(product.manufacturerId) as unknown as Wholesale.ManufacturerRow
      const order = orders.get(line.orderId) as unknown as Wholesale.OrderRow
      return {
        OrderLine_id: line.id,
        OrderLine_qty: line.qty,
        Product_id: product.id,
        Product_name: product.name,
        Product_price: product.price,
        Product_sku: product.sku,
        Order_id: order.id,
        Order_uuid: order.uuid,
        Order_total: order.total,
        Manufacturer_id: manufacturer.id,
        Manufacturer_uuid: manufacturer.uuid,
        Manufacturer_name: manufacturer.name,
        Manufacturer_externalID: manufacturer.externalID
      }
    })
}

const times = 20
export const contestants = {
  trackmap: () => slow(count.lines, times, trackmap()),
  join: () => slow(count.lines, times, join()),
  queries: () => slow(count.lines, times, queries())
} satisfies Contestants

export const sqliteGraph: Question = {
  name: "sqlite",
  measure: async () => {
    const samples = await compete(import.meta.url, ["trackmap", "join", "queries"], { processes: 3, rounds: 3 })
    const label = { name: "three-level graph over SQLite, 1,000 lines", unit: "ns CPU/line" }
    return [
      compare(
        { ...label, baseline: "hand-written JOIN", target: 1.5 },
        samples("trackmap", "cpu"),
        samples("join", "cpu")
      ),
      compare(
        { ...label, baseline: "a query for each relation of each row", target: 0.333 },
        samples("trackmap", "cpu"),
        samples("queries", "cpu")
      )
    ]
  }
}
