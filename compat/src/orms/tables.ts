import { manufacturer, order, orderLine, product } from "../../../fixtures/wholesale/rows.ts"

/** The columns of an order whose JavaScript types differ from driver to driver. */
export const details = {
  /** int8: one more than a number can represent. */
  reference: "9007199254740993",
  /** numeric(10, 3) */
  weight: "12.500",
  /** timestamptz */
  placedAt: "2026-03-01T23:30:00.000Z",
  /** date: a different day from `placedAt` in UTC, but the same in the tests' time zone, Berlin. */
  dueOn: "2026-03-02",
  /** An enum. */
  status: "open",
  /** jsonb */
  meta: { gift: true, tags: ["duck"] }
} as const

/** The values of an order's details, whichever library reads them. */
export const detailValues = {
  Order_id: order.id,
  Order_reference: details.reference,
  Order_weight: details.weight,
  Order_placedAt: details.placedAt,
  Order_dueOn: details.dueOn,
  Order_status: details.status,
  Order_meta: details.meta
}

const text = (value: string): string => `'${value}'`

/** The tables of the wholesale company in PostgreSQL, with foreign keys, and one row each. */
export const statements: ReadonlyArray<string> = [
  `CREATE TYPE order_status AS ENUM ('open', 'placed')`,
  `CREATE TABLE manufacturers (id int PRIMARY KEY, uuid text NOT NULL, name text NOT NULL, "externalID" text NOT NULL)`,
  `CREATE TABLE products (
    id int PRIMARY KEY, name text NOT NULL, price int NOT NULL, sku text NOT NULL,
    "manufacturerId" int NOT NULL REFERENCES manufacturers)`,
  `CREATE TABLE orders (
    id int PRIMARY KEY, uuid text NOT NULL, total int NOT NULL,
    reference int8 NOT NULL, weight numeric(10, 3) NOT NULL, "placedAt" timestamptz NOT NULL, "dueOn" date NOT NULL,
    status order_status NOT NULL, meta jsonb NOT NULL)`,
  `CREATE TABLE "orderLines" (
    id int PRIMARY KEY, qty int NOT NULL, "productId" int NOT NULL REFERENCES products, "orderId" int NOT NULL REFERENCES orders)`,
  `INSERT INTO manufacturers VALUES (${[
    manufacturer.id,
    text(manufacturer.uuid),
    text(manufacturer.name),
    text(manufacturer.externalID)
  ].join(", ")})`,
  `INSERT INTO products VALUES (${[
    product.id,
    text(product.name),
    product.price,
    text(product.sku),
    product.manufacturerId
  ].join(", ")})`,
  `INSERT INTO orders VALUES (${[
    order.id,
    text(order.uuid),
    order.total,
    details.reference,
    details.weight,
    text(details.placedAt),
    text(details.dueOn),
    text(details.status),
    text(JSON.stringify(details.meta))
  ].join(", ")})`,
  `INSERT INTO "orderLines" VALUES (${[orderLine.id, orderLine.qty, orderLine.productId, orderLine.orderId].join(", ")})`
]
