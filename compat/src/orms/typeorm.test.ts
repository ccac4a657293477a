import { Entity } from "@trackmap/node"
import { DataSource, EntitySchema } from "typeorm"
import { z } from "zod"
import type * as rows from "../../../fixtures/wholesale/rows.ts"
import { common, type meta } from "./columns.ts"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { Line, Manufacturer, Order, OrderLine, Product } from "./wholesale.ts"

interface ProductRow extends rows.Product {
  manufacturer: rows.Manufacturer
}
interface OrderRow extends rows.Order {
  reference: string
  weight: string
  placedAt: Date
  dueOn: string
  status: "open" | "placed"
  meta: z.infer<typeof meta>
}
interface LineRow extends rows.OrderLine {
  product: ProductRow
  order: OrderRow
}
/** The same with lazy relations: each is a promise, whose query runs when it is first read. */
interface LazyProductRow extends Omit<ProductRow, "manufacturer"> {
  manufacturer: Promise<rows.Manufacturer>
}
interface LazyLineRow extends Omit<LineRow, "product" | "order"> {
  product: Promise<LazyProductRow>
  order: Promise<OrderRow>
}

const id = { type: "int", primary: true } as const
const int = { type: "int" } as const
const text = { type: "text" } as const
const manufacturers = new EntitySchema<rows.Manufacturer>({
  name: "Manufacturer",
  tableName: "manufacturers",
  columns: { id, uuid: text, name: text, externalID: text }
})
const orders = new EntitySchema<OrderRow>({
  name: "Order",
  tableName: "orders",
  columns: {
    id,
    uuid: text,
    total: int,
    reference: { type: "int8" },
    weight: { type: "numeric", precision: 10, scale: 3 },
    placedAt: { type: "timestamptz" },
    dueOn: { type: "date" },
    status: { type: "enum", enum: ["open", "placed"], enumName: "order_status" },
    meta: { type: "jsonb" }
  }
})
const to = (target: string, name: string, lazy: boolean) =>
  ({ type: "many-to-one", target, joinColumn: { name }, lazy }) as const
const schemas = (prefix: string, lazy: boolean) => ({
  products: new EntitySchema<any>({
    name: `${prefix}Product`,
    tableName: "products",
    columns: { id, name: text, price: int, sku: text },
    relations: { manufacturer: to("Manufacturer", "manufacturerId", lazy) }
  }),
  lines: new EntitySchema<any>({
    name: `${prefix}Line`,
    tableName: "orderLines",
    columns: { id, qty: int },
    relations: { product: to(`${prefix}Product`, "productId", lazy), order: to("Order", "orderId", lazy) }
  })
})
const plain = schemas("", false)
const lazy = schemas("Lazy", true)

let db: DataSource

const connect = async (address: string) => {
  db = new DataSource({
    type: "postgres",
    url: address,
    entities: [manufacturers, orders, plain.products, plain.lines, lazy.products, lazy.lines]
  })
  await db.initialize()
  return () => db.destroy()
}

describeOnPostgres("TypeORM", connect, () => {
  const where = { id: 1001 }
  itTracks("with relations", OrderLine, (): Promise<LineRow> =>
    db.getRepository(plain.lines).findOneOrFail({ where, relations: { product: { manufacturer: true }, order: true } })
  )

  const Lazy = Line.pipe(
    Entity.one(
      "product",
      Product.pipe(Entity.one("manufacturer", Manufacturer, (row: LazyProductRow) => row.manufacturer)),
      (row: LazyLineRow) => row.product
    ),
    Entity.one("order", Order, (row: LazyLineRow) => row.order)
  )
  itTracks("with lazy relations, a query each", Lazy, (): Promise<LazyLineRow> =>
    db.getRepository(lazy.lines).findOneOrFail({ where })
  )

  itNamesWhatIsMissing("with `relations` left out", OrderLine, (): Promise<LineRow> =>
    db.getRepository(plain.lines).findOneOrFail({ where })
  )

  const details = (): Promise<OrderRow> => db.getRepository(orders).findOneOrFail({ where: { id: 357 } })
  itGives("an int8, a numeric and a date as strings", details, {})
  const Details = Entity.make("Order", {
    key: "id",
    attributes: { ...common, reference: z.string(), dueOn: z.string() }
  })
  itValuesDetails(Details, details)
})
