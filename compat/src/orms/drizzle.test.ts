import { Entity } from "@trackmap/node"
import { relations } from "drizzle-orm"
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres"
import { bigint, date, integer, jsonb, numeric, pgEnum, pgTable, text, timestamp } from "drizzle-orm/pg-core"
import { Pool } from "pg"
import { z } from "zod"
import { manufacturers, orderLines, products } from "../drizzle/tracking.ts"
import { bigint as asText, common, type meta } from "./columns.ts"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { OrderLine } from "./wholesale.ts"

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
  itGives("an int8 as its column's mode says, a numeric and a date as strings", details, { reference: "bigint" })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: { ...common, reference: asText, dueOn: z.string() }
  })
  itValuesDetails(Details, details)
})
