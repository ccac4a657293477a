import { Attribute, Entity } from "@trackmap/node"
import { type HydratedDocument, Mongoose, Schema, Types } from "mongoose"
import { assert, describe, it } from "vitest"
import { z } from "zod"
import * as rows from "../../../fixtures/wholesale/rows.ts"
import { bigint, common, type meta } from "./columns.ts"
import { itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { details as columns } from "./tables.ts"
import { Line, Manufacturer, Order, OrderLine, Product } from "./wholesale.ts"

// Documents need no server: `hydrate` makes one from a server's response. Related documents replace their ids, as `populate` does it.

interface ProductRow extends rows.Product {
  manufacturer: Types.ObjectId | rows.Manufacturer
}
interface OrderRow extends rows.Order {
  reference: bigint
  weight: Types.Decimal128
  placedAt: Date
  dueOn: string
  status: "open" | "placed"
  meta: z.infer<typeof meta>
}
interface LineRow extends rows.OrderLine {
  product: Types.ObjectId | ProductRow
  order: Types.ObjectId | OrderRow
}

const { ObjectId } = Schema.Types
const models = new Mongoose()
models.model(
  "Manufacturer",
  new Schema<rows.Manufacturer>({ id: Number, uuid: String, name: String, externalID: String }, { id: false })
)
models.model(
  "Product",
  new Schema<ProductRow>(
    { id: Number, name: String, price: Number, sku: String, manufacturer: { type: ObjectId, ref: "Manufacturer" } },
    { id: false }
  )
)
const OrderModel = models.model(
  "Order",
  new Schema<OrderRow>(
    {
      id: Number,
      uuid: String,
      total: Number,
      reference: BigInt,
      weight: Schema.Types.Decimal128,
      placedAt: Date,
      dueOn: String,
      status: { type: String, enum: ["open", "placed"] },
      meta: Schema.Types.Mixed
    },
    { id: false }
  )
)
const LineModel = models.model(
  "OrderLine",
  new Schema<LineRow>(
    {
      id: Number,
      qty: Number,
      product: { type: ObjectId, ref: "Product" },
      order: { type: ObjectId, ref: "Order" }
    },
    { id: false }
  )
)

const ids = { manufacturer: new Types.ObjectId(), product: new Types.ObjectId(), order: new Types.ObjectId() }
const manufacturerRow = { _id: ids.manufacturer, ...rows.manufacturer }
const productRow = {
  _id: ids.product,
  id: rows.product.id,
  name: rows.product.name,
  price: rows.product.price,
  sku: rows.product.sku,
  manufacturer: ids.manufacturer
}
const orderRow = {
  _id: ids.order,
  ...rows.order,
  ...columns,
  reference: BigInt(columns.reference),
  weight: Types.Decimal128.fromString(columns.weight),
  placedAt: new Date(columns.placedAt)
}
const lineRow = {
  _id: new Types.ObjectId(),
  id: rows.orderLine.id,
  qty: rows.orderLine.qty,
  product: ids.product,
  order: ids.order
}

/** The row of a populated path. Otherwise the path contains an ObjectId, and undefined reports an unloaded relation. */
const populated = <Row extends object>(row: Row | Types.ObjectId): Row =>
  row instanceof Types.ObjectId ? (undefined as never) : row

describe("Mongoose", () => {
  const populatedDocs = {
    ...lineRow,
    product: { ...productRow, manufacturer: manufacturerRow },
    order: orderRow
  }
  const Populated = Line.pipe(
    Entity.one(
      "product",
      Product.pipe(Entity.one("manufacturer", Manufacturer, (row: ProductRow) => populated(row.manufacturer))),
      (row: LineRow) => populated(row.product)
    ),
    Entity.one("order", Order, (row: LineRow) => populated(row.order))
  )
  type LineDocument = HydratedDocument<LineRow>

  itTracks("as documents that were populated", Populated, async (): Promise<LineDocument> =>
    LineModel.hydrate(populatedDocs, undefined, { hydratedPopulatedDocs: true })
  )
  itTracks("as lean rows that were populated", OrderLine, async () => populatedDocs)

  itNamesWhatIsMissing("as documents that were not populated", Populated, async (): Promise<LineDocument> =>
    LineModel.hydrate(lineRow)
  )

  it("has its key under a name that Trackmap has no use for, which `from` reads", async () => {
    const Stored = Entity.make("Order", {
      key: "id",
      attributes: { id: Attribute.text, uuid: z.string() },
      from: { id: "_id" }
    })
    const lean = { _id: ids.order, uuid: rows.order.uuid }
    const values = { Order_id: ids.order.toHexString(), Order_uuid: rows.order.uuid }
    assert.deepStrictEqual(await Entity.values(Stored, lean), values)
    assert.deepStrictEqual(await Entity.values(Stored, OrderModel.hydrate(lean)), values)
  })

  const details = async (): Promise<HydratedDocument<OrderRow>> => OrderModel.hydrate(orderRow)
  itGives("an int8 as a bigint, and a numeric as a Decimal128", details, { reference: "bigint", weight: "Decimal128" })
  it("gives documents whose values are behind getters, and their key as an ObjectId", async () => {
    const row = await details()
    assert.notInclude(Object.keys(row), "reference")
    assert.instanceOf(row._id, Types.ObjectId)
  })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: {
      ...common,
      reference: bigint,
      weight: z.instanceof(Types.Decimal128).transform(String),
      dueOn: z.string()
    }
  })
  itValuesDetails(Details, details)
})
