import { DatabaseSync } from "node:sqlite"
import { planOf } from "./plan.ts"
import { type Manufacturer, type Order, type OrderLine, type Product, type Rows, seed } from "./rows.ts"

const tables = `
  CREATE TABLE manufacturers (id INTEGER PRIMARY KEY, uuid TEXT, name TEXT, externalID TEXT);
  CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, sku TEXT, manufacturerId INTEGER);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT, total INTEGER, status TEXT);
  CREATE TABLE orderLines (id INTEGER PRIMARY KEY, qty INTEGER, productId INTEGER, orderId INTEGER);`

/** A shop over a new database in memory: its actions, and their events. */
export const open = (readBy: (rows: Rows) => Rows = (rows) => rows) => {
  const db = new DatabaseSync(":memory:")
  db.exec(tables)
  for (const [table, rows] of Object.entries(seed))
    for (const row of rows) {
      const values = Object.values(row)
      db.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join(", ")})`).run(...values)
    }

  const rowsBy = <Row>(column: string, table: string) => {
    const query = db.prepare(`SELECT * FROM ${table} WHERE ${column} IN (SELECT value FROM json_each(?))`)
    return async (ids: ReadonlyArray<number>) => query.all(JSON.stringify(ids)) as unknown as ReadonlyArray<Row>
  }
  const rows = readBy({
    manufacturers: rowsBy<Manufacturer>("id", "manufacturers"),
    products: rowsBy<Product>("id", "products"),
    orders: rowsBy<Order>("id", "orders"),
    linesOfOrders: rowsBy<OrderLine>("orderId", "orderLines")
  })

  const row = <Row>(sql: string, ...values: ReadonlyArray<number>) =>
    db.prepare(sql).get(...values) as unknown as Row | undefined
  const orderLine = (id: number) => row<OrderLine>("SELECT * FROM orderLines WHERE id = ?", id)
  return {
    ...planOf(rows),
    orderLine: async (id: number) => orderLine(id),
    changeQty: async (id: number, qty: number) => {
      const before = orderLine(id)
      const after = row<OrderLine>("UPDATE orderLines SET qty = ? WHERE id = ? RETURNING *", qty, id)
      return before && after && { before, after }
    },
    place: async (id: number) => {
      const before = row<Order>("SELECT * FROM orders WHERE id = ? AND status = 'open'", id)
      const after = row<Order>("UPDATE orders SET status = 'placed' WHERE id = ? AND status = 'open' RETURNING *", id)
      return before && after && { before, after }
    }
  }
}
