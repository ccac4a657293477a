import {
  defineEntity,
  EntityCaseNamingStrategy,
  type EntityManager,
  type InferEntity,
  MikroORM,
  p,
  wrap
} from "@mikro-orm/postgresql"
import { Entity } from "@trackmap/node"
import { z } from "zod"
import { bigint, common, type meta } from "./columns.ts"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { Line, Manufacturer, Order, OrderLine, Product } from "./wholesale.ts"

const ManufacturerSchema = defineEntity({
  name: "Manufacturer",
  tableName: "manufacturers",
  properties: {
    id: p.integer().primary(),
    uuid: p.text(),
    name: p.text(),
    externalID: p.text()
  }
})
const ProductSchema = defineEntity({
  name: "Product",
  tableName: "products",
  properties: {
    id: p.integer().primary(),
    name: p.text(),
    price: p.integer(),
    sku: p.text(),
    manufacturer: () => p.manyToOne(ManufacturerSchema).ref().joinColumn("manufacturerId")
  }
})
const OrderSchema = defineEntity({
  name: "Order",
  tableName: "orders",
  properties: {
    id: p.integer().primary(),
    uuid: p.text(),
    total: p.integer(),
    reference: p.bigint(),
    weight: p.decimal(),
    placedAt: p.datetime(),
    dueOn: p.date(),
    status: p.enum(["open", "placed"] as const),
    meta: p.json<z.infer<typeof meta>>()
  }
})
const LineSchema = defineEntity({
  name: "OrderLine",
  tableName: "orderLines",
  properties: {
    id: p.integer().primary(),
    qty: p.integer(),
    product: () => p.manyToOne(ProductSchema).ref().joinColumn("productId"),
    order: () => p.manyToOne(OrderSchema).ref().joinColumn("orderId")
  }
})

let orm: MikroORM
let em: EntityManager

const connect = async (address: string) => {
  orm = await MikroORM.init({
    clientUrl: address,
    namingStrategy: EntityCaseNamingStrategy,
    entities: [ManufacturerSchema, ProductSchema, OrderSchema, LineSchema]
  })
  em = orm.em
  return () => orm.close(true)
}

describeOnPostgres("MikroORM", connect, () => {
  type ManufacturerRow = InferEntity<typeof ManufacturerSchema>
  type ProductRow = InferEntity<typeof ProductSchema>
  type LineRow = InferEntity<typeof LineSchema>

  // A separate EntityManager for each row, as in a request: it returns rows that it has already loaded.
  const populate = ["product.manufacturer", "order"] as const
  const populated = () => em.fork().findOneOrFail(LineSchema, 1001, { populate })
  type Populated = Awaited<ReturnType<typeof populated>>

  // `$` is the row of a populated reference.
  const Populated = Line.pipe(
    Entity.one(
      "product",
      Product.pipe(
        Entity.one("manufacturer", Manufacturer, (row: { manufacturer: { $: ManufacturerRow } }) => row.manufacturer.$)
      ),
      (row: Populated) => row.product.$
    ),
    Entity.one("order", Order, (row: Populated) => row.order.$)
  )
  itTracks("populated, through `.$`", Populated, populated)

  const line = () => em.fork().findOneOrFail(LineSchema, 1001)
  const Lazy = Line.pipe(
    Entity.one(
      "product",
      Product.pipe(Entity.one("manufacturer", Manufacturer, (row: ProductRow) => row.manufacturer.load())),
      (row: LineRow) => row.product.load()
    ),
    Entity.one("order", Order, (row: LineRow) => row.order.load())
  )
  itTracks("with `load()`, a query each", Lazy, line)

  itTracks(
    "as a plain object",
    OrderLine,
    async () => wrap(await populated()).toObject() as unknown as Entity.Row<typeof OrderLine>
  )

  // For a reference that is not loaded, `getEntity()` throws, and `$` returns a row with only its key.
  const Checked = Line.pipe(
    Entity.one(
      "product",
      Product.pipe(Entity.one("manufacturer", Manufacturer, (row: ProductRow) => row.manufacturer.getEntity())),
      (row: LineRow) => row.product.getEntity()
    ),
    Entity.one("order", Order, (row: LineRow) => row.order.getEntity())
  )
  itTracks("populated, through `getEntity()`", Checked, populated)
  itNamesWhatIsMissing(
    "and were not populated",
    Checked,
    line,
    /OrderLine\.product: .*Reference<Product> 123 not initialized/
  )

  const details = () => em.fork().findOneOrFail(OrderSchema, 357)
  itGives("an int8 as a bigint, a numeric and a date as strings", details, { reference: "bigint" })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: { ...common, reference: bigint, dueOn: z.string() }
  })
  itValuesDetails(Details, details)
})
