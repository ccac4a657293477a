import { Entity } from "@trackmap/node"
import { relations } from "drizzle-orm"
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres"
import { bigint, date, integer, jsonb, numeric, pgEnum, pgTable, text, timestamp } from "drizzle-orm/pg-core"
import { Pool } from "pg"
import { assert, it } from "vitest"
import { z } from "zod"
import { bigint as asText, instant, meta, status } from "./columns.ts"
import { describeOnPostgres, itNamesWhatIsMissing, itTracks, itValuesDetails, kindOf } from "./suite.ts"
import { OrderLine } from "./wholesale.ts"

const manufacturers = pgTable("manufacturers", {
  id: integer().primaryKey(),
  uuid: text().notNull(),
  name: text().notNull(),
  externalID: text().notNull()
})
const products = pgTable("products", {
  id: integer().primaryKey(),
  name: text().notNull(),
  price: integer().notNull(),
  sku: text().notNull(),
  manufacturerId: integer().notNull()
})
const orderStatus = pgEnum("order_status", ["open", "placed"])
const orders = pgTable("orders", {
  id: integer().primaryKey(),
  uuid: text().notNull(),
  total: integer().notNull(),
  reference: bigint({ mode: "bigint" }).notNull(),
  weight: numeric({ precision: 10, scale: 3 }).notNull(),
  placedAt: timestamp({ withTimezone: true }).notNull(),
  dueOn: date().notNull(),
  status: orderStatus().notNull(),
  meta: jsonb().$type<z.infer<typeof meta>>().notNull()
})
const orderLines = pgTable("orderLines", {
  id: integer().primaryKey(),
  qty: integer().notNull(),
  productId: integer().notNull(),
  orderId: integer().notNull()
})
const schema = {
  manufacturers,
  products,
  orders,
  orderLines,
  productRelations: relations(products, ({ one }) => ({
    manufacturer: one(manufacturers, { fields: [products.manufacturerId], references: [manufacturers.id] })
  })),
  lineRelations: relations(orderLines, ({ one }) => ({
    product: one(products, { fields: [orderLines.productId], references: [products.id] }),
    order: one(orders, { fields: [orderLines.orderId], references: [orders.id] })
  }))
}

let pool: Pool
let db: NodePgDatabase<typeof schema>

const connect = async (address: string) => {
  pool = new Pool({ connectionString: address })
  db = drizzle({ client: pool, schema })
  return () => pool.end()
}

describeOnPostgres("Drizzle", connect, () => {
  itTracks("with its relational queries", OrderLine, async () => {
    const line = await db.query.orderLines.findFirst({
      with: { product: { with: { manufacturer: true } }, order: true }
    })
    return line!
  })

  itNamesWhatIsMissing("with `with` left out", OrderLine, async () => {
    const line = await db.query.orderLines.findFirst()
    return line as never
  })

  const details = async () => (await db.select().from(orders))[0]!
  it("gives an int8 as its column's mode says, a numeric and a date as strings", async () => {
    const { dueOn, meta, placedAt, reference, status, weight } = await details()
    assert.deepStrictEqual([reference, weight, placedAt, dueOn, status, meta].map(kindOf), [
      "bigint",
      "string",
      "Date",
      "string",
      "string",
      "Object"
    ])
  })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: {
      id: z.int(),
      reference: asText,
      weight: z.string(),
      placedAt: instant,
      dueOn: z.string(),
      status,
      meta
    }
  })
  itValuesDetails(Details, details)
})
