import { manufacturer, order, orderLine, product } from "../../fixtures/wholesale/rows.ts"

/** A row as SQL. */
const literal = (row: object): string =>
  `(${Object.values(row)
    .map((value) => (typeof value === "string" ? `'${value}'` : value))
    .join(", ")})`

/** The rows of a range of ids. */
const others = (from: number, to: number, row: (id: number) => string): string =>
  Array.from({ length: to - from }, (_, index) => row(from + index)).join(", ")

/**
 * The wholesale company's tables, in SQL that SQLite and PostgreSQL both accept: the rows of the design's first example, and a thousand lines
 * of fifty products and a hundred orders.
 */
export const statements: ReadonlyArray<string> = [
  `CREATE TABLE manufacturers (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, name TEXT NOT NULL, "externalID" TEXT NOT NULL)`,
  `CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL, sku TEXT NOT NULL, "manufacturerId" INTEGER NOT NULL)`,
  `CREATE TABLE orders (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, total INTEGER NOT NULL)`,
  `CREATE TABLE "orderLines" (id INTEGER PRIMARY KEY, qty INTEGER NOT NULL, "productId" INTEGER NOT NULL, "orderId" INTEGER NOT NULL)`,
  `INSERT INTO manufacturers VALUES ${literal(manufacturer)}`,
  `INSERT INTO products VALUES ${literal(product)}`,
  `INSERT INTO orders VALUES ${literal(order)}`,
  `INSERT INTO "orderLines" VALUES ${literal(orderLine)}, (1002, 4, 124, 357)`,
  `INSERT INTO manufacturers VALUES ${others(1, 11, (id) => `(${id}, 'uuid-${id}', 'Manufacturer ${id}', 'M${id}')`)}`,
  `INSERT INTO products VALUES ${others(124, 174, (id) => `(${id}, 'Product ${id}', ${id * 10}, 'sku${id}', ${1 + (id % 10)})`)}`,
  `INSERT INTO orders VALUES ${others(400, 500, (id) => `(${id}, 'order-${id}', ${id * 100})`)}`,
  `INSERT INTO "orderLines" VALUES ${others(2001, 3001, (id) => `(${id}, ${1 + (id % 9)}, ${124 + (id % 50)}, ${400 + (id % 100)})`)}`
]
